package policies

import (
	"strconv"
	"strings"

	"teal.dev/teal/migrate/statement"
)

// indexName is the name that PostgreSQL gives to an index that has none: with a number where a relation has the name already. A
// build beside the traffic needs it written out, because teal has to find the index again.
func indexName(s *statement.Statement, taken func(statement.Name) bool) statement.Name {
	for i := 0; ; i++ {
		label := "idx"
		if i > 0 {
			label += strconv.Itoa(i)
		}
		n := statement.Name{Schema: s.Table.Schema, Name: objectName(s.Table.Name, joined(s.IndexColumns), label)}
		if !taken(n) {
			return n
		}
	}
}

// joined puts the names of an index's columns together, up to the one with which they are too long for a name anyway: PostgreSQL
// looks at no more of them.
func joined(columns []string) string {
	out := ""
	for i, c := range columns {
		if i > 0 {
			out += "_"
		}
		if out += c; len(out) > maxName {
			break
		}
	}
	return out
}

// related says whether a relation has a name: a table, a view, an index, also that behind a constraint.
func (w *World) related(n statement.Name) bool {
	return w.relations[fold(n)] != nil || w.known[fold(n)] != nil || w.keyed(n)
}

// keyed says whether an index behind a constraint has a name.
func (w *World) keyed(n statement.Name) bool {
	for table, r := range w.relations {
		if k := r.constraints[n.Name]; k != nil && table.Schema == fold(n).Schema && indexed(k) {
			return true
		}
	}
	return false
}

// indexed says whether there is an index behind a constraint.
func indexed(k *statement.Constraint) bool { return key(k) || k.Kind == statement.Exclude }

// related says whether a table or an index of the album has a name. The World does not know indexes that were made without one.
func (a *album) related(n statement.Name) bool {
	for table, p := range a.tables {
		if table == fold(n) && p.made {
			return true
		}
		if table.Schema != fold(n).Schema {
			continue
		}
		for _, i := range p.indexes {
			if i.Name.Name == n.Name {
				return true
			}
		}
		for k := range p.constraints {
			if c := &p.constraints[k]; c.Name == n.Name && indexed(c) {
				return true
			}
		}
	}
	return false
}

// called is a CREATE INDEX with its name.
func (a *album) called(s *statement.Statement) *statement.Statement {
	if s.Name.Name != "" {
		return s
	}
	named := *s
	named.Name = indexName(s, a.related)
	return &named
}

// indexName is the name for an index of the split that has none.
func (x *fixer) indexName(s *statement.Statement) string {
	n := indexName(s, func(n statement.Name) bool { return x.given[n.Name] || x.world.related(n) || x.album.related(n) })
	x.given[n.Name] = true
	return n.Name
}

// withName writes a name into a CREATE INDEX CONCURRENTLY that has none.
func withName(sql, name string) string {
	at := skipWords(sql, 0, "CREATE")
	if unique := skipWords(sql, at, "UNIQUE"); unique > at {
		at = unique
	}
	end := skipWords(sql, at, "INDEX", "CONCURRENTLY")
	if at == 0 || end == at {
		return sql
	}
	return sql[:end] + " " + quote(name) + " " + strings.TrimLeft(sql[end:], " \t\r\n")
}
