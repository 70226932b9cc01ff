package policies

import (
	"strings"

	"teal.dev/teal/migrate/statement"
)

func renameColumn() Rule {
	return Rule{
		ID: "rename-column", Title: "RENAME COLUMN",
		Reason: "the running version still says {column}: every statement of it that names the column fails with 42703, from the moment of the rename",
		Instead: byFix + "add the new column beside the old one, write both, move over, and drop the old one when the old version is gone" +
			"\n-- expand:\nALTER TABLE {table} ADD COLUMN {new} {type};\n-- and a trigger that copies {column} to {new} and back\n" +
			"-- backfill, in batches:\nUPDATE {table} SET {new} = {column} WHERE {new} IS NULL;\n" +
			"-- teal:contract\n-- (a file of its own)\nDROP TRIGGER … ON {table};\nDROP FUNCTION …;\nALTER TABLE {table} DROP COLUMN {column};",
		Compatibility: Never, Lock: AccessExclusive,
		On: append(on(statement.RenameColumn), "alter_view/rename_column", "alter_materialized_view/rename_column", "alter_type/rename_column"),
		Refine: func(s *Subject, f *Finding) {
			switch r := s.World.relations[fold(s.Name)]; {
			case s.Kind == statement.AlterType:
				f.Instead = "make a new type and move over to it"
			case s.Kind != statement.AlterTable, r != nil && (r.kind == statement.CreateView || r.kind == statement.CreateMatView):
				f.Instead = "give the view the column once more under the new name, behind the others, with CREATE OR REPLACE VIEW; or make a view of another name"
			default:
				f.Instead = strings.Replace(f.Instead, "\nALTER TABLE "+wordsOf(s).sql("{table} DROP COLUMN"), s.World.beforeDrop(s)+"\nALTER TABLE "+wordsOf(s).sql("{table} DROP COLUMN"), 1)
			}
			newColumnIsExpand(s, f)
		},
		Facts: []Fact{{"PostgreSQL 11 to 18", "views keep their own column name; functions with a string body fail when they run next"}},
		Bad:   Example{Before: noteTable, SQL: "ALTER TABLE note RENAME COLUMN body TO content;"},
		Good:  Example{Before: noteTable, SQL: "ALTER TABLE note ADD COLUMN content text;"},
	}
}
