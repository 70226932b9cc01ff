package policies

import "teal.dev/teal/migrate/statement"

func setExpression() Rule {
	return Rule{
		ID: "set-expression", Title: "SET EXPRESSION",
		Reason:        "the values of {column} change under the running version, and {table} is rewritten while nobody can read",
		Instead:       splitType,
		Compatibility: Depends, Hazards: []Hazard{DataChanged}, Lock: AccessExclusive, Rewrite: true, Blocks: BlocksReads,
		On:    on(statement.SetExpression),
		Facts: []Fact{{"PostgreSQL 17+", "the command exists; STORED columns are rewritten"}, {"PostgreSQL 18", "VIRTUAL columns are said to need no rewrite; not measured"}},
		Bad:   Example{Before: noteTable, SQL: "ALTER TABLE note ALTER COLUMN n SET EXPRESSION AS (id + 1);"},
		Good:  Example{Before: noteTable, SQL: "ALTER TABLE note ALTER COLUMN title DROP NOT NULL;"},
	}
}
