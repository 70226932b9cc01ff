package policies

import "teal.dev/teal/migrate/statement"

func grant() Rule {
	return Rule{
		ID: "grant", Title: "GRANT",
		Reason: "nobody loses a right", Compatibility: Expand, On: on(statement.Grant),
		Bad:  Example{Before: noteTable, SQL: "GRANT SELECT ON note TO clerk;"},
		Good: Example{Before: noteTable, SQL: "REVOKE SELECT ON note FROM clerk;"},
	}
}
