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
		Bad:   Example{Before: noteTable, SQL: "ALTER TABLE note ADD COLUMN size int GENERATED ALWAYS AS (length(body)) STORED;"},
		Good:  Example{Before: noteTable, SQL: "ALTER TABLE note ADD COLUMN size int;"},
	}
}
