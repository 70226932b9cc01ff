package policies

import "teal.dev/teal/migrate/statement"

func addColumnIfNotExists() Rule {
	return Rule{
		ID: "add-column-if-not-exists", Title: "ADD COLUMN IF NOT EXISTS",
		Reason:        "a column of that name with another type is passed over in silence; teal compares the catalogue afterwards. Else as add-column",
		Instead:       "leave IF NOT EXISTS out: teal never runs a file twice",
		Compatibility: Depends, Hazards: []Hazard{RowShape}, Lock: AccessExclusive,
		On:    on(statement.AddColumn),
		Match: func(s *Subject) bool { return !special(s) && s.Command.IfNotExists },
		Bad:   Example{Before: noteTable, SQL: "ALTER TABLE note ADD COLUMN IF NOT EXISTS extra text;"},
		Good:  Example{Before: noteTable, SQL: "ALTER TABLE note ADD COLUMN extra text;"},
	}
}
