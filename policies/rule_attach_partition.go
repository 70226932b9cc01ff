package policies

import "teal.dev/teal/migrate/statement"

func attachPartition() Rule {
	return Rule{
		ID: "attach-partition", Title: "ATTACH PARTITION",
		Reason:        "every row of {parent} and of the default partition is read; a valid CHECK that says the same spares the first",
		Compatibility: Expand, Lock: ShareUpdateExclusive, Scan: true, On: on(statement.AttachPartition),
		Refine: func(s *Subject, f *Finding) {
			f.lock(AccessExclusive, s.Command.Other.String())
			lockSpare(s, f, s.Name)
			if s.World.older(12) {
				f.lock(AccessExclusive, s.Name.String())
			}
			if !s.World.NewRelation(s.Command.Other) {
				f.Operation.Blocks = BlocksReads
			}
		},
		Blocks: BlocksReads,
		Facts:  []Fact{{"PostgreSQL 11", "ACCESS EXCLUSIVE on the parent"}, {"PostgreSQL 12+", "SHARE UPDATE EXCLUSIVE on the parent"}},
		Bad:    Example{Before: logTable, SQL: "ALTER TABLE log ATTACH PARTITION log_2 FOR VALUES FROM ('2026-02-01') TO ('2026-03-01');"},
		Good:   Example{Before: logTable, SQL: "ALTER TABLE log DETACH PARTITION log_1;"},
	}
}
