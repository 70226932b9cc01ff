package policies

import "teal.dev/teal/migrate/statement"

func createIndexConcurrently() Rule {
	return Rule{
		ID: "create-index-concurrently", Title: "CREATE INDEX CONCURRENTLY",
		Reason:        "the running version notices only faster reads and slower writes",
		Compatibility: Expand, Lock: ShareUpdateExclusive, Scan: true,
		Facts: []Fact{{"PostgreSQL", "waits for old transactions; a failure leaves an invalid index, which teal finds and drops"}},
		On:    on(statement.CreateIndex), Match: indexOf(false, true),
		Bad:  Example{Before: noteTable, SQL: "CREATE INDEX CONCURRENTLY note_body ON note (body);"},
		Good: Example{Before: noteTable, SQL: "CREATE INDEX note_body ON note (body);"},
	}
}
