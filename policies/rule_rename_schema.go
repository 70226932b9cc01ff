package policies

import "teal.dev/teal/migrate/statement"

func renameSchema() Rule {
	return Rule{
		ID: "rename-schema", Title: "RENAME SCHEMA",
		Reason:        "the running version still says {name}: every statement of it that names the schema fails",
		Instead:       "make the new schema beside the old one and move table by table, each with a view of the old name",
		Compatibility: Never, On: on(statement.RenameSchema),
		Bad:  Example{Before: "CREATE SCHEMA audit;", SQL: "ALTER SCHEMA audit RENAME TO trail;"},
		Good: Example{SQL: "CREATE SCHEMA trail;"},
	}
}
