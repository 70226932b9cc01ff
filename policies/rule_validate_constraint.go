package policies

import "teal.dev/teal/migrate/statement"

func validateConstraint() Rule {
	return Rule{
		ID: "validate-constraint", Title: "VALIDATE CONSTRAINT",
		Reason:        "reads every row of {table} while others read and write; the constraint was enforced before already",
		Compatibility: Expand, Lock: ShareUpdateExclusive, Scan: true,
		Facts: []Fact{{"PostgreSQL", "for a foreign key, ROW SHARE on the parent as well"}},
		On:    on(statement.ValidateConstraint),
		Refine: func(s *Subject, f *Finding) {
			c := s.World.constraint(s.Name, s.Command.Name)
			switch {
			case c == nil:
			case !c.NotValid:
				f.Operation.Scan, f.Why = false, s.Command.Name+" is valid already"
			case c.Kind == statement.ForeignKey:
				f.lock(RowShare, c.References.String())
			}
		},
		Bad:  Example{Before: noteTable + "\nALTER TABLE note ADD CONSTRAINT n_positive CHECK (n > 0) NOT VALID;", SQL: "ALTER TABLE note VALIDATE CONSTRAINT n_positive;"},
		Good: Example{Before: noteTable, SQL: "ALTER TABLE note ADD CONSTRAINT n_positive CHECK (n > 0);"},
	}
}
