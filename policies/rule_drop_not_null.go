package policies

import "teal.dev/teal/migrate/statement"

func dropNotNull() Rule {
	return Rule{
		ID: "drop-not-null", Title: "DROP NOT NULL",
		Reason:        "harmless until the new version writes a NULL: then readers of the running version meet one they never expected",
		Compatibility: Depends, Hazards: []Hazard{NewValues}, Lock: AccessExclusive,
		On: on(statement.DropNotNull),
		Refine: func(s *Subject, f *Finding) {
			if c := s.World.column(s.Name, s.Command.Name); c != nil && c.known && !c.notNull && !s.World.family(s.Name) && alone(s) {
				f.settled(s.Command.Name + " may be NULL already")
			}
			newColumnIsExpand(s, f)
		},
		Bad:  Example{Before: noteTable, SQL: "ALTER TABLE note ALTER COLUMN title DROP NOT NULL;"},
		Good: Example{Before: noteTable, SQL: "ALTER TABLE note ADD COLUMN extra text;"},
	}
}
