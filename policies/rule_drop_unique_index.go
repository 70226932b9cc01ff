package policies

import "teal.dev/teal/migrate/statement"

func dropUniqueIndex() Rule {
	return Rule{
		ID: "drop-unique-index", Title: "DROP INDEX of a unique index",
		Reason:        "upserts of the running version (ON CONFLICT) need {name}, and its reads of one row may find two. (An index that the migrations do not show counts as unique.)",
		Instead:       "keep it until the version that uses it is gone\n-- teal:contract\n-- (a file of its own)\nDROP INDEX CONCURRENTLY {name};",
		Compatibility: Contract,
		On:            on(statement.DropIndex), Match: maybeUnique,
		Refine: func(s *Subject, f *Finding) {
			refineDropIndex(s, f)
			r := s.World.relations[fold(s.Name)]
			if s.Cascade && r != nil {
				lockCut(s, f, r.table, r.keys)
			}
			if r == nil || len(s.Names) != 1 || !r.index.plain || s.Cascade {
				return
			}
			if other := s.World.arbiter(r.table, r.keys, r.index.nullsEqual, s.Name.Name); other != "" {
				f.Compatibility, f.Instead = Depends, ""
				f.add(BehaviourChanged)
				f.Why = other + " refuses the same duplicates and serves the same ON CONFLICT; but errors tell another name"
			}
		},
		Bad:  Example{Before: noteTable + "\nCREATE UNIQUE INDEX note_body ON note (body);", SQL: "DROP INDEX CONCURRENTLY note_body;"},
		Good: Example{Before: noteTable + "\nCREATE INDEX note_body ON note (body);", SQL: "DROP INDEX CONCURRENTLY note_body;"},
	}
}
