package policies

import "teal.dev/teal/migrate/statement"

func detachPartition() Rule {
	return Rule{
		ID: "detach-partition", Title: "DETACH PARTITION",
		Reason:        "the rows of {parent} vanish from the running version's reads of {table}, and its inserts fail with 23514",
		Instead:       "-- teal:contract\n-- (a file of its own)\nALTER TABLE {table} DETACH PARTITION {parent} CONCURRENTLY;",
		Compatibility: Contract, Hazards: []Hazard{DataChanged}, On: on(statement.DetachPartition),
		Facts: []Fact{{"PostgreSQL 14+", "CONCURRENTLY takes SHARE UPDATE EXCLUSIVE; not with a default partition"}},
		Refine: func(s *Subject, f *Finding) {
			level := AccessExclusive
			if s.Command.Concurrently {
				level = ShareUpdateExclusive
			}
			f.lock(level, s.Name.String())
			f.lock(AccessExclusive, s.Command.Other.String()) // CONCURRENTLY takes it at the end, in a transaction of its own
			lockSpare(s, f, s.Name)
			if r := s.World.relations[fold(s.Name)]; s.Command.Concurrently && r != nil && r.spare.Name != "" {
				f.raise(Never)
				f.Why = "PostgreSQL refuses CONCURRENTLY while " + s.Name.String() + " has a default partition, " + r.spare.String()
				f.Instead = "detach it without CONCURRENTLY, in a contract file"
			}
		},
		Bad:  Example{Before: logTable, SQL: "ALTER TABLE log DETACH PARTITION log_1;"},
		Good: Example{Before: logTable, SQL: "CREATE TABLE log_3 (LIKE log);"},
	}
}
