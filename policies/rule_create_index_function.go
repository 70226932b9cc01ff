package policies

import "teal.dev/teal/migrate/statement"

func createIndexExpression() Rule {
	return Rule{
		ID: "create-index-function", Title: "CREATE INDEX on a function that teal does not know, or on something that may fail",
		Reason:        "the expression is computed in every write of the running version from now on; where it fails (an overflow, a division, a cast, a function that raises), the write fails",
		Instead:       "have a DBA confirm that it never fails for what the running version writes; and build the index CONCURRENTLY, in a file of its own",
		Compatibility: Depends, Hazards: []Hazard{OldWritesRejected}, Scan: true,
		On: on(statement.CreateIndex), Match: func(s *Subject) bool { return (len(s.Calls) > 0 || s.Raises) && !s.World.partitioned(s.Table) },
		Refine: func(s *Subject, f *Finding) {
			passesOver(s, f)
			if s.Concurrently {
				f.lock(ShareUpdateExclusive, s.Table.String())
				return
			}
			f.lock(Share, s.Table.String())
			f.Operation.Blocks = BlocksWrites
		},
		Bad:  Example{Before: noteTable, SQL: "CREATE INDEX CONCURRENTLY note_slug ON note (slugify(title));"},
		Good: Example{Before: noteTable, SQL: "CREATE INDEX CONCURRENTLY note_slug ON note (lower(title));"},
	}
}
