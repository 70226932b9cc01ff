package policies

import "teal.dev/teal/migrate/statement"

func renameSequence() Rule {
	return Rule{
		ID: "rename-sequence", Title: "RENAME SEQUENCE",
		Reason:        "nextval('{name}') of the running version fails with 42P01; defaults of columns follow",
		Instead:       "leave the name",
		Compatibility: Never, Lock: AccessExclusive, On: on(statement.RenameSequence),
		Bad:  Example{Before: "CREATE SEQUENCE ticket;", SQL: "ALTER SEQUENCE ticket RENAME TO voucher;"},
		Good: Example{SQL: "CREATE SEQUENCE voucher;"},
	}
}
