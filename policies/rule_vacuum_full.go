package policies

import "teal.dev/teal/migrate/statement"

func vacuumFull() Rule {
	return Rule{
		ID: "vacuum-full", Title: "VACUUM FULL",
		Reason:        "{table} is rewritten while nobody can read",
		Instead:       "use a plain VACUUM, or pg_repack, outside a migration",
		Compatibility: Expand, Lock: AccessExclusive, Rewrite: true, Blocks: BlocksReads,
		On:    on(statement.Vacuum),
		Match: func(s *Subject) bool { return s.Full },
		Refine: func(s *Subject, f *Finding) {
			f.Operation.Locks = []Lock{}
			for _, n := range s.Names {
				f.lock(AccessExclusive, n.String())
			}
		},
		Facts: []Fact{{"PostgreSQL 11 to 18", "not inside a transaction"}, {"PostgreSQL 19", "REPACK CONCURRENTLY is announced; teal does not know it"}},
		Bad:   Example{Before: noteTable, SQL: "VACUUM FULL note;"},
		Good:  Example{Before: noteTable, SQL: "VACUUM note;"},
	}
}
