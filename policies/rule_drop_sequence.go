package policies

import "teal.dev/teal/migrate/statement"

func dropSequence() Rule {
	return Rule{
		ID: "drop-sequence", Title: "DROP SEQUENCE",
		Reason:        "the running version draws numbers from {name} until it is retired",
		Instead:       "-- teal:contract\nDROP SEQUENCE {name};",
		Compatibility: Contract, Lock: AccessExclusive, On: on(statement.DropSequence),
		Refine: func(s *Subject, f *Finding) {
			if s.Cascade {
				f.raise(Never)
				f.Instead = byName(s)
				f.Why = "CASCADE drops the defaults of columns, and the text does not say which"
			}
		},
		Bad:  Example{Before: "CREATE SEQUENCE ticket;", SQL: "DROP SEQUENCE ticket;"},
		Good: Example{SQL: "CREATE SEQUENCE ticket;"},
	}
}
