package policies

import "teal.dev/teal/migrate/statement"

func createMatView() Rule {
	return Rule{
		ID: "create-materialized-view", Title: "CREATE MATERIALIZED VIEW",
		Reason: "the running version does not know {name}", Compatibility: Expand, On: on(statement.CreateMatView),
		Match: func(s *Subject) bool { return !calls(s) },
		Refine: func(s *Subject, f *Finding) {
			lockOthers(AccessShare)(s, f)
			shadows(s, f)
		},
		Bad:  Example{Before: noteTable, SQL: "CREATE MATERIALIZED VIEW sums AS SELECT count(*) FROM note;"},
		Good: Example{Before: noteTable, SQL: "DROP MATERIALIZED VIEW sums;"},
	}
}
