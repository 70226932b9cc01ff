package policies

import "teal.dev/teal/migrate/statement"

func createTable() Rule {
	return Rule{
		ID: "create-table", Title: "CREATE TABLE",
		Reason: "the running version does not know {table}", Compatibility: Expand,
		On:    on(statement.CreateTable),
		Match: func(s *Subject) bool { return s.PartitionOf.Name == "" && !refersToOld(s) },
		Refine: func(s *Subject, f *Finding) {
			lockLike(f, s)
			shadows(s, f)
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
		Bad:  Example{Before: noteTable, SQL: "CREATE TABLE tag (id bigint PRIMARY KEY, word text);"},
		Good: Example{Before: noteTable, SQL: "ALTER TABLE note ADD COLUMN extra text;"},
	}
}
