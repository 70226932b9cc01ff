package policies

import "teal.dev/teal/migrate/statement"

func createMatView() Rule {
	return Rule{
		ID: "create-materialized-view", Title: "CREATE MATERIALIZED VIEW",
		Reason: "the running version does not know {name}", Compatibility: Expand, On: on(statement.CreateMatView),
		Match: func(s *Subject) bool { return len(s.Calls) == 0 }, Refine: lockOthers(AccessShare),
		Bad:  Example{Before: noteTable, SQL: "CREATE MATERIALIZED VIEW sums AS SELECT count(*) FROM note;"},
		Good: Example{Before: noteTable, SQL: "DROP MATERIALIZED VIEW sums;"},
	}
}
