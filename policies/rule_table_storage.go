package policies

import "teal.dev/teal/migrate/statement"

func rewriteTable() Rule {
	return Rule{
		ID: "rewrite-table", Title: "SET LOGGED, SET TABLESPACE, SET ACCESS METHOD",
		Reason:        "{table} is rewritten while nobody can read, and snapshots taken before see it empty",
		Compatibility: Expand, Lock: AccessExclusive, Rewrite: true, Blocks: BlocksReads,
		On:   on(statement.SetLogged, statement.SetTablespace, statement.SetAccessMethod),
		Bad:  Example{Before: noteTable + "\nALTER TABLE note SET UNLOGGED;", SQL: "ALTER TABLE note SET LOGGED;"},
		Good: Example{Before: noteTable, SQL: "ALTER TABLE note SET (fillfactor = 70);"},
	}
}

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

func vacuumFull() Rule {
	return Rule{
		ID: "vacuum-full", Title: "VACUUM FULL",
		Reason:        "{table} is rewritten while nobody can read",
		Instead:       "use a plain VACUUM, or pg_repack, outside a migration",
		Compatibility: Expand, Lock: AccessExclusive, Rewrite: true, Blocks: BlocksReads,
		On:    on(statement.Vacuum),
		Match: func(s *Subject) bool { return s.Full },
		Bad:   Example{Before: noteTable, SQL: "VACUUM FULL note;"},
		Good:  Example{Before: noteTable, SQL: "VACUUM note;"},
	}
}

func setOptions() Rule {
	return Rule{
		ID: "set-table-options", Title: "SET (fillfactor, autovacuum_…), CLUSTER ON",
		Reason: "only the server notices", Compatibility: Expand, Lock: ShareUpdateExclusive,
		On:   on(statement.SetOptions, statement.ClusterOn),
		Bad:  Example{Before: noteTable, SQL: "ALTER TABLE note SET (fillfactor = 70);"},
		Good: Example{Before: noteTable, SQL: "ALTER TABLE note SET UNLOGGED;"},
	}
}

func replicaIdentity() Rule {
	return Rule{
		ID: "replica-identity", Title: "REPLICA IDENTITY",
		Reason:        "readers of the replication stream see other old rows from now on",
		Compatibility: Depends, Hazards: []Hazard{BehaviourChanged}, Lock: AccessExclusive,
		On:   on(statement.ReplicaIdentity),
		Bad:  Example{Before: noteTable, SQL: "ALTER TABLE note REPLICA IDENTITY FULL;"},
		Good: Example{Before: noteTable, SQL: "ALTER TABLE note SET (fillfactor = 70);"},
	}
}

func publication() Rule {
	return Rule{
		ID: "publication", Title: "CREATE, ALTER, DROP PUBLICATION",
		Reason:        "readers of the replication stream see other changes from now on",
		Compatibility: Depends, Hazards: []Hazard{BehaviourChanged}, On: on(statement.Publication),
		Refine: func(s *Subject, f *Finding) {
			for _, n := range s.Relations() {
				f.lock(ShareUpdateExclusive, n.String())
			}
		},
		Bad:  Example{Before: noteTable, SQL: "CREATE PUBLICATION p FOR TABLE note;"},
		Good: Example{Before: noteTable, SQL: "ALTER TABLE note SET (fillfactor = 70);"},
	}
}

func inherit() Rule {
	return Rule{
		ID: "inherit", Title: "INHERIT, NO INHERIT",
		Reason:        "reads of the parent {parent} by the running version gain or lose the rows of {table}",
		Compatibility: Depends, Hazards: []Hazard{DataChanged}, Lock: AccessExclusive,
		On: on(statement.Inherit, statement.NoInherit),
		Refine: func(s *Subject, f *Finding) {
			if s.Command.Kind == statement.Inherit {
				f.lock(ShareUpdateExclusive, s.Command.Other.String())
			}
		},
		Bad:  Example{Before: noteTable + "\nCREATE TABLE thing (id bigint);", SQL: "ALTER TABLE note INHERIT thing;"},
		Good: Example{Before: noteTable, SQL: "ALTER TABLE note SET (fillfactor = 70);"},
	}
}

func changeOwner() Rule {
	return Rule{
		ID: "change-owner", Title: "OWNER TO",
		Reason:        "the old owner loses what only owners may do, and the new one passes by row security and grants",
		Compatibility: Depends, Hazards: []Hazard{BehaviourChanged},
		On: append(on(statement.ChangeOwner), string(statement.AlterOwner), "alter_view/change_owner", "alter_materialized_view/change_owner",
			"alter_sequence/change_owner", "alter_type/change_owner"),
		Refine: func(s *Subject, f *Finding) {
			if s.Command != nil {
				f.lock(AccessExclusive, s.Name.String())
			}
		},
		Bad:  Example{Before: noteTable, SQL: "ALTER TABLE note OWNER TO clerk;"},
		Good: Example{Before: noteTable, SQL: "ALTER TABLE note SET (fillfactor = 70);"},
	}
}
