package policies

import "teal.dev/teal/migrate/statement"

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
		u.constrained, u.refusesNull, u.volatile = true, true, true
		return
	}
	u.constrained, u.refusesNull, u.hasDefault, u.volatile = base.constrained, base.refusesNull, base.hasDefault, base.volatile
}

// learnDomain takes in a constraint or the default of a domain.
func (u *userType) learnDomain(constraints []statement.Constraint, d *statement.Default) {
	for _, k := range constraints {
		u.constrained = true
		u.refusesNull = u.refusesNull || k.Kind == statement.NotNull || k.Kind == statement.Check && !k.NullPasses
	}
	if d != nil {
		u.hasDefault, u.volatile = !d.Null, d.Volatility == statement.Volatile
	}
}

// widens says whether changing a column from one type to the other only edits the catalogue.
func widens(from, to statement.Type) bool {
	if from.Array != to.Array || from.Schema != "" || to.Schema != "" {
		return false
	}
	text := func(t statement.Type) bool { return t.Name == "text" || t.Name == "varchar" && len(t.Mods) == 0 }
	switch {
	case text(to):
		return text(from) || from.Name == "varchar"
	case from.Name == "varchar" && to.Name == "varchar":
		return len(from.Mods) == 1 && to.Mods[0] >= from.Mods[0]
	case from.Name == "numeric" && to.Name == "numeric":
		return len(to.Mods) == 0 || len(from.Mods) == 2 && len(to.Mods) == 2 && to.Mods[0] >= from.Mods[0] && to.Mods[1] == from.Mods[1]
	case from.Name == "varbit" && to.Name == "varbit":
		return len(to.Mods) == 0
	}
	return from.Name == to.Name && equalInts(from.Mods, to.Mods)
}

func equalInts(a, b []int) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if a[i] != b[i] {
			return false
		}
	}
	return true
}

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
