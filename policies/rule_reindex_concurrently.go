package policies

import "teal.dev/teal/migrate/statement"

func reindexConcurrently() Rule {
	return Rule{
		ID: "reindex-concurrently", Title: "REINDEX CONCURRENTLY",
		Reason: "the running version does not notice", Compatibility: Expand, Lock: ShareUpdateExclusive, Scan: true,
		On: on(statement.Reindex), Match: func(s *Subject) bool { return s.Concurrently },
		Refine: func(s *Subject, f *Finding) {
			if r := s.World.relations[fold(s.Name)]; s.Object == "index" && r != nil {
				f.Operation.Locks = []Lock{}
				f.lock(ShareUpdateExclusive, r.table.String())
			}
		},
		Facts: []Fact{{"PostgreSQL 12+", "exists"}, {"PostgreSQL 14+", "also for partitioned tables, one partition after the other"}},
		Bad:   Example{Before: noteTable, SQL: "REINDEX TABLE CONCURRENTLY note;"},
		Good:  Example{Before: noteTable, SQL: "REINDEX TABLE note;"},
	}
}
