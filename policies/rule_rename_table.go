package policies

import "teal.dev/teal/migrate/statement"

func renameTable() Rule {
	return Rule{
		ID: "rename-table", Title: "RENAME TABLE, SET SCHEMA",
		Reason: "the running version still says {table}: every statement of it fails with 42P01, from the moment of the rename",
		Instead: "keep the old name alive with a view in the same file, and drop the view when the old version is gone" +
			"\n-- expand:\nALTER TABLE {table} RENAME TO {new};\nCREATE VIEW {table} AS SELECT * FROM {renamed};\n-- teal:contract\n-- (a file of its own)\nDROP VIEW {table};",
		Compatibility: Never, Lock: AccessExclusive,
		On: on(statement.RenameTable, statement.MoveTable),
		Refine: func(s *Subject, f *Finding) {
			if s.Kind == statement.MoveTable {
				f.Instead = wordsOf(s).sql("keep the old name alive with a view in the same file, and drop the view when the old version is gone" +
					"\n-- expand:\n{statement};\nCREATE VIEW {table} AS SELECT * FROM {renamed};\n-- teal:contract\n-- (a file of its own)\nDROP VIEW {table};")
			}
		},
		Match: func(s *Subject) bool { return !viewFollows(s) && !partitionedFollows(s) },
		Bad:   Example{Before: noteTable, SQL: "ALTER TABLE note RENAME TO remark;"},
		Good:  Example{Before: noteTable, SQL: "ALTER TABLE note RENAME TO remark;\nCREATE VIEW note AS SELECT * FROM remark;"},
	}
}
