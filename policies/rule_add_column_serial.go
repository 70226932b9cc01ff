package policies

import "teal.dev/teal/migrate/statement"

func addColumnSerial() Rule {
	return Rule{
		ID: "add-column-serial", Title: "ADD COLUMN serial or GENERATED AS IDENTITY",
		Reason: "every old row gets a number: {table} and its indexes are rewritten while nobody can read",
		Instead: "\n-- expand:\nALTER TABLE {table} ADD COLUMN {column} bigint;\nCREATE SEQUENCE {table}_{column}_seq OWNED BY {table}.{column};\n" +
			"ALTER TABLE {table} ALTER COLUMN {column} SET DEFAULT nextval('{table}_{column}_seq');\n-- backfill, in batches:\nUPDATE {table} SET {column} = nextval('{table}_{column}_seq') WHERE {column} IS NULL;",
		Compatibility: Depends, Hazards: []Hazard{RowShape}, Lock: AccessExclusive, Rewrite: true, Blocks: BlocksReads,
		On: on(statement.AddColumn),
		Match: func(s *Subject) bool {
			return s.Command.Column != nil && (s.Command.Column.Serial() || s.Command.Column.Identity != "")
		},
		Facts: []Fact{{"PostgreSQL 11 to 18", "a rewrite"}},
		Bad:   Example{Before: noteTable, SQL: "ALTER TABLE note ADD COLUMN seq bigserial;"},
		Good:  Example{Before: noteTable, SQL: "ALTER TABLE note ADD COLUMN seq bigint;"},
	}
}
