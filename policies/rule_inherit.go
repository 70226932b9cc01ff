package policies

import "teal.dev/teal/migrate/statement"

func inherit() Rule {
	return Rule{
		ID: "inherit", Title: "INHERIT, NO INHERIT",
		Reason:        "reads of the parent {parent} by the running version gain or lose the rows of {table}",
		Compatibility: Depends, Hazards: []Hazard{DataChanged}, Lock: AccessExclusive,
		On: on(statement.Inherit, statement.NoInherit),
		Refine: func(s *Subject, f *Finding) {
			if s.Command.Kind == statement.Inherit {
				f.lock(ShareUpdateExclusive, s.Command.Other.String())
			}
		},
		Bad:  Example{Before: noteTable + "\nCREATE TABLE thing (id bigint);", SQL: "ALTER TABLE note INHERIT thing;"},
		Good: Example{Before: noteTable, SQL: "ALTER TABLE note SET (fillfactor = 70);"},
	}
}
