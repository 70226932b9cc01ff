package policies

import "teal.dev/teal/migrate/statement"

func setDefault() Rule {
	return Rule{
		ID: "set-default", Title: "SET DEFAULT",
		Reason:        "inserts of the running version that leave {column} out store the new default from now on",
		Compatibility: Depends, Hazards: []Hazard{BehaviourChanged}, Lock: AccessExclusive,
		On: on(statement.SetDefault),
		Refine: func(s *Subject, f *Finding) {
			c := s.World.column(s.Name, s.Command.Name)
			if s.Command.Default != nil && s.Command.Default.Null && (c == nil || c.notNull || !c.known) {
				f.Compatibility = Contract
				f.Why = "DEFAULT NULL is no default: if " + s.Command.Name + " is NOT NULL, inserts of the running version that leave it out fail with 23502"
				f.Instead = "-- teal:contract\n" + s.SQL + ";"
				return
			}
			newColumnIsExpand(s, f)
		},
		Bad:  Example{Before: noteTable, SQL: "ALTER TABLE note ALTER COLUMN n SET DEFAULT 1;"},
		Good: Example{Before: noteTable, SQL: "ALTER TABLE note ADD COLUMN m int DEFAULT 1;"},
	}
}
