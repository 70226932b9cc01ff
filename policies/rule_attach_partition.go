package policies

import "teal.dev/teal/migrate/statement"

func attachPartition() Rule {
	return Rule{
		ID: "attach-partition", Title: "ATTACH PARTITION",
		Reason:        "the rows of {parent} appear in the running version's reads of {table}, and its inserts that go there meet what {parent} demands; every row of {parent} and of the default partition is read, but a valid CHECK that says the same spares the first",
		Instead:       "make the partition in the same release, empty\n-- expand:\nCREATE TABLE … (LIKE {table} INCLUDING ALL);\nALTER TABLE {table} ATTACH PARTITION … FOR VALUES …;",
		Compatibility: Depends, Hazards: []Hazard{DataChanged, OldWritesRejected}, Lock: ShareUpdateExclusive, Scan: true, On: on(statement.AttachPartition),
		Refine: func(s *Subject, f *Finding) {
			if other := s.Command.Other; s.World.NewRelation(other) {
				f.Operation.Scan, f.Operation.Blocks = false, BlocksNobody
				if r := s.World.relations[fold(other)]; !s.World.filled(other) && !s.World.demands(r, s.Name) {
					f.Compatibility, f.Hazards, f.Instead = Expand, []Hazard{}, ""
					f.Why = other.String() + " is made by this release and empty"
				} else if !s.World.filled(other) {
					f.Instead = "demand it of " + s.Name.String() + ", or in a contract file: the running version's rows go there from now on"
				}
			} else {
				f.lock(AccessExclusive, other.String())
			}
			lockSpare(s, f, s.Name)
			adviseSpare(s, f, s.Name)
			lockKeys(s, f, s.Name)
			if s.World.older(12) {
				f.lock(AccessExclusive, s.Name.String())
			}
		},
		Blocks: BlocksReads,
		Facts:  []Fact{{"PostgreSQL 11", "ACCESS EXCLUSIVE on the parent"}, {"PostgreSQL 12+", "SHARE UPDATE EXCLUSIVE on the parent"}},
		Bad:    Example{Before: logTable, SQL: "ALTER TABLE log ATTACH PARTITION log_2 FOR VALUES FROM ('2026-02-01') TO ('2026-03-01');"},
		Good:   Example{Before: logTable, SQL: "ALTER TABLE log DETACH PARTITION log_1;"},
	}
}
