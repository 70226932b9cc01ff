package policies

import "teal.dev/teal/migrate/statement"

func dropFunction() Rule {
	return Rule{
		ID: "drop-function", Title: "DROP FUNCTION, DROP PROCEDURE",
		Reason:        "the running version, its triggers or other functions call {name} until it is retired: 42883. PL/pgSQL callers are not in the catalogue's dependencies",
		Instead:       "-- teal:contract\n-- (a file of its own)\n{statement};",
		Compatibility: Contract, On: on(statement.DropFunction),
		Refine: func(s *Subject, f *Finding) {
			if s.Cascade {
				f.raise(Never)
				f.Instead = byName(s)
				f.Why = "CASCADE drops triggers, defaults and views that call it, and the text does not say which"
			}
		},
		Bad:  Example{Before: aFunction, SQL: "DROP FUNCTION f(int);"},
		Good: Example{SQL: aFunction},
	}
}
