package policies

import (
	"slices"

	"teal.dev/teal/migrate/statement"
)

// userDefined says whether a type is none of PostgreSQL's own, nor of the common extensions.
func userDefined(t statement.Type) bool {
	if t.Schema != "" {
		return true
	}
	switch t.Name {
	case "bool", "int2", "int4", "int8", "float4", "float8", "numeric", "text", "varchar", "bpchar", "char", "name", "bytea", "bit", "varbit",
		"date", "time", "timetz", "timestamp", "timestamptz", "interval", "uuid", "json", "jsonb", "jsonpath", "xml", "inet", "cidr",
		"macaddr", "macaddr8", "money", "point", "line", "lseg", "box", "path", "polygon", "circle", "tsvector", "tsquery", "oid",
		"regclass", "regtype", "regproc", "xid", "xid8", "pg_lsn", "int4range", "int8range", "numrange", "tsrange", "tstzrange", "daterange",
		"int4multirange", "int8multirange", "nummultirange", "tsmultirange", "tstzmultirange", "datemultirange",
		"serial", "bigserial", "smallserial", "serial2", "serial4", "serial8",
		"citext", "hstore", "ltree", "geometry", "geography", "vector", "cube":
		return false
	}
	return true
}

// harmlessType says whether a column's type is known and brings neither a constraint nor a volatile default with it.
func (w *World) harmlessType(c *statement.Column) bool {
	u := w.types[fold(typeName(c))]
	return u != nil && !u.rewrites(c)
}

// rewrites says whether adding a column of the type computes a value for every row, or proves one.
func (u *userType) rewrites(c *statement.Column) bool {
	return u.domain && (u.constrained || u.volatile && c.Default == nil) && !c.Type.Array
}

// inheritDomain gives a domain what its base type demands, if that is a domain too. A base that nobody has seen may demand
// anything.
func (w *World) inheritDomain(u *userType) {
	if !userDefined(u.base) || u.base.Array {
		return
	}
	base := w.types[fold(statement.Name{Schema: u.base.Schema, Name: u.base.Name})]
	if base == nil {
		u.constrained, u.refusesNull, u.volatile, u.reaches = true, true, true, true
		return
	}
	u.reaches = base.reaches
	u.constrained, u.refusesNull, u.hasDefault, u.volatile = base.constrained, base.refusesNull, base.hasDefault, base.volatile
}

// learnDomain takes in a constraint or the default of a domain.
func (u *userType) learnDomain(constraints []statement.Constraint, d *statement.Default) {
	for _, k := range constraints {
		u.constrained, u.reaches = true, u.reaches || len(k.Calls) > 0
		u.refusesNull = u.refusesNull || k.Kind == statement.NotNull || k.Kind == statement.Check && !k.NullPasses
	}
	if d != nil {
		u.reaches = u.reaches || len(d.Calls)+len(d.Draws) > 0
		u.hasDefault, u.volatile = !d.Null, d.Volatility == statement.Volatile
	}
}

// widens says whether changing a column from one type to the other only edits the catalogue. (Read from the server, 15.18, by
// the file of the table. Of arrays nothing but the same type does.)
func widens(from, to statement.Type) bool {
	from, to = canonical(from), canonical(to)
	if same := from.String() == to.String(); same || from.Array || to.Array || from.Schema != "" || to.Schema != "" {
		return same
	}
	free := len(to.Mods) == 0 && to.Other == ""
	text := func(t statement.Type) bool { return t.Name == "text" || t.Name == "varchar" && len(t.Mods) == 0 }
	switch {
	case text(to):
		return text(from) || from.Name == "varchar"
	case from.Name == "cidr" && to.Name == "inet", from.Name == "bit" && to.Name == "varbit":
		return free
	case from.Name != to.Name:
		return false
	}
	switch from.Name {
	case "varchar", "varbit":
		return free || len(from.Mods) == 1 && to.Mods[0] >= from.Mods[0]
	case "numeric":
		return free || len(from.Mods) == 2 && to.Mods[0] >= from.Mods[0] && to.Mods[1] == from.Mods[1]
	case "timestamp", "timestamptz", "time", "timetz":
		return fraction(to) >= fraction(from)
	case "interval":
		return free || from.Other == "" && to.Other == "" && fraction(to) >= fraction(from)
	}
	return false
}

// finest is how many digits of a second PostgreSQL keeps, at most and without another word.
const finest = 6

// fraction is how many digits of a second a type of time keeps.
func fraction(t statement.Type) int {
	if len(t.Mods) == 0 {
		return finest
	}
	return min(t.Mods[0], finest)
}

// canonical is a type in the way that its other spellings mean: char is char(1), numeric(8) is numeric(8, 0).
func canonical(t statement.Type) statement.Type {
	switch {
	case (t.Name == "bpchar" || t.Name == "bit") && t.Schema == "" && len(t.Mods) == 0 && t.Other == "":
		t.Mods = []int{1}
	case t.Name == "numeric" && t.Schema == "" && len(t.Mods) == 1:
		t.Mods = []int{t.Mods[0], 0}
	case len(t.Mods) == 1 && t.Schema == "" && has([]string{"timestamp", "timestamptz", "time", "timetz", "interval"}, t.Name):
		t.Mods = []int{fraction(t)}
	}
	return t
}

// sameType says whether two types are one.
func sameType(a, b statement.Type) bool { return canonical(a).String() == canonical(b).String() }

// sameValues says whether a type, of those to which another widens, has no more values: timestamp(6) is timestamp.
func sameValues(from, to statement.Type) bool {
	text := func(t statement.Type) bool { return t.Name == "text" || t.Name == "varchar" && len(t.Mods) == 0 }
	return sameType(from, to) || text(from) && text(to) || from.Name == to.Name && from.Other == "" && to.Other == "" &&
		has([]string{"timestamp", "timestamptz", "time", "timetz", "interval"}, from.Name) && fraction(from) == fraction(to)
}

func equalInts(a, b []int) bool { return slices.Equal(a, b) }

// spell is a type as people write it.
func spell(t statement.Type) string {
	if userDefined(t) {
		if t.Name = quote(t.Name); t.Schema != "" {
			t.Schema = quote(t.Schema)
		}
		return t.String()
	}
	switch t.Name {
	case "int2":
		t.Name = "smallint"
	case "int4":
		t.Name = "int"
	case "int8":
		t.Name = "bigint"
	case "bool":
		t.Name = "boolean"
	case "bpchar":
		t.Name = "char"
	case "float4":
		t.Name = "real"
	case "float8":
		t.Name = "double precision"
	}
	return t.String()
}
