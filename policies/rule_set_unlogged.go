package policies

import "teal.dev/teal/migrate/statement"

func setUnlogged() Rule {
	return Rule{
		ID: "set-unlogged", Title: "SET UNLOGGED",
		Reason:        "the rows of {table} are lost after a crash and missing on replicas, where the running version may read; and the table is rewritten",
		Compatibility: Depends, Hazards: []Hazard{DataChanged}, Lock: AccessExclusive, Rewrite: true, Blocks: BlocksReads,
		On:   on(statement.SetUnlogged),
		Bad:  Example{Before: noteTable, SQL: "ALTER TABLE note SET UNLOGGED;"},
		Good: Example{Before: noteTable, SQL: "ALTER TABLE note SET (fillfactor = 70);"},
	}
}
