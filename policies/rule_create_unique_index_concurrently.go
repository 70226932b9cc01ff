package policies

import "teal.dev/teal/migrate/statement"

func createUniqueIndexConcurrently() Rule {
	return Rule{
		ID: "create-unique-index-concurrently", Title: "CREATE UNIQUE INDEX CONCURRENTLY",
		Reason:        "duplicates that the running version writes fail with 23505, even before the index is valid and even if the build fails later",
		Instead:       "make sure that the running version writes no duplicates; else build it in a contract file",
		Compatibility: Depends, Hazards: []Hazard{OldWritesRejected}, Lock: ShareUpdateExclusive, Scan: true,
		On: on(statement.CreateIndex), Match: indexOf(true, true), Refine: refineUniqueIndex,
		Bad:  Example{Before: noteTable, SQL: "CREATE UNIQUE INDEX CONCURRENTLY note_body ON note (body);"},
		Good: Example{Before: noteTable, SQL: "CREATE INDEX CONCURRENTLY note_body ON note (body);"},
	}
}
