package policies

import "teal.dev/teal/migrate/statement"

// newObject speaks before all other rules: what this release itself makes, the running version cannot know.
func newObject() Rule {
	return Rule{
		ID: "new-object", Title: "A change to an object that this release makes",
		Reason:        "{table} is made by this release, so the running version does not use it",
		Compatibility: Expand,
		Match:         func(s *Subject) bool { return s.World.harmless(s) && !refersToOld(s) },
		Refine: func(s *Subject, f *Finding) {
			if s.World.fresh {
				f.Why = "no version is running yet"
				return
			}
			switch {
			case s.Kind == statement.DropTable:
				for _, n := range s.Names {
					lockReferenced(s.World, n, f)
				}
			case s.Command != nil && s.Command.Kind == statement.AlterColumnType:
				lockReferring(s, f)
			case s.Command != nil && (s.Command.Kind == statement.DropColumn || s.Command.Kind == statement.DropConstraint):
				lockReleased(s, f)
			}
		},
		Bad:  Example{SQL: "CREATE TABLE note (id bigint PRIMARY KEY);\nALTER TABLE note DROP COLUMN id;"},
		Good: Example{SQL: "ALTER TABLE note DROP COLUMN id;"},
	}
}

// columnConstraints are the constraints that a command adds.
func columnConstraints(c *statement.Command) []statement.Constraint {
	switch {
	case c.Constraint != nil:
		return []statement.Constraint{*c.Constraint}
	case c.Column != nil:
		return c.Column.Constraints
	}
	return nil
}
