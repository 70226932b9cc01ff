package policies

import "teal.dev/teal/migrate/statement"

func createSchema() Rule {
	return Rule{
		ID: "create-schema", Title: "CREATE SCHEMA",
		Reason: "the running version does not know {name}", Compatibility: Expand, On: on(statement.CreateSchema),
		Bad:  Example{SQL: "CREATE SCHEMA audit;"},
		Good: Example{SQL: "DROP SCHEMA audit;"},
	}
}
