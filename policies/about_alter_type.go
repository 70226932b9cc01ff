package policies

import (
	"strings"

	"teal.dev/teal/migrate/statement"
)

// byFix begins the advice about a split that --fix may write.
const byFix = "teal check --fix writes this where the column is simple: "

const splitType = "add a column of the new type, write both, move over, and drop the old one when the old version is gone" +
	"\n-- expand:\nALTER TABLE {table} ADD COLUMN {column}_new {type};\n-- and a trigger that copies {column} to {column}_new and back\n" +
	"-- backfill, in batches:\nUPDATE {table} SET {column}_new = {using} WHERE {column}_new IS NULL;\n" +
	"-- teal:contract\n-- (a file of its own)\nDROP TRIGGER … ON {table};\nDROP FUNCTION …;\nALTER TABLE {table} DROP COLUMN {column};"

// typeChange sorts an ALTER COLUMN … TYPE: "using", "collation", "timestamptz", "widen" or "rewrite".
func typeChange(s *Subject) string {
	c := s.Command
	known := s.World.column(s.Name, c.Name)
	switch {
	case c.Using && !c.UsingItself: // the column, cast to the new type or not, is what it would be without USING
		return "using"
	case !typed(known):
		return map[bool]string{true: "using", false: "rewrite"}[c.Using]
	case zoneless(known.typ, c.Type):
		return "timestamptz"
	case foldsCase(known.typ, c.Type):
		return "collation"
	case widens(known.typ, c.Type) && (c.Collation || known.collated): // without COLLATE it goes back to the type's own
		return "collation"
	case widens(known.typ, c.Type):
		return "widen"
	}
	return map[bool]string{true: "using", false: "rewrite"}[c.Using]
}

// foldsCase says whether a text becomes one that takes upper and lower case for the same, or is none any more: citext is stored as
// text is.
func foldsCase(from, to statement.Type) bool {
	text := func(t statement.Type) bool {
		return t.Schema == "" && !t.Array && (t.Name == "text" || t.Name == "varchar")
	}
	citext := func(t statement.Type) bool { return t.Name == "citext" && !t.Array }
	return text(from) && citext(to) || citext(from) && text(to) && len(to.Mods) == 0
}

// zoneless says whether a time gets a zone, or loses it, and nothing else: in UTC the bytes are the same.
func zoneless(from, to statement.Type) bool {
	return from.Name != to.Name && !from.Array && !to.Array && fraction(to) == finest &&
		(from.Name == "timestamp" || from.Name == "timestamptz") && (to.Name == "timestamp" || to.Name == "timestamptz")
}

// typed says whether the type of a column is known, or at least what it would be.
func typed(c *column) bool { return c != nil && (c.known || c.doubted) }

// assumed says that a rewrite is only assumed, because nothing told the old type; "" where something did.
func assumed(s *Subject) string {
	switch {
	case typed(s.World.column(s.Name, s.Command.Name)):
		return ""
	case s.World.sighted:
		return "; teal does not know the old type, and assumes a rewrite"
	}
	return "; the old type is not in the migrations, so teal assumes a rewrite (teal check --against reads it from a database)"
}

// lockReferring adds the locks on the tables that a foreign key ties to the column: the key is made anew.
func lockReferring(s *Subject, f *Finding) {
	r := s.World.relations[fold(s.Name)]
	if r == nil {
		return
	}
	for _, parent := range r.references(s.Command.Name) {
		f.lock(AccessExclusive, parent)
	}
	var primary []string
	for _, c := range r.constraints {
		if c.Kind == statement.PrimaryKey {
			primary = c.Columns
		}
	}
	for name, other := range s.World.relations {
		for _, c := range other.constraints {
			to := c.RefersTo
			if len(to) == 0 {
				to = primary
			}
			if c.Kind == statement.ForeignKey && fold(c.References) == fold(s.Name) && has(to, s.Command.Name) && !s.World.NewRelation(name) {
				f.lock(AccessExclusive, name.String())
			}
		}
	}
}

// zoned says whether a statement before in the file sets the session's time zone.
func zoned(s *Subject) bool {
	for i := 0; i < s.Index; i++ {
		if b := &s.File[i]; b.Kind == statement.Set && strings.EqualFold(b.Detail, "timezone") || has(b.Calls, "set_config") || has(b.Calls, "pg_catalog.set_config") {
			return true
		}
	}
	return false
}

func changes(kind string) func(*Subject) bool {
	return func(s *Subject) bool { return typeChange(s) == kind }
}
