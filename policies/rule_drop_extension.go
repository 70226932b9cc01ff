package policies

import "teal.dev/teal/migrate/statement"

func dropExtension() Rule {
	return Rule{
		ID: "drop-extension", Title: "DROP EXTENSION",
		Reason:        "the running version calls functions and uses types of {name} until it is retired",
		Instead:       "-- teal:contract\n-- (a file of its own)\nDROP EXTENSION {name};",
		Compatibility: Contract, On: on(statement.DropExtension),
		Refine: func(s *Subject, f *Finding) {
			if s.Cascade {
				f.raise(Never)
				f.Instead = byName(s)
				f.Why = "CASCADE drops columns of its types and indexes with its operators, and the text does not say which"
			}
		},
		Bad:  Example{Before: "CREATE EXTENSION pgcrypto;", SQL: "DROP EXTENSION pgcrypto;"},
		Good: Example{SQL: "CREATE EXTENSION pgcrypto;"},
	}
}
