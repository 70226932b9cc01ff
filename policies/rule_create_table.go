package policies

import "teal.dev/teal/migrate/statement"

func createTable() Rule {
	return Rule{
		ID: "create-table", Title: "CREATE TABLE",
		Reason: "the running version does not know {table}", Compatibility: Expand,
		Facts: []Fact{{"PostgreSQL", "REFERENCES takes SHARE ROW EXCLUSIVE on the parent for an instant"}},
		On:    on(statement.CreateTable),
		Match: func(s *Subject) bool { return s.PartitionOf.Name == "" },
		Refine: func(s *Subject, f *Finding) {
			lockParents(f, s, s.Constraints)
			for _, like := range s.Like {
				f.lock(AccessShare, like.String())
			}
			for _, parent := range s.Inherits {
				if !s.World.NewRelation(parent) {
					f.lock(ShareUpdateExclusive, parent.String())
					f.raise(Depends)
					f.add(NewValues)
					f.Why = "what the new version writes into it appears in the running version's reads of " + parent.String()
				}
			}
			if s.IfNotExists {
				f.Why += "; IF NOT EXISTS passes over a different table of that name, so teal compares the catalogue afterwards"
			}
		},
		Bad:  Example{Before: noteTable, SQL: "CREATE TABLE tag (id bigint PRIMARY KEY, note_id bigint REFERENCES note (id));"},
		Good: Example{Before: noteTable, SQL: "ALTER TABLE note ADD COLUMN extra text;"},
	}
}
