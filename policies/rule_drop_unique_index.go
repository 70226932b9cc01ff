package policies

import "teal.dev/teal/migrate/statement"

func dropUniqueIndex() Rule {
	return Rule{
		ID: "drop-unique-index", Title: "DROP INDEX of a unique index",
		Reason:        "upserts of the running version (ON CONFLICT) need {name}, and its reads of one row may find two. (An index that the migrations do not show counts as unique.)",
		Instead:       "keep it until the version that uses it is gone\n-- teal:contract\n-- (a file of its own)\nDROP INDEX CONCURRENTLY {name};",
		Compatibility: Contract,
		On:            on(statement.DropIndex), Match: maybeUnique, Refine: refineDropIndex,
		Bad:  Example{Before: noteTable + "\nCREATE UNIQUE INDEX note_body ON note (body);", SQL: "DROP INDEX CONCURRENTLY note_body;"},
		Good: Example{Before: noteTable + "\nCREATE INDEX note_body ON note (body);", SQL: "DROP INDEX CONCURRENTLY note_body;"},
	}
}
