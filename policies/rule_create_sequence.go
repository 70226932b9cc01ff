package policies

import "teal.dev/teal/migrate/statement"

func createSequence() Rule {
	return Rule{
		ID: "create-sequence", Title: "CREATE SEQUENCE",
		Reason: "the running version does not know {name}", Compatibility: Expand, On: on(statement.CreateSequence), Refine: shadows,
		Bad:  Example{SQL: "CREATE SEQUENCE ticket;"},
		Good: Example{SQL: "DROP SEQUENCE ticket;"},
	}
}
