package policies

import "teal.dev/teal/migrate/statement"

const logTable = "CREATE TABLE log (at timestamptz) PARTITION BY RANGE (at);\nCREATE TABLE log_1 PARTITION OF log FOR VALUES FROM ('2026-01-01') TO ('2026-02-01');\nCREATE TABLE log_2 (at timestamptz);"

// lockSpare adds the lock on the default partition, where there is one.
func lockSpare(s *Subject, f *Finding, parent statement.Name) {
	if r := s.World.relations[fold(parent)]; r != nil {
		f.lock(AccessExclusive, r.spare.String())
	}
}

func createPartition() Rule {
	return Rule{
		ID: "create-partition", Title: "CREATE TABLE … PARTITION OF",
		Reason:        "the running version's rows go where they belong; {parent} and its default partition, which is read, are locked meanwhile",
		Instead:       "make the table first and attach it, which locks less\n-- expand:\nCREATE TABLE {name} (LIKE {parent} INCLUDING ALL);\nALTER TABLE {parent} ATTACH PARTITION {name} FOR VALUES …;",
		Compatibility: Expand, On: on(statement.CreateTable),
		Match: func(s *Subject) bool { return s.PartitionOf.Name != "" },
		Refine: func(s *Subject, f *Finding) {
			f.lock(AccessExclusive, s.PartitionOf.String())
			lockSpare(s, f, s.PartitionOf)
		},
		Bad:  Example{Before: logTable, SQL: "CREATE TABLE log_3 PARTITION OF log FOR VALUES FROM ('2026-03-01') TO ('2026-04-01');"},
		Good: Example{Before: logTable, SQL: "CREATE TABLE log_3 (LIKE log);"},
	}
}

func attachPartition() Rule {
	return Rule{
		ID: "attach-partition", Title: "ATTACH PARTITION",
		Reason:        "every row of {parent} and of the default partition is read; a valid CHECK that says the same spares the first",
		Compatibility: Expand, Lock: ShareUpdateExclusive, Scan: true, On: on(statement.AttachPartition),
		Refine: func(s *Subject, f *Finding) {
			f.lock(AccessExclusive, s.Command.Other.String())
			lockSpare(s, f, s.Name)
			if !s.World.NewRelation(s.Command.Other) {
				f.Operation.Blocks = BlocksReads
			}
		},
		Blocks: BlocksReads,
		Bad:    Example{Before: logTable, SQL: "ALTER TABLE log ATTACH PARTITION log_2 FOR VALUES FROM ('2026-02-01') TO ('2026-03-01');"},
		Good:   Example{Before: logTable, SQL: "ALTER TABLE log DETACH PARTITION log_1;"},
	}
}

func detachPartition() Rule {
	return Rule{
		ID: "detach-partition", Title: "DETACH PARTITION",
		Reason:        "the rows of {parent} vanish from the running version's reads of {table}, and its inserts fail with 23514",
		Instead:       "-- teal:contract, a file of its own:\nALTER TABLE {table} DETACH PARTITION {parent} CONCURRENTLY;",
		Compatibility: Contract, Hazards: []Hazard{DataChanged}, On: on(statement.DetachPartition),
		Facts: []Fact{{"PostgreSQL 14+", "CONCURRENTLY takes SHARE UPDATE EXCLUSIVE; not with a default partition"}},
		Refine: func(s *Subject, f *Finding) {
			level := AccessExclusive
			if s.Command.Concurrently {
				level = ShareUpdateExclusive
			}
			f.lock(level, s.Name.String())
			f.lock(level, s.Command.Other.String())
			lockSpare(s, f, s.Name)
		},
		Bad:  Example{Before: logTable, SQL: "ALTER TABLE log DETACH PARTITION log_1;"},
		Good: Example{Before: logTable, SQL: "CREATE TABLE log_3 (LIKE log);"},
	}
}
