package policies

import "teal.dev/teal/migrate/statement"

func dropIndex() Rule {
	return Rule{
		ID: "drop-index", Title: "DROP INDEX of an index that is not unique",
		Reason:        "queries of the running version that use {name} become slow",
		Instead:       "drop it beside the traffic, when nothing uses it\n-- a file of its own:\nDROP INDEX CONCURRENTLY {name};",
		Compatibility: Depends, Hazards: []Hazard{BehaviourChanged},
		On: on(statement.DropIndex), Match: func(s *Subject) bool { return !maybeUnique(s) }, Refine: refineDropIndex,
		Facts: []Fact{{"PostgreSQL 11 to 18", "CONCURRENTLY is refused for the index of a constraint and inside a transaction"}},
		Bad:   Example{Before: noteTable + "\nCREATE INDEX note_body ON note (body);", SQL: "DROP INDEX CONCURRENTLY note_body;"},
		Good:  Example{Before: noteTable + "\nCREATE UNIQUE INDEX note_body ON note (body);", SQL: "DROP INDEX CONCURRENTLY note_body;"},
	}
}
