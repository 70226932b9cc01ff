package policies

import "teal.dev/teal/migrate/statement"

// ordinary says whether none of the special index rules speaks about a CREATE INDEX.
func ordinary(s *Subject) bool {
	return !s.World.partitioned(s.Table) && len(s.Calls) == 0
}

func (w *World) partitioned(n statement.Name) bool {
	r := w.relations[fold(n)]
	return r != nil && r.partitioned
}

func indexOf(unique, concurrently bool) func(*Subject) bool {
	return func(s *Subject) bool {
		return s.Unique == unique && s.Concurrently == concurrently && ordinary(s) && !(concurrently && s.IfNotExists)
	}
}

const concurrentIndex = "\n-- expand, a file of its own:\nCREATE INDEX CONCURRENTLY {index} ON {table} ({columns});"

func createIndex() Rule {
	return Rule{
		ID: "create-index", Title: "CREATE INDEX without CONCURRENTLY",
		Reason:        "writes to {table} wait for as long as the index is built",
		Instead:       "build it beside the traffic" + concurrentIndex,
		Compatibility: Expand, Lock: Share, Scan: true, Blocks: BlocksWrites,
		On: on(statement.CreateIndex), Match: indexOf(false, false),
		Bad:  Example{Before: noteTable, SQL: "CREATE INDEX note_body ON note (body);"},
		Good: Example{Before: noteTable, SQL: "CREATE INDEX CONCURRENTLY note_body ON note (body);"},
	}
}

func createUniqueIndex() Rule {
	return Rule{
		ID: "create-unique-index", Title: "CREATE UNIQUE INDEX without CONCURRENTLY",
		Reason:        "duplicates that the running version writes fail with 23505, and writes to {table} wait for as long as the index is built",
		Instead:       "build it beside the traffic\n-- expand, a file of its own:\nCREATE UNIQUE INDEX CONCURRENTLY {index} ON {table} ({columns});",
		Compatibility: Depends, Hazards: []Hazard{OldWritesRejected}, Lock: Share, Scan: true, Blocks: BlocksWrites,
		On: on(statement.CreateIndex), Match: indexOf(true, false),
		Bad:  Example{Before: noteTable, SQL: "CREATE UNIQUE INDEX note_body ON note (body);"},
		Good: Example{Before: noteTable, SQL: "CREATE UNIQUE INDEX CONCURRENTLY note_body ON note (body);"},
	}
}

func createIndexConcurrently() Rule {
	return Rule{
		ID: "create-index-concurrently", Title: "CREATE INDEX CONCURRENTLY",
		Reason:        "the running version notices only faster reads and slower writes",
		Compatibility: Expand, Lock: ShareUpdateExclusive, Scan: true,
		Facts: []Fact{{"PostgreSQL", "waits for old transactions; a failure leaves an invalid index, which teal finds and drops"}},
		On:    on(statement.CreateIndex), Match: indexOf(false, true),
		Bad:  Example{Before: noteTable, SQL: "CREATE INDEX CONCURRENTLY note_body ON note (body);"},
		Good: Example{Before: noteTable, SQL: "CREATE INDEX note_body ON note (body);"},
	}
}

func createUniqueIndexConcurrently() Rule {
	return Rule{
		ID: "create-unique-index-concurrently", Title: "CREATE UNIQUE INDEX CONCURRENTLY",
		Reason:        "duplicates that the running version writes fail with 23505, even before the index is valid and even if the build fails later",
		Instead:       "make sure that the running version writes no duplicates; else build it in a contract file",
		Compatibility: Depends, Hazards: []Hazard{OldWritesRejected}, Lock: ShareUpdateExclusive, Scan: true,
		On: on(statement.CreateIndex), Match: indexOf(true, true),
		Bad:  Example{Before: noteTable, SQL: "CREATE UNIQUE INDEX CONCURRENTLY note_body ON note (body);"},
		Good: Example{Before: noteTable, SQL: "CREATE INDEX CONCURRENTLY note_body ON note (body);"},
	}
}

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
		},
		Bad:  Example{Before: noteTable, SQL: "CREATE INDEX CONCURRENTLY IF NOT EXISTS note_body ON note (body);"},
		Good: Example{Before: noteTable, SQL: "CREATE INDEX CONCURRENTLY note_body ON note (body);"},
	}
}

func createIndexExpression() Rule {
	return Rule{
		ID: "create-index-function", Title: "CREATE INDEX on a function that teal does not know",
		Reason:        "the function runs in every write of the running version from now on; if it raises, the write fails",
		Instead:       "have a DBA confirm that the function never raises; and build the index CONCURRENTLY, in a file of its own",
		Compatibility: Depends, Hazards: []Hazard{OldWritesRejected}, Scan: true,
		On: on(statement.CreateIndex), Match: func(s *Subject) bool { return len(s.Calls) > 0 && !s.World.partitioned(s.Table) },
		Refine: func(s *Subject, f *Finding) {
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

func createIndexPartitioned() Rule {
	return Rule{
		ID: "create-index-partitioned", Title: "CREATE INDEX on a partitioned table",
		Reason: "writes to {table} and all its partitions wait for as long as all the indexes are built; CONCURRENTLY is refused here",
		Instead: "\n-- expand:\nCREATE INDEX {index} ON ONLY {table} ({columns});\n-- for each partition, a file of its own:\n" +
			"CREATE INDEX CONCURRENTLY {index}_p ON … ({columns});\n-- a later file:\nALTER INDEX {index} ATTACH PARTITION {index}_p;",
		Compatibility: Expand, Lock: Share, Scan: true, Blocks: BlocksWrites,
		On: on(statement.CreateIndex), Match: func(s *Subject) bool { return s.World.partitioned(s.Table) },
		Refine: func(s *Subject, f *Finding) {
			if s.Only {
				f.Operation.Scan, f.Operation.Blocks = false, BlocksNobody
				f.Why, f.Instead = "ON ONLY makes an empty index on the parent", ""
				return
			}
			for _, p := range s.World.relations[fold(s.Table)].children {
				f.lock(Share, p.String())
			}
		},
		Bad:  Example{Before: "CREATE TABLE log (at timestamptz) PARTITION BY RANGE (at);", SQL: "CREATE INDEX log_at ON log (at);"},
		Good: Example{Before: noteTable, SQL: "CREATE INDEX CONCURRENTLY note_body ON note (body);"},
	}
}

func dropIndex() Rule {
	return Rule{
		ID: "drop-index", Title: "DROP INDEX of an index that is not unique",
		Reason:        "queries of the running version that use {name} become slow",
		Instead:       "drop it beside the traffic, when nothing uses it\n-- a file of its own:\nDROP INDEX CONCURRENTLY {name};",
		Compatibility: Depends, Hazards: []Hazard{BehaviourChanged},
		On: on(statement.DropIndex), Match: func(s *Subject) bool { return !maybeUnique(s) }, Refine: refineDropIndex,
		Bad:  Example{Before: noteTable + "\nCREATE INDEX note_body ON note (body);", SQL: "DROP INDEX CONCURRENTLY note_body;"},
		Good: Example{Before: noteTable + "\nCREATE UNIQUE INDEX note_body ON note (body);", SQL: "DROP INDEX CONCURRENTLY note_body;"},
	}
}

func dropUniqueIndex() Rule {
	return Rule{
		ID: "drop-unique-index", Title: "DROP INDEX of a unique index",
		Reason:        "upserts of the running version (ON CONFLICT) need {name}, and its reads of one row may find two. (An index that the migrations do not show counts as unique.)",
		Instead:       "keep it until the version that uses it is gone\n-- teal:contract, a file of its own:\nDROP INDEX CONCURRENTLY {name};",
		Compatibility: Contract,
		On:            on(statement.DropIndex), Match: maybeUnique, Refine: refineDropIndex,
		Bad:  Example{Before: noteTable + "\nCREATE UNIQUE INDEX note_body ON note (body);", SQL: "DROP INDEX CONCURRENTLY note_body;"},
		Good: Example{Before: noteTable + "\nCREATE INDEX note_body ON note (body);", SQL: "DROP INDEX CONCURRENTLY note_body;"},
	}
}

func maybeUnique(s *Subject) bool {
	for _, n := range s.Names {
		if r := s.World.relations[fold(n)]; r == nil || r.kind != statement.CreateIndex || r.unique {
			return true
		}
	}
	return false
}

func refineDropIndex(s *Subject, f *Finding) {
	level := AccessExclusive
	if s.Concurrently {
		level = ShareUpdateExclusive
	}
	for _, n := range s.Names {
		if r := s.World.relations[fold(n)]; r != nil && r.table.Name != "" {
			f.lock(level, r.table.String())
			f.Table = r.table.String()
		} else {
			f.lock(level, n.String())
		}
	}
}

func reindex() Rule {
	return Rule{
		ID: "reindex", Title: "REINDEX without CONCURRENTLY",
		Reason:        "writes to the table wait for as long as the index is built, and reads that want the index wait too",
		Instead:       "REINDEX … CONCURRENTLY, in a file of its own",
		Compatibility: Expand, Scan: true, Blocks: BlocksWrites,
		On: on(statement.Reindex), Match: func(s *Subject) bool { return !s.Concurrently },
		Refine: func(s *Subject, f *Finding) {
			if s.Object == "index" {
				f.lock(AccessExclusive, s.Name.String())
				if r := s.World.relations[fold(s.Name)]; r != nil {
					f.lock(Share, r.table.String())
				}
				return
			}
			f.lock(Share, s.Name.String())
		},
		Bad:  Example{Before: noteTable, SQL: "REINDEX TABLE note;"},
		Good: Example{Before: noteTable, SQL: "REINDEX TABLE CONCURRENTLY note;"},
	}
}

func reindexConcurrently() Rule {
	return Rule{
		ID: "reindex-concurrently", Title: "REINDEX CONCURRENTLY",
		Reason: "the running version does not notice", Compatibility: Expand, Lock: ShareUpdateExclusive, Scan: true,
		On: on(statement.Reindex), Match: func(s *Subject) bool { return s.Concurrently },
		Bad:  Example{Before: noteTable, SQL: "REINDEX TABLE CONCURRENTLY note;"},
		Good: Example{Before: noteTable, SQL: "REINDEX TABLE note;"},
	}
}

func alterIndex() Rule {
	return Rule{
		ID: "alter-index", Title: "ALTER INDEX … RENAME, SET, ATTACH PARTITION",
		Reason: "queries do not name indexes; only planner hints do", Compatibility: Expand, Lock: ShareUpdateExclusive,
		On:   append(on(statement.RenameIndex), "alter_index/set_options", "alter_index/attach_partition", "alter_index/set_statistics"),
		Bad:  Example{Before: noteTable, SQL: "ALTER INDEX note_title RENAME TO note_title_key;"},
		Good: Example{Before: noteTable, SQL: "DROP INDEX note_title;"},
	}
}
