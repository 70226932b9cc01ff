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

// nullPasses says whether the column's checks let the rows pass that leave it out and so hold NULL in it.
func nullPasses(c *statement.Column) bool {
	if c.Default != nil && !c.Default.Null {
		return false
	}
	for _, k := range c.Constraints {
		if k.Kind == statement.Check && !k.NullPasses {
			return false
		}
	}
	return true
}

func typeName(c *statement.Column) statement.Name {
	if c == nil {
		return statement.Name{}
	}
	return statement.Name{Schema: c.Type.Schema, Name: c.Type.Name}
}
