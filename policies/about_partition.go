package policies

import "teal.dev/teal/migrate/statement"

const logTable = "CREATE TABLE log (at timestamptz) PARTITION BY RANGE (at);\nCREATE TABLE log_1 PARTITION OF log FOR VALUES FROM ('2026-01-01') TO ('2026-02-01');\nCREATE TABLE log_2 (at timestamptz);"

// lockSpare adds the lock on the default partition, where there is one.
func lockSpare(s *Subject, f *Finding, parent statement.Name) {
	if r := s.World.relations[fold(parent)]; r != nil {
		f.lock(AccessExclusive, r.spare.String())
		if r.spare.Name != "" && !s.World.NewRelation(r.spare) { // it is searched for rows that belong to the new partition
			f.Operation.Scan, f.Operation.Blocks = true, BlocksReads
		}
	}
}
