package policies

import "teal.dev/teal/migrate/statement"

func setOptions() Rule {
	return Rule{
		ID: "set-table-options", Title: "SET (fillfactor, autovacuum_…), CLUSTER ON",
		Reason: "only the server notices", Compatibility: Expand, Lock: ShareUpdateExclusive,
		On:   on(statement.SetOptions, statement.ClusterOn),
		Bad:  Example{Before: noteTable, SQL: "ALTER TABLE note SET (fillfactor = 70);"},
		Good: Example{Before: noteTable, SQL: "ALTER TABLE note SET UNLOGGED;"},
	}
}
