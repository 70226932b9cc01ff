package policies

import (
	"regexp"
	"slices"
	"strings"

	"teal.dev/teal/migrate/statement"
)

// unindexed says that a type has no order, or whatever an index needs of it, by default.
func (w *World) unindexed(s *Subject) string {
	switch {
	case s.Kind == statement.CreateIndex:
		return w.noClass(s.Table, s.Method, s.Classless, nil)
	case s.Kind == statement.CreateTable:
		for i := range s.Constraints {
			if k := &s.Constraints[i]; key(k) && k.UsingIndex == "" {
				if why := w.noClass(s.Name, "btree", k.Columns, s.Definition); why != "" {
					return why
				}
			}
		}
	case s.Command != nil && s.Command.Kind == statement.AddConstraint && s.Command.Constraint != nil && alone(s):
		if k := s.Command.Constraint; key(k) && k.UsingIndex == "" {
			return w.noClass(s.Name, "btree", k.Columns, nil)
		}
	case s.Command != nil && s.Command.Kind == statement.AddColumn && s.Command.Column != nil && !s.Command.IfNotExists:
		if c := s.Command.Column; c.Has(statement.UniqueKey) || c.Has(statement.PrimaryKey) {
			return w.noClass(s.Name, "btree", []string{c.Name}, []statement.Column{*c})
		}
	}
	return ""
}

// noClass says which of some columns, of a definition or of a table that is known, has a type that an index of a method does not take.
func (w *World) noClass(table statement.Name, method string, columns []string, defined []statement.Column) string {
	for _, name := range columns {
		var t statement.Type
		if i := slices.IndexFunc(defined, func(c statement.Column) bool { return c.Name == name }); i >= 0 {
			t = defined[i].Type
		} else if c := w.column(table, name); defined == nil && w.certain(table) && c != nil && c.known && !c.doubted {
			t = c.typ
		}
		if t.Array || userDefined(t) || !has(classlessTypes(method), t.Name) {
			continue
		}
		if method == "" {
			method = "btree"
		}
		why := name + " is " + t.Name + ", for which " + method + " has no default operator class (42704)"
		if t.Name == "json" {
			why += "; jsonb has one, and an expression such as (" + quote(name) + " ->> 'key') is text"
		}
		return why
	}
	return ""
}

// classlessTypes are types of PostgreSQL that a method has no default operator class for, nor an extension that comes with it.
func classlessTypes(method string) []string {
	switch method {
	case "", "btree":
		return []string{"json", "xml", "point", "box", "polygon", "circle", "lseg", "path", "line", "xid", "cid", "jsonpath", "pg_snapshot", "txid_snapshot", "refcursor", "aclitem"}
	case "hash":
		return []string{"json", "xml", "point", "box", "polygon", "circle", "lseg", "path", "line", "jsonpath", "pg_snapshot", "txid_snapshot", "refcursor"}
	case "gin":
		return []string{"json", "xml", "point", "box", "polygon", "circle", "lseg", "path", "line", "jsonpath"}
	case "gist":
		return []string{"json", "jsonb", "xml", "jsonpath"}
	}
	return nil
}

// unborn says that a statement uses a value of an enum that its own file adds: it is one only after the commit.
func (w *World) unborn(s *Subject) string {
	for i := range s.File[:min(s.Index, len(s.File))] {
		add := &s.File[i]
		if add.Kind != statement.AddEnumValue || !w.certain(add.Name) {
			continue
		}
		// From 17 on, an enum that the file itself makes may be used at once.
		own := slices.ContainsFunc(s.File[:i], func(o statement.Statement) bool {
			return o.Kind == statement.CreateEnum && fold(o.Name) == fold(add.Name)
		})
		had := add.IfNotExists && !w.sighted // it may have been there
		if u := w.types[fold(add.Name)]; u == nil || own && (w.server == 0 || !w.older(17)) || had || add.IfNotExists && twice(u.labels, add.Detail) {
			continue
		}
		if w.usesValue(s, fold(add.Name), "'"+strings.ReplaceAll(add.Detail, "'", "''")+"'") {
			return "'" + add.Detail + "' of " + add.Name.String() + " is added in this file, and can be used only after the commit (55P04): give the statement a file of its own, with the next number"
		}
	}
	return ""
}

// twice says whether a list has a word more than once.
func twice(list []string, word string) bool {
	return slices.Contains(list, word) && slices.Contains(list[slices.Index(list, word)+1:], word)
}

// usesValue says whether a statement surely takes a literal for a value of a type.
func (w *World) usesValue(s *Subject, typ statement.Name, literal string) bool {
	is := func(t statement.Type) bool {
		return !t.Array && fold(statement.Name{Schema: t.Schema, Name: t.Name}) == typ
	}
	switch {
	case s.Kind == statement.CreateFunction, s.Kind == statement.CommentOn, s.Opaque():
		return false // it is only text as yet
	case s.Command != nil && s.Command.Column != nil:
		return is(s.Command.Column.Type) && gives(s.Command.Column.Default, literal)
	case s.Command != nil && s.Command.Kind == statement.SetDefault:
		c := w.column(s.Name, s.Command.Name)
		return c != nil && c.known && is(c.typ) && gives(s.Command.Default, literal)
	case s.Kind == statement.CreateTable:
		return slices.ContainsFunc(s.Definition, func(c statement.Column) bool { return is(c.Type) && gives(c.Default, literal) })
	case s.Kind == statement.Insert:
		return w.inserts(s, is, literal)
	case s.Kind == statement.Update, s.Kind == statement.Delete, s.Kind == statement.CreateIndex, s.Kind == statement.Select, s.Kind == statement.CreateView:
		return w.compares(s, is, literal)
	}
	return false
}

func gives(d *statement.Default, literal string) bool {
	return d != nil && d.Literal == literal
}

// compares says whether a text sets a column of the type to the literal or compares the two, and no other table of the statement has a
// column of that name.
func (w *World) compares(s *Subject, is func(statement.Type) bool, literal string) bool {
	types := map[string][]statement.Type{}
	for _, n := range s.Relations() {
		if s.Kind == statement.CreateView && fold(n) == fold(s.Name) {
			continue
		}
		r := w.relations[fold(n)]
		if r == nil || r.kind != statement.CreateTable || r.doubted || !w.certain(n) {
			return false
		}
		for name, c := range r.columns {
			if !c.known {
				return false
			}
			types[name] = append(types[name], c.typ)
		}
	}
	for name, list := range types {
		if !slices.ContainsFunc(list, func(t statement.Type) bool { return !is(t) }) &&
			regexp.MustCompile(`(^|[\s(,.])"?`+regexp.QuoteMeta(name)+`"?\s*(=|<>|!=)\s*`+regexp.QuoteMeta(literal)+`($|[\s),;])`).MatchString(s.SQL) {
			return true
		}
	}
	return false
}

// inserts says whether the literal can only be meant for a column of the type: no other that the INSERT lists takes a text.
func (w *World) inserts(s *Subject, is func(statement.Type) bool, literal string) bool {
	r := w.relations[fold(s.Name)]
	if r == nil || r.doubted || !w.certain(s.Name) || len(s.Columns) == 0 || len(s.Relations()) > 1 || !strings.Contains(s.SQL, literal) {
		return false
	}
	found := false
	for _, name := range s.Columns {
		c := r.columns[name]
		if c == nil || !c.known || !is(c.typ) && !has([]string{"int2", "int4", "int8", "numeric", "float4", "float8", "bool", "uuid", "date", "timestamp", "timestamptz"}, c.typ.Name) {
			return false
		}
		found = found || is(c.typ)
	}
	return found && regexp.MustCompile(`(?is)\bVALUES\s*\([^()]*`+regexp.QuoteMeta(literal)+`[^()]*\)\s*$`).MatchString(s.SQL)
}

// addedBare says whether the file at hand adds the column of a command without a value to a table that was there before, and gives the
// rows none until then.
func addedBare(s *Subject) bool {
	bare := false
	for i := 0; i <= s.Index && i < len(s.File); i++ {
		other := &s.File[i]
		switch {
		case other.Kind != statement.AlterTable:
			bare = bare && !other.IsData() && !other.Opaque() && other.Kind != statement.Do && other.Kind != statement.Call && other.Kind != statement.Select
			continue
		case fold(other.Name) != fold(s.Name):
			continue
		}
		for k := range other.Commands {
			if c := &other.Commands[k]; c.Kind == statement.AddColumn && c.Name == s.Command.Name && c.Column != nil && !c.IfNotExists {
				bare = !fillsRows(c.Column) && !s.World.NewRelation(s.Name) && !userDefined(c.Column.Type)
			} else if c.Kind == statement.AlterColumnType && c.Name == s.Command.Name {
				bare = false
			}
		}
	}
	return bare
}
