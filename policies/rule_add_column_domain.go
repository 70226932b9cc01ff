package policies

import "teal.dev/teal/migrate/statement"

func addColumnDomain() Rule {
	return Rule{
		ID: "add-column-domain", Title: "ADD COLUMN of a domain with constraints",
		Reason:        "PostgreSQL rewrites {table} for a column of a constrained domain, even without a default",
		Instead:       "use the domain's base type and a CHECK … NOT VALID, validated in a later file" + expandColumn,
		Compatibility: Depends, Hazards: []Hazard{RowShape}, Lock: AccessExclusive, Rewrite: true, Blocks: BlocksReads,
		On: on(statement.AddColumn),
		Match: func(s *Subject) bool {
			c := s.Command.Column
			t := s.World.types[fold(typeName(c))]
			return c != nil && t != nil && t.rewrites(c)
		},
		Refine: func(s *Subject, f *Finding) {
			t := s.World.types[fold(typeName(s.Command.Column))]
			if t.refusesNull || t.constrained && (s.Command.Column.Default != nil || t.hasDefault) {
				f.add(OldWritesRejected)
				f.Why += "; and the domain may refuse the rows that the running version writes, which leave " + s.Command.Column.Name + " out"
			}
		},
		Bad:  Example{Before: noteTable + "\nCREATE DOMAIN stars AS int CHECK (VALUE < 6);", SQL: "ALTER TABLE note ADD COLUMN s stars;"},
		Good: Example{Before: noteTable + "\nCREATE DOMAIN stars AS int;", SQL: "ALTER TABLE note ADD COLUMN s stars;"},
	}
}
