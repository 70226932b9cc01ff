package policies

import "teal.dev/teal/migrate/statement"

func addColumnNotNull() Rule {
	return Rule{
		ID: "add-column-not-null", Title: "ADD COLUMN NOT NULL without a default",
		Reason: "inserts of the running version do not know {column} and fail with 23502; on a table with rows the statement fails at once",
		Instead: "add it nullable or with a default, fill it, and demand it once the old version is gone" + expandColumn +
			"-- backfill, in batches:\nUPDATE {table} SET {column} = … WHERE {column} IS NULL;\n" + contractNotNull,
		Compatibility: Never, Hazards: []Hazard{OldWritesRejected, RowShape}, Lock: AccessExclusive, Scan: true, Blocks: BlocksReads,
		On:    on(statement.AddColumn),
		Match: func(s *Subject) bool { return s.Command.Column != nil && notNullWithoutValue(s.Command.Column) },
		Facts: []Fact{{"PostgreSQL 11 to 18", "fails with 23502 on a table that has rows"}},
		Bad:   Example{Before: noteTable, SQL: "ALTER TABLE note ADD COLUMN state text NOT NULL;"},
		Good:  Example{Before: noteTable, SQL: "ALTER TABLE note ADD COLUMN state text NOT NULL DEFAULT 'new';"},
	}
}
