package policies

import "teal.dev/teal/migrate/statement"

// adds says whether a command adds a constraint of one of the kinds.
func adds(test func(*statement.Constraint) bool) func(*Subject) bool {
	return func(s *Subject) bool { return s.Command.Constraint != nil && test(s.Command.Constraint) }
}

func foreignKey(notValid bool) func(*Subject) bool {
	return adds(func(c *statement.Constraint) bool { return c.Kind == statement.ForeignKey && c.NotValid == notValid })
}

func refineForeignKey(s *Subject, f *Finding) {
	f.lock(ShareRowExclusive, s.Command.Constraint.References.String())
	if s.Command.Constraint.OnDelete != "" {
		f.add(DataChanged)
		f.Why += "; ON DELETE changes rows that the running version thinks remain"
	}
}

// drops says whether a DROP CONSTRAINT is about one of the kinds. What teal has not seen being made may be anything, so it
// counts as a key, the worst of them.
func drops(kinds ...statement.ConstraintKind) func(*Subject) bool {
	return func(s *Subject) bool {
		kind := statement.UniqueKey
		if c := s.World.constraint(s.Name, s.Command.Name); c != nil {
			kind = c.Kind
		}
		for _, k := range kinds {
			if k == kind {
				return true
			}
		}
		return false
	}
}

func key(c *statement.Constraint) bool {
	return c.Kind == statement.UniqueKey || c.Kind == statement.PrimaryKey
}
