package policies

import "teal.dev/teal/migrate/statement"

func clusterTable() Rule {
	return Rule{
		ID: "cluster", Title: "CLUSTER",
		Reason:        "{table} is rewritten in order while nobody can read",
		Instead:       "use pg_repack, outside a migration",
		Compatibility: Expand, Lock: AccessExclusive, Rewrite: true, Blocks: BlocksReads,
		On:   on(statement.Cluster),
		Bad:  Example{Before: noteTable, SQL: "CLUSTER note USING note_pkey;"},
		Good: Example{Before: noteTable, SQL: "ALTER TABLE note CLUSTER ON note_pkey;"},
	}
}
