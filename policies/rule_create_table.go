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
				passesOverTable(s, f)
			}
		},
		Bad:  Example{Before: noteTable, SQL: "CREATE TABLE tag (id bigint PRIMARY KEY, word text);"},
		Good: Example{Before: noteTable, SQL: "ALTER TABLE note ADD COLUMN extra text;"},
	}
}

// passesOverTable judges IF NOT EXISTS where a table of that name stands and lacks what the statement would make.
func passesOverTable(s *Subject, f *Finding) {
	have := s.World.relations[fold(s.Name)]
	if have == nil || have.kind != statement.CreateTable || have.doubted || have.parent.Name != "" || len(have.likes)+len(have.inherits) > 0 {
		return
	}
	for i := range s.Definition {
		want := &s.Definition[i]
		var lacks string
		switch c := have.columns[want.Name]; {
		case c == nil:
			lacks = "has no " + want.Name
		case c.known && want.Type.Name != "" && c.typ.Schema == "" && fold(typeName(want)).Schema == "" && c.typ.String() != want.Type.String():
			lacks = "has " + want.Name + " as " + spell(c.typ) + ", not " + spell(want.Type)
		default:
			continue
		}
		f.raise(Never)
		f.Why = s.Name.String() + " is there already and " + lacks + ": IF NOT EXISTS passes over it, so nothing is made"
		f.Instead = "choose another name and leave IF NOT EXISTS out, or change the table that is there with ALTER TABLE"
		return
	}
}
