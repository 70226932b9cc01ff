package policies

import "teal.dev/teal/migrate/statement"

func addColumnGenerated() Rule {
	return Rule{
		ID: "add-column-generated", Title: "ADD COLUMN GENERATED ALWAYS AS (…) STORED",
		Reason:        "the value is computed for every old row: {table} and its indexes are rewritten while nobody can read",
		Instead:       "add a plain column, keep it up with a trigger, and fill the old rows in batches" + expandColumn,
		Compatibility: Depends, Hazards: []Hazard{RowShape}, Lock: AccessExclusive, Rewrite: true, Blocks: BlocksReads,
		On:    on(statement.AddColumn),
		Match: func(s *Subject) bool { return s.Command.Column != nil && s.Command.Column.Generated },
		Refine: func(s *Subject, f *Finding) {
			if s.Command.Column.Raises {
				f.add(OldWritesRejected)
				f.Why += "; where the expression fails (an overflow, a division, a cast), the running version's write fails"
			}
		},
		Facts: []Fact{{"PostgreSQL 12+", "STORED: a rewrite; PostgreSQL 11 has no generated columns"}, {"PostgreSQL 18", "VIRTUAL, the default kind there, is said to need no rewrite; teal has not measured it and its grammar does not read it yet"}},
		Bad:   Example{Before: noteTable, SQL: "ALTER TABLE note ADD COLUMN size int GENERATED ALWAYS AS (length(body)) STORED;"},
		Good:  Example{Before: noteTable, SQL: "ALTER TABLE note ADD COLUMN size int;"},
	}
}
