package policies

import "teal.dev/teal/migrate/statement"

func alterTypeCollation() Rule {
	return Rule{
		ID: "alter-column-collation", Title: "ALTER COLUMN … TYPE … COLLATE, or to citext and back",
		Reason:        "order and equality of {column} change for the running version, prepared statements fail with 0A000, and indexes on it are rebuilt while nobody can read",
		Instead:       splitType,
		Compatibility: Depends, Hazards: []Hazard{BehaviourChanged, RowShape}, Lock: AccessExclusive,
		On: on(statement.AlterColumnType), Match: changes("collation"),
		Refine: func(s *Subject, f *Finding) {
			if keyed, computed := s.World.dependOn(s.Name, s.Command.Name); keyed || computed {
				f.Operation.Scan, f.Operation.Blocks = true, BlocksReads
			}
			newColumnIsExpand(s, f)
			lockReferring(s, f)
		},
		Facts: []Fact{{"PostgreSQL 11 to 18", "no rewrite of the table, for citext neither (15.18); indexes on the column are rebuilt"}},
		Bad:   Example{Before: noteTable, SQL: `ALTER TABLE note ALTER COLUMN body TYPE text COLLATE "C";`},
		Good:  Example{Before: noteTable, SQL: "ALTER TABLE note ALTER COLUMN title TYPE text;"},
	}
}
