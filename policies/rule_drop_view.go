package policies

import "teal.dev/teal/migrate/statement"

func dropView() Rule {
	return Rule{
		ID: "drop-view", Title: "DROP VIEW",
		Reason:        "the running version reads {name} until it is retired: 42P01",
		Instead:       "-- teal:contract\n-- (a file of its own)\nDROP VIEW {name};",
		Compatibility: Contract, Lock: AccessExclusive, On: on(statement.DropView),
		Match: func(s *Subject) bool { return !recreated(s) }, Refine: cascadeNever,
		Bad:  Example{Before: noteTable + aView, SQL: "DROP VIEW titles;"},
		Good: Example{Before: noteTable, SQL: "DROP VIEW titles;\nCREATE VIEW titles AS SELECT title FROM note;"},
	}
}
