package policies

import "teal.dev/teal/migrate/statement"

func addColumnDefault() Rule {
	return Rule{
		ID: "add-column-default", Title: "ADD COLUMN with a constant or stable default",
		Reason:        "the new column changes the row of {table}; inserts of the running version store the default, and so do all old rows (now() gives them all one time)",
		Compatibility: Depends, Hazards: []Hazard{RowShape}, Lock: AccessExclusive,
		Facts: []Fact{{"PostgreSQL 11 to 18", "no rewrite, NOT NULL included; before 11 the table is rewritten"}},
		On:    on(statement.AddColumn),
		Refine: func(s *Subject, f *Finding) {
			if c := s.Command.Column; c.NotNull && !c.Default.NeverNull {
				f.add(OldWritesRejected)
				f.Why += "; where the default is NULL, they fail with 23502"
				if c.Default.Volatility == statement.Constant { // then PostgreSQL knows by itself that it is NULL, and proves the rows
					f.Operation.Scan, f.Operation.Blocks = true, BlocksReads
				}
			}
		},
		Match: func(s *Subject) bool { return !special(s) && s.Command.Column.Default != nil && !s.Command.IfNotExists },
		Bad:   Example{Before: noteTable, SQL: "ALTER TABLE note ADD COLUMN state text NOT NULL DEFAULT 'new';"},
		Good:  Example{Before: noteTable, SQL: "ALTER TABLE note ADD COLUMN state text;"},
	}
}
