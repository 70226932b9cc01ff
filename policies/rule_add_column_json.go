package policies

import "teal.dev/teal/migrate/statement"

func addColumnJSON() Rule {
	return Rule{
		ID: "add-column-json", Title: "ADD COLUMN json",
		Reason:        "json has no equality: SELECT DISTINCT *, UNION and GROUP BY over the row of {table} fail from now on",
		Instead:       "use jsonb\n-- expand:\nALTER TABLE {table} ADD COLUMN {column} jsonb;",
		Compatibility: Depends, Hazards: []Hazard{BehaviourChanged, RowShape}, Lock: AccessExclusive,
		On:    on(statement.AddColumn),
		Match: func(s *Subject) bool { return s.Command.Column != nil && s.Command.Column.Type.Name == "json" },
		Facts: []Fact{{"PostgreSQL 11 to 18", "json has no equality: DISTINCT, UNION and GROUP BY over it fail with 42883; jsonb has one"}},
		Bad:   Example{Before: noteTable, SQL: "ALTER TABLE note ADD COLUMN extra json;"},
		Good:  Example{Before: noteTable, SQL: "ALTER TABLE note ADD COLUMN extra jsonb;"},
	}
}
