package policies

import "teal.dev/teal/migrate/statement"

func createTableReferences() Rule {
	return Rule{
		ID: "create-table-references", Title: "CREATE TABLE with a foreign key to a table that was there before",
		Reason:        "the running version does not know {table}; but TRUNCATE of the table that it refers to fails at once with 0A000, and once the new version points at a row, the running version's delete of that row fails with 23503",
		Compatibility: Depends, Hazards: []Hazard{OldWritesRejected},
		Facts: []Fact{{"PostgreSQL", "SHARE ROW EXCLUSIVE on the table that it refers to, for an instant; ON DELETE CASCADE lets deletes through, not TRUNCATE"}},
		On:    on(statement.CreateTable),
		Match: func(s *Subject) bool { return s.PartitionOf.Name == "" && refersToOld(s) }, // also a command that adds it to a new table
		Refine: func(s *Subject, f *Finding) {
			lockParents(f, s, s.Constraints)
			if s.Command != nil {
				lockParents(f, s, columnConstraints(s.Command))
			}
			lockLike(f, s)
		},
		Bad:  Example{Before: noteTable, SQL: "CREATE TABLE tag (id bigint PRIMARY KEY, note_id bigint REFERENCES note (id));"},
		Good: Example{Before: noteTable, SQL: "CREATE TABLE tag (id bigint PRIMARY KEY);\nCREATE TABLE tagged (tag_id bigint REFERENCES tag (id));"},
	}
}
