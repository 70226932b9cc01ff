package policies

import "teal.dev/teal/migrate/statement"

func refreshMatViewConcurrently() Rule {
	return Rule{
		ID: "refresh-materialized-view-concurrently", Title: "REFRESH MATERIALIZED VIEW CONCURRENTLY",
		Reason: "readers of {name} see the old rows until it is done, and then those of now", Compatibility: Depends, Hazards: []Hazard{DataChanged}, Lock: Exclusive, On: on(statement.RefreshMatView),
		Match: func(s *Subject) bool { return s.Concurrently },
		Bad:   Example{Before: noteTable + aMatView, SQL: "REFRESH MATERIALIZED VIEW CONCURRENTLY sums;"},
		Good:  Example{Before: noteTable, SQL: "REFRESH MATERIALIZED VIEW sums;"},
	}
}
