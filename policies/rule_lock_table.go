package policies

import "teal.dev/teal/migrate/statement"

func lockTable() Rule {
	return Rule{
		ID: "lock-table", Title: "LOCK TABLE",
		Reason:        "the running version waits until the transaction ends, however long the statements behind it take",
		Instead:       "leave it out: each statement takes the lock it needs",
		Compatibility: Depends, Hazards: []Hazard{BehaviourChanged}, On: on(statement.Lock),
		Refine: func(s *Subject, f *Finding) {
			for _, n := range s.Names {
				f.lock(Level(s.Detail), n.String())
			}
		},
		Bad:  Example{Before: noteTable, SQL: "LOCK TABLE note IN SHARE MODE;"},
		Good: Example{Before: noteTable, SQL: "SELECT count(*) FROM note;"},
	}
}
