package policies

import "teal.dev/teal/migrate/statement"

func setStorage() Rule {
	return Rule{
		ID: "set-storage", Title: "SET STORAGE, SET COMPRESSION",
		Reason: "only rows written from now on are stored differently", Compatibility: Expand, Lock: AccessExclusive,
		On:    on(statement.SetStorage, statement.SetCompression),
		Facts: []Fact{{"PostgreSQL 14+", "SET COMPRESSION exists"}},
		Bad:   Example{Before: noteTable, SQL: "ALTER TABLE note ALTER COLUMN body SET STORAGE EXTERNAL;"},
		Good:  Example{Before: noteTable, SQL: "ALTER TABLE note ALTER COLUMN n SET STATISTICS 500;"},
	}
}
