package policies

import "teal.dev/teal/migrate/statement"

func alterTypeTimestamptz() Rule {
	return Rule{
		ID: "timestamp-to-timestamptz", Title: "timestamp to timestamptz, or back",
		Reason:        "the running version's driver sees another type, and what the old values mean depends on the session's time zone",
		Instead:       splitType,
		Compatibility: Depends, Hazards: []Hazard{BehaviourChanged, RowShape}, Lock: AccessExclusive,
		Facts: []Fact{{"PostgreSQL 12+", "no rewrite when the session's TimeZone is UTC, as teal sets it, and the new type keeps all digits of a second; else a rewrite"}},
		On:    on(statement.AlterColumnType), Match: changes("timestamptz"),
		Refine: func(s *Subject, f *Finding) {
			keyed, computed := s.World.dependOn(s.Name, s.Command.Name)
			switch {
			case s.World.older(12):
				f.Operation.Rewrite, f.Operation.Blocks = true, BlocksReads
				f.Why += "; and before PostgreSQL 12 it is a rewrite"
			case zoned(s):
				f.Operation.Rewrite, f.Operation.Blocks = true, BlocksReads
				f.Why += "; and the file sets a time zone, which makes it a rewrite"
			case keyed || computed:
				f.Operation.Scan, f.Operation.Blocks = true, BlocksReads
			}
			newColumnIsExpand(s, f)
			lockReferring(s, f)
		},
		Bad:  Example{Before: noteTable, SQL: "ALTER TABLE note ALTER COLUMN at TYPE timestamptz;"},
		Good: Example{Before: noteTable, SQL: "ALTER TABLE note ADD COLUMN at2 timestamptz;"},
	}
}
