package policies

import (
	"strings"

	"teal.dev/teal/migrate/statement"
)

func renameView() Rule {
	return Rule{
		ID: "rename-view", Title: "RENAME VIEW",
		Reason:        "the running version still says {name}: 42P01 from the moment of the rename",
		Instead:       "make a view of the new name, and drop the old one in a contract file\n-- expand:\nCREATE VIEW {new} AS …;\n-- teal:contract\nDROP VIEW {name};",
		Compatibility: Never, Lock: AccessExclusive, On: on(statement.RenameView, statement.RenameMatView),
		Refine: func(s *Subject, f *Finding) {
			if s.Kind == statement.RenameMatView {
				f.Instead = strings.ReplaceAll(f.Instead, " VIEW ", " MATERIALIZED VIEW ")
			}
		},
		Bad:  Example{Before: noteTable + aView, SQL: "ALTER VIEW titles RENAME TO headings;"},
		Good: Example{Before: noteTable, SQL: "CREATE VIEW headings AS SELECT title FROM note;"},
	}
}
