package policies

import "teal.dev/teal/migrate/statement"

func addsWith(kinds ...statement.ConstraintKind) func(*Subject) bool {
	return func(s *Subject) bool {
		for _, k := range kinds {
			if s.Command.Column != nil && s.Command.Column.Has(k) {
				return true
			}
		}
		return false
	}
}

func typeName(c *statement.Column) statement.Name {
	if c == nil {
		return statement.Name{}
	}
	return statement.Name{Schema: c.Type.Schema, Name: c.Type.Name}
}
