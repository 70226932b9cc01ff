package policies

import "teal.dev/teal/migrate/statement"

func dropSchema() Rule {
	return Rule{
		ID: "drop-schema", Title: "DROP SCHEMA",
		Reason:        "the running version uses what is in {name} until it is retired",
		Instead:       "drop its tables by name, then the schema, in a contract file\n-- teal:contract\nDROP SCHEMA {name};",
		Compatibility: Contract, On: on(statement.DropSchema),
		Refine: func(s *Subject, f *Finding) {
			if s.Cascade {
				f.raise(Never)
				f.Instead = byName(s)
				f.Why = "CASCADE drops everything in " + s.Name.Name + ", and the text does not say what that is"
			}
		},
		Bad:  Example{Before: "CREATE SCHEMA audit;", SQL: "DROP SCHEMA audit;"},
		Good: Example{SQL: "CREATE SCHEMA audit;"},
	}
}
