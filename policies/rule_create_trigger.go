package policies

import "teal.dev/teal/migrate/statement"

func createTrigger() Rule {
	return Rule{
		ID: "create-trigger", Title: "CREATE TRIGGER",
		Reason:        "it runs in the running version's writes to {table} too: it may change its rows or make its writes fail",
		Compatibility: Depends, Hazards: []Hazard{BehaviourChanged}, Lock: ShareRowExclusive, On: on(statement.CreateTrigger),
		Facts: []Fact{{"PostgreSQL 14+", "CREATE OR REPLACE TRIGGER exists"}},
		Bad:   Example{Before: noteTable + touch, SQL: aTrigger},
		Good:  Example{Before: noteTable, SQL: "CREATE TABLE note2 (id int);\nCREATE TRIGGER touch BEFORE UPDATE ON note2 FOR EACH ROW EXECUTE FUNCTION touch();"},
	}
}
