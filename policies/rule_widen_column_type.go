package policies

import (
	"strings"

	"teal.dev/teal/migrate/statement"
)

func alterTypeWiden() Rule {
	return Rule{
		ID: "widen-column-type", Title: "ALTER COLUMN … TYPE that only edits the catalogue",
		Reason:        "prepared statements of the running version that return {column} fail with 0A000 until prepared again, and it may read longer values than it checks for",
		Compatibility: Depends, Hazards: []Hazard{NewValues, RowShape}, Lock: AccessExclusive,
		Facts: []Fact{{"PostgreSQL", "no rewrite, but indexes on an expression of the column are rebuilt"},
			{"PostgreSQL 15.18, read from the table's file", "text and varchar; a longer varchar or varbit; numeric of the same scale; more digits of a second; interval without fields; cidr to inet; bit to varbit; not their arrays. USING the column itself changes nothing"}},
		On: on(statement.AlterColumnType), Match: changes("widen"),
		Refine: func(s *Subject, f *Finding) {
			if _, computed := s.World.dependOn(s.Name, s.Command.Name); computed {
				f.Operation.Scan, f.Operation.Blocks = true, BlocksReads
				f.Why += "; an index or a check computes with " + s.Command.Name + ", and is built or proven anew while nobody can read"
			}
			switch c := s.World.column(s.Name, s.Command.Name); {
			case c.known && sameType(c.typ, s.Command.Type) && !s.World.family(s.Name) && alone(s):
				f.settled("it has that type already")
			case c.known && sameValues(c.typ, s.Command.Type):
				f.Hazards = []Hazard{RowShape}
				f.Why = strings.Replace(f.Why, ", and it may read longer values than it checks for", "; its values are the same", 1)
			}
			newColumnIsExpand(s, f)
			lockReferring(s, f)
		},
		Bad:  Example{Before: noteTable, SQL: "ALTER TABLE note ALTER COLUMN title TYPE text;"},
		Good: Example{Before: noteTable, SQL: "ALTER TABLE note ALTER COLUMN title TYPE varchar(5);"},
	}
}
