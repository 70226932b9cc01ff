package policies

import "teal.dev/teal/migrate/statement"

func dropIndex() Rule {
	return Rule{
		ID: "drop-index", Title: "DROP INDEX of an index that is not unique",
		Reason:        "queries of the running version that use {name} become slow",
		Instead:       "drop it beside the traffic, when nothing uses it\n-- a file of its own:\nDROP INDEX CONCURRENTLY {name};",
		Compatibility: Depends, Hazards: []Hazard{BehaviourChanged},
		On: on(statement.DropIndex), Match: func(s *Subject) bool { return !maybeUnique(s) },
		Refine: func(s *Subject, f *Finding) {
			refineDropIndex(s, f)
			if len(s.Names) != 1 || s.Cascade {
				return
			}
			r := s.World.relations[fold(s.Name)]
			switch {
			case s.World.invalid[fold(s.Name)]:
				f.Hazards, f.Instead = []Hazard{NewValues}, ""
				f.Why = "no query uses " + s.Name.String() + ", which a failed build left invalid; but if it is unique, it may have refused duplicates until now"
			case r != nil && r.index.plain && s.World.twin(r.table, r.keys, s.Name.Name) != "":
				f.settled(s.World.twin(r.table, r.keys, s.Name.Name) + " serves the same reads")
			}
		},
		Facts: []Fact{{"PostgreSQL 11 to 18", "CONCURRENTLY is refused for the index of a constraint and inside a transaction"}},
		Bad:   Example{Before: noteTable + "\nCREATE INDEX note_body ON note (body);", SQL: "DROP INDEX CONCURRENTLY note_body;"},
		Good:  Example{Before: noteTable + "\nCREATE UNIQUE INDEX note_body ON note (body);", SQL: "DROP INDEX CONCURRENTLY note_body;"},
	}
}
