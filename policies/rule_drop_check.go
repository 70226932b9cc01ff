package policies

import "teal.dev/teal/migrate/statement"

func dropCheck() Rule {
	return Rule{
		ID: "drop-check", Title: "DROP CONSTRAINT of a CHECK or EXCLUDE",
		Reason:        "harmless until the new version writes what {constraint} forbade: then the running version reads values it thought impossible",
		Compatibility: Depends, Hazards: []Hazard{NewValues}, Lock: AccessExclusive,
		On: on(statement.DropConstraint), Match: drops(statement.Check, statement.Exclude, statement.NotNull),
		Refine: func(s *Subject, f *Finding) {
			c := s.World.constraint(s.Name, s.Command.Name)
			if c != nil && c.NotNullColumn != "" && s.World.notNull(s.Name, c.NotNullColumn) && !s.World.heirs(s.Name) && alone(s) {
				f.settled(c.NotNullColumn + " is NOT NULL, which refuses the same")
			}
			switch have := s.World.checkTwin(s.Name, s.Command.Name, c); {
			case have == "" || !alone(s):
			case have < s.Command.Name: // PostgreSQL goes through the checks by name
				f.settled(have + " says the same, and is the one that errors tell")
			default:
				f.Hazards, f.Why = []Hazard{BehaviourChanged}, have+" says the same; but errors tell another name from now on"
			}
		},
		Bad:  Example{Before: noteTable + "\nALTER TABLE note ADD CONSTRAINT n_positive CHECK (n > 0);", SQL: "ALTER TABLE note DROP CONSTRAINT n_positive;"},
		Good: Example{Before: noteTable, SQL: "ALTER TABLE note DROP CONSTRAINT note_title;"},
	}
}
