package policies

import "teal.dev/teal/migrate/statement"

func refreshMatView() Rule {
	return Rule{
		ID: "refresh-materialized-view", Title: "REFRESH MATERIALIZED VIEW",
		Reason:        "nobody can read {name} while it is computed; then the running version reads the rows of now, even under a snapshot taken before",
		Instead:       "REFRESH MATERIALIZED VIEW CONCURRENTLY {name}; (it needs a unique index)",
		Compatibility: Depends, Hazards: []Hazard{DataChanged}, Lock: AccessExclusive, Rewrite: true, Blocks: BlocksReads, On: on(statement.RefreshMatView),
		Match: func(s *Subject) bool { return !s.Concurrently },
		Bad:   Example{Before: noteTable + aMatView, SQL: "REFRESH MATERIALIZED VIEW sums;"},
		Good:  Example{Before: noteTable, SQL: "REFRESH MATERIALIZED VIEW CONCURRENTLY sums;"},
	}
}
