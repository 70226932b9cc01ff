package policies

import (
	"strings"

	"teal.dev/teal/migrate/statement"
)

// byFix begins the advice about a split that --fix may write.
const byFix = "teal check --fix writes this where the column is simple: "

const splitType = "add a column of the new type, write both, move over, and drop the old one when the old version is gone" +
	"\n-- expand:\nALTER TABLE {table} ADD COLUMN {column}_new {type};\n-- and a trigger that copies {column} to {column}_new and back\n" +
	"-- backfill, in batches:\nUPDATE {table} SET {column}_new = {column} WHERE {column}_new IS NULL;\n" +
	"-- teal:contract\n-- (a file of its own)\nDROP TRIGGER … ON {table};\nDROP FUNCTION …;\nALTER TABLE {table} DROP COLUMN {column};"

// typeChange sorts an ALTER COLUMN … TYPE: "using", "collation", "timestamptz", "widen" or "rewrite".
func typeChange(s *Subject) string {
	c := s.Command
	known := s.World.column(s.Name, c.Name)
	switch {
	case c.Using:
		return "using"
	case known == nil || !known.known:
		return "rewrite"
	case known.typ.Name == "timestamp" && c.Type.Name == "timestamptz" && !c.Type.Array:
		return "timestamptz"
	case widens(known.typ, c.Type) && c.Collation:
		return "collation"
	case widens(known.typ, c.Type):
		return "widen"
	}
	return "rewrite"
}

// zoned says whether a statement before in the file sets the session's time zone.
func zoned(s *Subject) bool {
	for i := 0; i < s.Index; i++ {
		if b := &s.File[i]; b.Kind == statement.Set && strings.EqualFold(b.Detail, "timezone") {
			return true
		}
	}
	return false
}

func changes(kind string) func(*Subject) bool {
	return func(s *Subject) bool { return typeChange(s) == kind }
}
