package policies

import "teal.dev/teal/migrate/statement"

func dropUnique() Rule {
	return Rule{
		ID: "drop-unique", Title: "DROP CONSTRAINT of a UNIQUE or PRIMARY KEY",
		Reason: "upserts of the running version (ON CONFLICT) need {constraint}, GROUP BY the key too, and its reads of one row may find two. " +
			"(A constraint that the migrations do not show counts as a key.)",
		Instead:       "keep it until the version that uses it is gone; where another takes its place, have both until then\n-- teal:contract\nALTER TABLE {table} DROP CONSTRAINT {constraint};",
		Compatibility: Contract, Lock: AccessExclusive,
		On: on(statement.DropConstraint), Match: drops(statement.UniqueKey, statement.PrimaryKey),
		Refine: func(s *Subject, f *Finding) {
			c := s.World.constraint(s.Name, s.Command.Name)
			if s.Command.Cascade {
				if c == nil {
					c = &statement.Constraint{}
				}
				lockCut(s, f, s.Name, c.Columns)
				return
			}
			if c == nil || c.Kind != statement.UniqueKey || c.Deferrable || len(c.Columns) == 0 || !alone(s) {
				return
			}
			if other := s.World.arbiter(s.Name, c.Columns, c.NullsNotDistinct, s.Command.Name); other != "" {
				f.Compatibility, f.Instead = Depends, ""
				f.add(BehaviourChanged)
				f.Why = other + " refuses the same duplicates and serves the same ON CONFLICT; but ON CONFLICT ON CONSTRAINT " + s.Command.Name + " fails, and errors tell another name"
			}
		},
		Bad:  Example{Before: noteTable, SQL: "ALTER TABLE note DROP CONSTRAINT note_title;"},
		Good: Example{Before: noteTable + "\nALTER TABLE note ADD CONSTRAINT n_positive CHECK (n > 0);", SQL: "ALTER TABLE note DROP CONSTRAINT n_positive;"},
	}
}
