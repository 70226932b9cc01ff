package policies

import "teal.dev/teal/migrate/statement"

func truncateTable() Rule {
	return Rule{
		ID: "truncate", Title: "TRUNCATE",
		Reason:        "the running version loses its rows at once, older snapshots included; CASCADE empties other tables too",
		Instead:       "delete in batches what must go, in a job; or drop the table in a contract file",
		Compatibility: Never, Hazards: []Hazard{DataChanged}, Lock: AccessExclusive,
		On:    on(statement.Truncate),
		Facts: []Fact{{"PostgreSQL 11 to 18", "not MVCC-safe: a snapshot taken before sees an empty table"}},
		Bad:   Example{Before: noteTable, SQL: "TRUNCATE note;"},
		Good:  Example{Before: noteTable, SQL: "CREATE TABLE note2 (id bigint);\nTRUNCATE note2;"},
	}
}
