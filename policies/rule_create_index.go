package policies

import "teal.dev/teal/migrate/statement"

func createIndex() Rule {
	return Rule{
		ID: "create-index", Title: "CREATE INDEX without CONCURRENTLY",
		Reason:        "writes to {table} wait for as long as the index is built",
		Instead:       "build it beside the traffic" + concurrentIndex,
		Compatibility: Expand, Lock: Share, Scan: true, Blocks: BlocksWrites,
		On: on(statement.CreateIndex), Match: indexOf(false, false), Refine: passesOver,
		Bad:  Example{Before: noteTable, SQL: "CREATE INDEX note_body ON note (body);"},
		Good: Example{Before: noteTable, SQL: "CREATE INDEX CONCURRENTLY note_body ON note (body);"},
	}
}
