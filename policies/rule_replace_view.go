package policies

import "teal.dev/teal/migrate/statement"

func replaceView() Rule {
	return Rule{
		ID: "replace-view", Title: "CREATE OR REPLACE VIEW",
		Reason:        "the running version reads other rows or one more column from {name} from now on",
		Instead:       "make a view of a new name for the new version, and drop the old one in a contract file",
		Compatibility: Depends, Hazards: []Hazard{BehaviourChanged, RowShape}, Lock: AccessExclusive, On: on(statement.CreateView),
		Match: func(s *Subject) bool { return s.Replace }, Refine: lockOthers(AccessShare),
		Facts: []Fact{{"PostgreSQL 11 to 18", "columns may only be added at the end; anything else is refused"}},
		Bad:   Example{Before: noteTable + aView, SQL: "CREATE OR REPLACE VIEW titles AS SELECT title FROM note;"},
		Good:  Example{Before: noteTable, SQL: "CREATE VIEW titles AS SELECT title FROM note;"},
	}
}
