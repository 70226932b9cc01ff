package policies

import "teal.dev/teal/migrate/statement"

func revoke() Rule {
	return Rule{
		ID: "revoke", Title: "REVOKE",
		Reason:        "if the running version's role has the right, its statements fail with 42501",
		Instead:       "-- teal:contract\n-- (a file of its own) the same statement",
		Compatibility: Contract, On: on(statement.Revoke),
		Bad:  Example{Before: noteTable, SQL: "REVOKE SELECT ON note FROM clerk;"},
		Good: Example{Before: noteTable, SQL: "GRANT SELECT ON note TO clerk;"},
	}
}
