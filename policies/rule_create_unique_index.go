package policies

import "teal.dev/teal/migrate/statement"

func createUniqueIndex() Rule {
	return Rule{
		ID: "create-unique-index", Title: "CREATE UNIQUE INDEX without CONCURRENTLY",
		Reason:        "duplicates that the running version writes fail with 23505, and writes to {table} wait for as long as the index is built",
		Instead:       "build it beside the traffic\n-- expand, a file of its own:\n{concurrently};",
		Compatibility: Depends, Hazards: []Hazard{OldWritesRejected}, Lock: Share, Scan: true, Blocks: BlocksWrites,
		On: on(statement.CreateIndex), Match: indexOf(true, false), Refine: refineUniqueIndex,
		Bad:  Example{Before: noteTable, SQL: "CREATE UNIQUE INDEX note_body ON note (body);"},
		Good: Example{Before: noteTable, SQL: "CREATE UNIQUE INDEX CONCURRENTLY note_body ON note (body);"},
	}
}
