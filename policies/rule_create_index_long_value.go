package policies

import "teal.dev/teal/migrate/statement"

// longest is how many bytes a btree's row may have: a third of a page.
const longest = 2704

func createIndexLongValue() Rule {
	return Rule{
		ID: "create-index-long-value", Title: "CREATE INDEX on a value that may be too long for it",
		Reason: "a btree takes no row of more than 2704 bytes (compressed), a third of a page; from now on the running version's insert or update of a longer {columns} fails (54000). " +
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

// longValues are the columns of a btree whose values, put together, may be too long for it, where no other btree limits all of
// them already.
func longValues(s *Subject) []string { return s.World.tooLong(s.Table, s.Whole, s.Expressions) }

// tooLong picks from the columns of a btree those that may make its rows too long: the ones without a limit of their own, else
// all that are not of a fixed size. What an index computes may be longer than the column that it is computed from.
func (w *World) tooLong(table statement.Name, columns []string, computed bool) []string {
	long := w.long(table, columns)
	if len(long) > 0 && !computed && w.limited(table, columns) { // asked last: it looks at every index of the table
		return nil
	}
	return long
}

// long is tooLong without a look at what stands.
func (w *World) long(table statement.Name, columns []string) []string {
	var endless, varies []string
	sum := rowHead
	for _, name := range columns {
		width := 0
		if c := w.column(table, name); c != nil && c.known {
			width = w.width(c.typ, 0)
		}
		if sum += (width + 7) / 8 * 8; width == 0 || width > longest {
			endless = append(endless, name)
		} else if width > fixedAtMost {
			varies = append(varies, name)
		}
	}
	if sum > longest && len(endless) == 0 {
		return varies
	}
	return endless
}

const (
	rowHead     = 16 // what an index row has before its values
	valueHead   = 4  // what a value of varying length has before it
	fixedAtMost = 64
)

// width is how many bytes a value of a type may have, at most; 0 where nothing limits it, or nobody knows. A character has up
// to four bytes.
func (w *World) width(t statement.Type, depth int) int {
	if t.Array {
		return 0
	}
	mod := 0
	if len(t.Mods) > 0 {
		mod = t.Mods[0]
	}
	switch t.Name {
	case "varchar":
		return limit(mod, mod*4)
	case "bpchar":
		return max(mod, 1)*4 + valueHead
	case "varbit":
		return limit(mod, mod/8+5)
	case "bit":
		return max(mod, 1)/8 + 5 + valueHead
	case "numeric":
		return limit(mod, mod/2+12)
	}
	if !userDefined(t) {
		return fixed(t.Name)
	}
	switch u := w.types[fold(statement.Name{Schema: t.Schema, Name: t.Name})]; {
	case u == nil || depth > 9:
		return 0
	case u.enum:
		return 4
	case u.domain:
		return w.width(u.base, depth+1)
	}
	return 0
}

func limit(mod, bytes int) int {
	if mod == 0 {
		return 0
	}
	return bytes + valueHead
}

// fixed is the size of a type of PostgreSQL whose values have one, or a small limit; 0 for another.
func fixed(name string) int {
	switch name {
	case "bool", "char", "int2", "int4", "int8", "serial", "bigserial", "smallserial", "serial2", "serial4", "serial8", "float4", "float8", "date",
		"time", "timestamp", "timestamptz", "money", "oid", "regclass", "regtype", "regproc", "xid", "xid8", "pg_lsn", "macaddr", "macaddr8":
		return 8
	case "timetz", "interval", "uuid":
		return 16
	case "inet", "cidr":
		return 24
	case "int4range", "int8range", "daterange", "tsrange", "tstzrange":
		return 32
	case "name":
		return fixedAtMost
	}
	return 0
}

// limited says whether a btree that stands keeps the rows of one on these columns short already: it has all of them, in this
// order, so its own rows are longer.
func (w *World) limited(table statement.Name, columns []string) bool {
	r := w.relations[fold(table)]
	if r == nil || r.partitioned || len(columns) == 0 {
		return false
	}
	for _, k := range r.constraints {
		if key(k) && within(k.Columns, columns) {
			return true
		}
	}
	for _, n := range r.indexes {
		if i := w.relations[n]; i != nil && i.index.plain && !w.invalid[n] && fold(i.table) == fold(table) && within(i.keys, columns) {
			return true
		}
	}
	return false
}

// within says whether columns are among others, in the same order.
func within(all, columns []string) bool {
	for _, c := range all {
		if len(columns) > 0 && columns[0] == c {
			columns = columns[1:]
		}
	}
	return len(columns) == 0
}
