package policies

import (
	"strings"

	"teal.dev/teal/migrate/statement"
)

func createIndexPartitioned() Rule {
	return Rule{
		ID: "create-index-partitioned", Title: "CREATE INDEX on a partitioned table",
		Reason: "writes to {table} and all its partitions wait for as long as all the indexes are built; CONCURRENTLY is refused here",
		Instead: "\n-- expand:\nCREATE INDEX {index} ON ONLY {table} ({columns});\n-- for each partition, a file of its own:\n" +
			"CREATE INDEX CONCURRENTLY {index}_p ON … ({columns});\n-- a later file:\nALTER INDEX {index} ATTACH PARTITION {index}_p;",
		Compatibility: Expand, Lock: Share, Scan: true, Blocks: BlocksWrites,
		On: on(statement.CreateIndex), Match: func(s *Subject) bool { return s.World.partitioned(s.Table) },
		Refine: func(s *Subject, f *Finding) {
			if s.Concurrently {
				f.raise(Never)
				f.Why = "PostgreSQL refuses CONCURRENTLY on a partitioned table, and " + s.Table.String() + " is one"
			}
			if s.Only {
				f.Operation.Scan, f.Operation.Blocks = false, BlocksNobody
				f.Why, f.Instead = "ON ONLY makes an empty index on the parent", ""
				return
			}
			if s.Unique {
				f.Instead = strings.ReplaceAll(f.Instead, "CREATE INDEX", "CREATE UNIQUE INDEX")
			}
			if s.Unique || s.Raises || len(s.Calls) > 0 {
				f.raise(Depends)
				f.add(OldWritesRejected)
				f.Why += "; and the running version's writes that break it fail"
			}
			for _, p := range s.World.descendants(s.Table) {
				f.lock(Share, p.String())
			}
		},
		Facts: []Fact{{"PostgreSQL 11 to 18", "CONCURRENTLY is refused on the partitioned table itself"}},
		Bad:   Example{Before: "CREATE TABLE log (at timestamptz) PARTITION BY RANGE (at);", SQL: "CREATE INDEX log_at ON log (at);"},
		Good:  Example{Before: noteTable, SQL: "CREATE INDEX CONCURRENTLY note_body ON note (body);"},
	}
}
