package policies

import (
	"strings"

	"teal.dev/teal/migrate/statement"
)

// longest is how many bytes a value may have in a btree, and perhaps a little more: a third of a page.
const longest = 2704

func createIndexLongValue() Rule {
	return Rule{
		ID: "create-index-long-value", Title: "CREATE INDEX on a value that may be too long for it",
		Reason: "a btree takes no value of more than 2704 bytes (compressed), a third of a page; from now on the running version's insert or update of a longer {columns} fails (54000). " +
			"Other indexes and unique constraints have the same limit",
		Instead: "if longer values may be written, index a part or a hash of it, and let the new version ask for that:\n" +
			"CREATE INDEX CONCURRENTLY … ON {table} (left({columns}, 200));\n" +
			"CREATE INDEX CONCURRENTLY … ON {table} (md5({columns}));\n" +
			"-- or, where only equality is asked for:\n" +
			"CREATE INDEX CONCURRENTLY … ON {table} USING hash ({columns});",
		Compatibility: Depends, Hazards: []Hazard{OldWritesRejected},
		Facts: []Fact{{"PostgreSQL 12+", "2704 bytes; an index that was made before 12 and upgraded with pg_upgrade takes 2712"}},
		On:    on(statement.CreateIndex), Match: func(s *Subject) bool { return !s.Unique && len(longValues(s)) > 0 },
		Refine: func(s *Subject, f *Finding) {
			w := wordsOf(s)
			w.columns = longValues(s)
			f.Why, f.Instead = w.say(createIndexLongValue().Reason), ""
			if len(w.columns) == 1 && !s.Expressions {
				f.Instead = w.sql(createIndexLongValue().Instead)
			}
			f.Mark = w.columns[0]
		},
		Bad:  Example{Before: noteTable, SQL: "CREATE INDEX CONCURRENTLY note_body ON note (body);"},
		Good: Example{Before: noteTable, SQL: "CREATE INDEX CONCURRENTLY note_title ON note (title, left(body, 100));"},
	}
}

// longValues are the columns of a btree whose values may be too long for it, and that no other btree limits already.
func longValues(s *Subject) []string {
	var out []string
	for _, name := range s.Whole {
		c := s.World.column(s.Table, name)
		if (c == nil || !c.known || mayBeLong(c.typ)) && !s.World.limited(s.Table, name) {
			out = append(out, name)
		}
	}
	return out
}

// mayBeLong says whether a value of a type may have more than a third of a page. A character has up to four bytes.
func mayBeLong(t statement.Type) bool {
	if t.Array {
		return true
	}
	switch t.Name {
	case "varchar", "bpchar":
		return len(t.Mods) == 0 && t.Name == "varchar" || len(t.Mods) == 1 && t.Mods[0]*4 > longest
	case "bit", "varbit":
		return len(t.Mods) == 0 && t.Name == "varbit" || len(t.Mods) == 1 && t.Mods[0]/8 > longest
	case "text", "citext", "bytea", "json", "jsonb", "xml", "hstore", "ltree", "tsvector", "tsquery":
		return true
	}
	return t.Schema != "" || strings.HasSuffix(t.Name, "multirange")
}

// limited says whether an index or a constraint that stands keeps values of the column short already.
func (w *World) limited(table statement.Name, column string) bool {
	r := w.relations[fold(table)]
	if r == nil {
		return false
	}
	for _, k := range r.constraints {
		if k.Kind != statement.UniqueKey && k.Kind != statement.PrimaryKey {
			continue
		}
		for _, c := range k.Columns {
			if c == column {
				return true
			}
		}
	}
	for _, name := range r.indexes {
		index := w.relations[name]
		if index == nil || !index.index.plain {
			continue
		}
		for _, c := range index.keys {
			if c == column {
				return true
			}
		}
	}
	return false
}
