package policies

import "teal.dev/teal/migrate/statement"

func dropTableCascade() Rule {
	return Rule{
		ID: "drop-table-cascade", Title: "DROP TABLE … CASCADE",
		Reason:        "CASCADE drops views and foreign keys of other tables, and the text does not say which",
		Instead:       "drop what depends on it by name, in statements before, then:\n-- teal:contract\nDROP TABLE {name};",
		Compatibility: Never, Lock: AccessExclusive,
		On:    on(statement.DropTable),
		Match: func(s *Subject) bool { return s.Cascade },
		Refine: func(s *Subject, f *Finding) {
			lockDropped(s, f)
			for _, n := range s.Names {
				listCascade(f, s.World.dependents(n, ""))
			}
		},
		Bad:  Example{Before: noteTable, SQL: "DROP TABLE note CASCADE;", Phase: PhaseContract},
		Good: Example{Before: noteTable, SQL: "DROP TABLE note;", Phase: PhaseContract},
	}
}
