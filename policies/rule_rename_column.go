package policies

import "teal.dev/teal/migrate/statement"

func renameColumn() Rule {
	return Rule{
		ID: "rename-column", Title: "RENAME COLUMN",
		Reason: "the running version still says {column}: every statement of it that names the column fails with 42703, from the moment of the rename",
		Instead: byFix + "add the new column beside the old one, write both, move over, and drop the old one when the old version is gone" +
			"\n-- expand:\nALTER TABLE {table} ADD COLUMN {new} …;\n-- and a trigger that copies {column} to {new} and back\n" +
			"-- backfill, in batches:\nUPDATE {table} SET {new} = {column} WHERE {new} IS NULL;\n" +
			"-- teal:contract\n-- (a file of its own)\nDROP TRIGGER … ON {table};\nDROP FUNCTION …;\nALTER TABLE {table} DROP COLUMN {column};",
		Compatibility: Never, Lock: AccessExclusive,
		On:     append(on(statement.RenameColumn), "alter_view/rename_column", "alter_materialized_view/rename_column", "alter_type/rename_column"),
		Refine: newColumnIsExpand,
		Facts:  []Fact{{"PostgreSQL 11 to 18", "views keep their own column name; functions with a string body fail when they run next"}},
		Bad:    Example{Before: noteTable, SQL: "ALTER TABLE note RENAME COLUMN body TO content;"},
		Good:   Example{Before: noteTable, SQL: "ALTER TABLE note ADD COLUMN content text;"},
	}
}
