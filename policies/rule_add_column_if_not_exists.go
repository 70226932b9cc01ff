package policies

import "teal.dev/teal/migrate/statement"

func addColumnIfNotExists() Rule {
	return Rule{
		ID: "add-column-if-not-exists", Title: "ADD COLUMN IF NOT EXISTS",
		Reason:        "a column of that name with another type is passed over in silence; teal compares the catalogue afterwards. Else as add-column",
		Instead:       "leave IF NOT EXISTS out: teal never runs a file twice",
		Compatibility: Depends, Hazards: []Hazard{RowShape}, Lock: AccessExclusive,
		On:    on(statement.AddColumn),
		Match: func(s *Subject) bool { return !special(s) && s.Command.IfNotExists },
		Refine: func(s *Subject, f *Finding) {
			have, want := s.World.column(s.Name, s.Command.Name), s.Command.Column
			if have == nil || !have.known || want.Type.Name == "" {
				return
			}
			switch same := have.typ.String() == want.Type.String(); {
			case !same && fold(typeName(want)).Schema == "" && have.typ.Schema == "":
				f.raise(Never)
				f.Why = s.Command.Name + " is there already, as " + spell(have.typ) + ": IF NOT EXISTS passes over it, so it does not become " + spell(want.Type)
				f.Instead = "choose another name, and leave IF NOT EXISTS out"
			case same && s.World.sighted && have.notNull == want.NotNull && have.hasDef == (want.Default != nil) && have.collated == want.Collation && !s.World.family(s.Name):
				f.settled(s.Command.Name + " is there already, as it should be: the statement does nothing")
			}
		},
		Bad:  Example{Before: noteTable, SQL: "ALTER TABLE note ADD COLUMN IF NOT EXISTS extra text;"},
		Good: Example{Before: noteTable, SQL: "ALTER TABLE note ADD COLUMN extra text;"},
	}
}
