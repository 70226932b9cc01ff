package policies

import "teal.dev/teal/migrate/statement"

func addColumn() Rule {
	return Rule{
		ID: "add-column", Title: "ADD COLUMN, nullable, without a default",
		Reason:        "the new column changes the row of {table}: SELECT *, COPY without a column list, NATURAL JOIN and row types of the running version see it, and a name that it uses bare in a join may become ambiguous; its inserts leave it NULL",
		Compatibility: Depends, Hazards: []Hazard{RowShape}, Lock: AccessExclusive,
		Facts: []Fact{{"PostgreSQL 11 to 18", "instant: no rewrite, no scan; a prepared SELECT * fails once with 0A000"}},
		On:    on(statement.AddColumn),
		Match: func(s *Subject) bool { return !special(s) && s.Command.Column.Default == nil && !s.Command.IfNotExists },
		Bad:   Example{Before: noteTable, SQL: "ALTER TABLE note ADD COLUMN extra text;"},
		Good:  Example{SQL: "CREATE TABLE note2 (id bigint, body text);\nALTER TABLE note2 ADD COLUMN extra text;"},
	}
}
