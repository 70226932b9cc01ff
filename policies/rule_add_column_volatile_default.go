package policies

import "teal.dev/teal/migrate/statement"

func addColumnVolatileDefault() Rule {
	return Rule{
		ID: "add-column-volatile-default", Title: "ADD COLUMN with a volatile default",
		Reason: "a default that differs from row to row is computed for every old row: {table} and its indexes are rewritten while nobody can read",
		Instead: "add the column without a default, then set it, and fill the old rows in batches" + expandColumn +
			"ALTER TABLE {table} ALTER COLUMN {column} SET DEFAULT {default};\n-- backfill, in batches:\nUPDATE {table} SET {column} = {default} WHERE {column} IS NULL;",
		Compatibility: Depends, Hazards: []Hazard{RowShape}, Lock: AccessExclusive, Rewrite: true, Blocks: BlocksReads,
		On: on(statement.AddColumn),
		Match: func(s *Subject) bool {
			c := s.Command.Column
			return c != nil && c.Default != nil && c.Default.Volatility == statement.Volatile
		},
		Facts: []Fact{{"PostgreSQL 11 to 18", "a rewrite; before 11 every default was"}},
		Bad:   Example{Before: noteTable, SQL: "ALTER TABLE note ADD COLUMN token uuid DEFAULT gen_random_uuid();"},
		Good:  Example{Before: noteTable, SQL: "ALTER TABLE note ADD COLUMN made timestamptz DEFAULT now();"},
	}
}
