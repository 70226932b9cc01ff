package policies

import "teal.dev/teal/migrate/statement"

func createIndexIfNotExists() Rule {
	return Rule{
		ID: "create-index-if-not-exists", Title: "CREATE INDEX CONCURRENTLY IF NOT EXISTS",
		Reason:        "after a failed build it passes over the invalid index and says success; teal looks at the catalogue afterwards",
		Instead:       "leave IF NOT EXISTS out" + concurrentIndex,
		Compatibility: Depends, Lock: ShareUpdateExclusive, Scan: true,
		On: on(statement.CreateIndex), Match: func(s *Subject) bool { return s.Concurrently && s.IfNotExists && ordinary(s) },
		Refine: func(s *Subject, f *Finding) {
			if s.Unique {
				f.add(OldWritesRejected)
			}
			passesOver(s, f)
		},
		Bad:  Example{Before: noteTable, SQL: "CREATE INDEX CONCURRENTLY IF NOT EXISTS note_body ON note (body);"},
		Good: Example{Before: noteTable, SQL: "CREATE INDEX CONCURRENTLY note_body ON note (body);"},
	}
}
