package policies

import "teal.dev/teal/migrate/statement"

func createView() Rule {
	return Rule{
		ID: "create-view", Title: "CREATE VIEW",
		Reason: "the running version does not know {name}", Compatibility: Expand, On: on(statement.CreateView),
		Match: func(s *Subject) bool { return !s.Replace && !dropped(s) },
		Refine: func(s *Subject, f *Finding) {
			lockOthers(AccessShare)(s, f)
			shadows(s, f)
		},
		Bad:  Example{Before: noteTable, SQL: "CREATE VIEW titles AS SELECT title FROM note;"},
		Good: Example{Before: noteTable, SQL: "CREATE OR REPLACE VIEW titles AS SELECT title FROM note;"},
	}
}
