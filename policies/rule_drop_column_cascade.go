package policies

import "teal.dev/teal/migrate/statement"

func dropColumnCascade() Rule {
	return Rule{
		ID: "drop-column-cascade", Title: "DROP COLUMN … CASCADE",
		Reason:        "CASCADE drops views, constraints and SQL functions that use {column}, and the text does not say which",
		Instead:       "drop what depends on {column} by name, in statements before, then:\n-- teal:contract\nALTER TABLE {table} DROP COLUMN {column};",
		Compatibility: Never, Lock: AccessExclusive,
		On:    on(statement.DropColumn),
		Match: func(s *Subject) bool { return s.Command.Cascade },
		Refine: func(s *Subject, f *Finding) {
			listCascade(f, s.World.dependents(s.Name, s.Command.Name))
			if !s.World.oldHolds(s.Name, s.Command.Name) { // what was there before may use the new column by now
				newColumnIsExpand(s, f)
			}
		},
		Facts: []Fact{{"PostgreSQL 14+", "functions with a BEGIN ATOMIC body are dependencies and go too; PL/pgSQL and string bodies never are"}},
		Bad:   Example{Before: noteTable, SQL: "ALTER TABLE note DROP COLUMN body CASCADE;", Phase: PhaseContract},
		Good:  Example{Before: noteTable, SQL: "ALTER TABLE note DROP COLUMN body;", Phase: PhaseContract},
	}
}
