package policies

import "teal.dev/teal/migrate/statement"

func dropExpression() Rule {
	return Rule{
		ID: "drop-expression", Title: "DROP EXPRESSION",
		Reason:        "the running version does not write {column} itself, so its rows keep stale values from now on",
		Instead:       "-- teal:contract\nALTER TABLE {table} ALTER COLUMN {column} DROP EXPRESSION;",
		Compatibility: Contract, Lock: AccessExclusive, On: on(statement.DropExpression),
		Facts: []Fact{{"PostgreSQL 13+", "the command exists"}},
		Bad:   Example{Before: noteTable + "\nALTER TABLE note ADD COLUMN g int GENERATED ALWAYS AS (n + 1) STORED;", SQL: "ALTER TABLE note ALTER COLUMN g DROP EXPRESSION;"},
		Good:  Example{Before: noteTable, SQL: "ALTER TABLE note ALTER COLUMN title DROP NOT NULL;"},
	}
}
