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
			if c != nil && c.known && sameDefault(c, s.Command.Default) && !s.World.family(s.Name) && alone(s) {
				f.settled("that is the default already")
				return
			}
			if d := s.Command.Default; d != nil && !d.NeverNull && c != nil && (c.notNull || !c.known) {
				f.add(OldWritesRejected)
				f.Why += "; where that is NULL and " + s.Command.Name + " is NOT NULL, they fail with 23502"
				return
			}
			newColumnIsExpand(s, f)
		},
		Bad:  Example{Before: noteTable, SQL: "ALTER TABLE note ALTER COLUMN n SET DEFAULT 1;"},
		Good: Example{Before: noteTable, SQL: "ALTER TABLE note ADD COLUMN m int DEFAULT 1;"},
	}
}
