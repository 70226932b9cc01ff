package policies

import "teal.dev/teal/migrate/statement"

func alterSequence() Rule {
	return Rule{
		ID: "alter-sequence", Title: "ALTER SEQUENCE",
		Reason:        "numbers may collide or run out, and code that reserves blocks of INCREMENT breaks; callers of nextval wait",
		Compatibility: Depends, Hazards: []Hazard{BehaviourChanged}, Lock: ShareRowExclusive, On: on(statement.AlterSequence),
		Refine: func(s *Subject, f *Finding) {
			if len(s.Columns) == 1 && s.Columns[0] == "owned_by" {
				f.Compatibility, f.Hazards, f.Why = Expand, []Hazard{}, "OWNED BY only says with which column the sequence goes"
			}
		},
		Bad:  Example{Before: "CREATE SEQUENCE ticket;", SQL: "ALTER SEQUENCE ticket RESTART WITH 1;"},
		Good: Example{SQL: "CREATE SEQUENCE ticket;"},
	}
}
