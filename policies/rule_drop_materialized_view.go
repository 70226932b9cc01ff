package policies

import "teal.dev/teal/migrate/statement"

func dropMatView() Rule {
	return Rule{
		ID: "drop-materialized-view", Title: "DROP MATERIALIZED VIEW",
		Reason:        "the running version reads {name} until it is retired: 42P01",
		Instead:       "-- teal:contract\n-- (a file of its own)\nDROP MATERIALIZED VIEW {name};",
		Compatibility: Contract, Lock: AccessExclusive, On: on(statement.DropMatView), Refine: cascadeNever,
		Bad:  Example{Before: noteTable + aMatView, SQL: "DROP MATERIALIZED VIEW sums;"},
		Good: Example{Before: noteTable, SQL: "REFRESH MATERIALIZED VIEW CONCURRENTLY sums;"},
	}
}
