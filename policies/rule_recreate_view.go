package policies

import "teal.dev/teal/migrate/statement"

func recreateView() Rule {
	return Rule{
		ID: "recreate-view", Title: "DROP VIEW and CREATE VIEW of one name in one file",
		Reason:        "the running version reads other rows or columns from {name} from now on, and the grants on the view are lost",
		Instead:       "make a view of a new name for the new version, and drop the old one in a contract file",
		Compatibility: Depends, Hazards: []Hazard{BehaviourChanged, RowShape}, Lock: AccessExclusive, On: on(statement.CreateView, statement.DropView),
		Match: func(s *Subject) bool {
			return s.Kind == statement.DropView && recreated(s) || s.Kind == statement.CreateView && !s.Replace && dropped(s)
		},
		Refine: func(s *Subject, f *Finding) {
			if why := recreatedWithout(s); why != "" {
				f.raise(Contract)
				f.Why = why
			}
		},
		Bad:  Example{Before: noteTable + aView, SQL: "DROP VIEW titles;\nCREATE VIEW titles AS SELECT title FROM note;"},
		Good: Example{Before: noteTable, SQL: "DROP VIEW titles;"},
	}
}
