package policies

import (
	"slices"

	"teal.dev/teal/migrate/statement"
)

func addColumnUnique() Rule {
	return Rule{
		ID: "add-column-unique", Title: "ADD COLUMN … UNIQUE or PRIMARY KEY",
		Reason: "the index is built while nobody can read {table}",
		Instead: expandColumn + "-- a file of its own:\nCREATE UNIQUE INDEX CONCURRENTLY {table}_{column}_key ON {table} ({column});\n" +
			"-- a later file:\nALTER TABLE {table} ADD CONSTRAINT {table}_{column}_key UNIQUE USING INDEX {table}_{column}_key;",
		Compatibility: Depends, Hazards: []Hazard{RowShape}, Lock: AccessExclusive, Scan: true, Blocks: BlocksReads,
		On: on(statement.AddColumn), Match: addsWith(statement.UniqueKey, statement.PrimaryKey),
		Refine: func(s *Subject, f *Finding) {
			nullsEqual := slices.ContainsFunc(s.Command.Column.Constraints, func(k statement.Constraint) bool { return k.NullsNotDistinct })
			if d := s.Command.Column.Default; nullsEqual && (d == nil || d.Null) {
				f.raise(Never)
				f.add(OldWritesRejected)
				f.Why = "with NULLS NOT DISTINCT, the second insert of the running version, which leaves the column out, fails with 23505"
			} else if d != nil && !d.Null && d.Volatility != statement.Volatile {
				f.raise(Never)
				f.add(OldWritesRejected)
				f.Why = "with a constant default, the second insert of the running version fails with 23505"
			}
		},
		Bad:  Example{Before: noteTable, SQL: "ALTER TABLE note ADD COLUMN slug text UNIQUE;"},
		Good: Example{Before: noteTable, SQL: "ALTER TABLE note ADD COLUMN slug text;"},
	}
}
