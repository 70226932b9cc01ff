package policies

import (
	"slices"
	"strings"

	"teal.dev/teal/migrate/statement"
)

// obstacles are what makes the server refuse a statement: surely, and perhaps.
type obstacles struct{ sure, perhaps []string }

func (o *obstacles) add(certain bool, what string) {
	list := &o.perhaps
	if certain {
		list = &o.sure
	}
	if !has(*list, what) {
		*list = append(*list, what)
	}
}

// told puts the obstacles into a finding. What is about to fail is never right as it is written.
func (o *obstacles) told(f *Finding, thing, instead string) {
	slices.Sort(o.sure)
	slices.Sort(o.perhaps)
	switch {
	case len(o.sure) > 0:
		f.raise(Never)
		f.Why = "the server refuses it while others need " + thing + ": " + strings.Join(o.sure, ", ")
		f.Instead = instead
	case len(o.perhaps) > 0:
		f.Why += "; the server refuses it if one of these needs " + thing + ": " + strings.Join(o.perhaps, ", ")
	}
}

const dropFirst = "drop these in statements before, or make them anew without it, once nobody needs them"

// refused says that the server refuses a statement: by a name, or because other objects need what it drops or changes.
func refused(s *Subject, f *Finding) {
	why := s.World.clash(s)
	switch missing := s.World.missing(s); {
	case missing != "" && skips(s):
		idle(s, f, missing)
		return
	case missing != "":
		why = "there is " + missing
	case why == "" && fixable(s):
		why = s.World.fixed(s)
	}
	if why == "" {
		why = s.World.foreseen(s)
	}
	if why != "" {
		f.raise(Never)
		f.Why, f.Instead = "the server refuses it: "+why, ""
		return
	}
	if !s.Cascade && (s.Command == nil || !s.Command.Cascade) {
		o, thing, instead := s.World.needed(s, f)
		o.told(f, thing, instead)
	}
}

func fixable(s *Subject) bool {
	return s.key() == string(statement.DropColumn) || s.key() == string(statement.AlterColumnType)
}

// needed are the objects that need what a statement drops or changes, what that is, and what to do.
func (w *World) needed(s *Subject, f *Finding) (o obstacles, thing, instead string) {
	thing, instead = s.Name.String(), dropFirst
	switch s.key() {
	case string(statement.DropColumn), string(statement.AlterColumnType):
		return w.needColumn(s), s.Command.Name, instead
	case string(statement.AddColumn):
		if fillsRows(s.Command.Column) {
			w.needRow(&o, s.Name, w.certain(s.Name))
		}
		thing, instead = "the rows of "+thing+" as they are", "add it without a value, and set its default in the next statement"
	case string(statement.DropConstraint):
		if k := w.constraint(s.Name, s.Command.Name); k != nil && key(k) {
			thing, o = s.Command.Name, w.needKey(s.Name, k.Columns, s.Command.Name)
		}
	case string(statement.DropIndex):
		if i := w.relations[fold(s.Name)]; i != nil && i.index.unique && i.index.plain && len(s.Names) == 1 {
			o = w.needKey(i.table, i.keys, s.Name.Name)
		}
	case string(statement.DropTable), string(statement.DropView), string(statement.DropMatView):
		o = w.needRelations(s.Names)
	case string(statement.DropFunction):
		o = w.needFunctions(s)
	case string(statement.DropSchema):
		o = w.needSchemas(s.Names)
	case string(statement.DropType):
		o, instead = w.needTypes(s.Names), f.Instead
	}
	return o, thing, instead
}

// fillsRows says whether a new column has a value in the rows that are there.
func fillsRows(c *statement.Column) bool {
	return c != nil && (c.Default != nil && !c.Default.Null || c.Serial() || c.Identity != "" || c.Generated)
}

// fixed says why a column can neither be dropped nor get another type, whatever else is dropped: it is what the table is
// partitioned by, or it is a parent's.
func (w *World) fixed(s *Subject) string {
	column := s.Command.Name
	for _, table := range append([]statement.Name{s.Name}, w.descendants(s.Name)...) {
		r := w.relations[fold(table)]
		if r != nil && !r.doubted && has(r.partitionKey, column) && (!s.Only || fold(table) == fold(s.Name)) && w.certain(table) {
			return table.String() + " is partitioned by " + column
		}
	}
	r := w.relations[fold(s.Name)]
	if r == nil || r.doubted || !w.certain(s.Name) {
		return ""
	}
	if r.parent.Name != "" {
		return s.Name.String() + " is a partition of " + r.parent.String() + ", whose columns it has; change it there"
	}
	for _, p := range r.inherits {
		if parent := w.relations[fold(p)]; parent != nil && parent.columns[column] != nil {
			return s.Name.String() + " inherits " + column + " from " + p.String() + "; change it there"
		}
	}
	if s.Only && len(r.children) > 0 && (r.partitioned || s.Command.Kind == statement.AlterColumnType) {
		return "ONLY leaves out tables that have " + column + " from " + s.Name.String()
	}
	return ""
}

// certain says whether a table's name means what it did in the files before.
func (w *World) certain(table statement.Name) bool {
	return table.Schema != "" || !w.path && !w.unsure
}

// needColumn are the objects that name a column: for a drop also the foreign keys that refer to it, for a change of type the
// columns of the table's row type.
func (w *World) needColumn(s *Subject) obstacles {
	var o obstacles
	table, column, retyped := s.Name, s.Command.Name, s.Command.Kind == statement.AlterColumnType
	certain := w.certain(table) && !(retyped && reordered(s))
	tables := []statement.Name{table}
	if !s.Only {
		tables = append(tables, w.descendants(table)...)
	}
	for i, t := range tables {
		kept := i > 0 && !retyped && !w.partitioned(table) // an heir may have the column by itself
		sure, perhaps := w.holdersOf(t, column)
		for _, h := range sure {
			o.add(certain && !kept, h.String())
		}
		for _, h := range perhaps {
			o.add(false, h.String())
		}
		w.needGenerated(&o, t, column, certain && !kept)
	}
	if retyped {
		w.needRow(&o, table, certain)
		return o
	}
	w.eachReference(table, func(ref reference) {
		if own := ref.of == w.relations[fold(table)] && has(ref.key.Columns, column); has(ref.to, column) && !own {
			o.add(certain && ref.certain(), "constraint "+ref.name+" of "+ref.owner.String())
		}
	})
	return o
}

// certain says whether the foreign key is there: IF NOT EXISTS may have passed over it.
func (ref *reference) certain() bool {
	return !ref.of.doubted && !slices.ContainsFunc(ref.key.Columns, func(name string) bool {
		c := ref.of.columns[name]
		return c != nil && !c.known
	})
}

// beforeDrop is the line of an advice that says what needs a column that is to be dropped in the end.
func (w *World) beforeDrop(s *Subject) string {
	sure, perhaps := w.holdersOf(s.Name, s.Command.Name)
	if len(sure)+len(perhaps) == 0 {
		return ""
	}
	var o obstacles
	for _, h := range append(sure, perhaps...) {
		o.add(true, h.String())
	}
	slices.Sort(o.sure)
	return "\n-- (in statements before: drop, or make anew without it, " + strings.Join(o.sure, ", ") + ")"
}

// reordered says whether another command of the statement may have taken away what stands in the way of this one, or have yet to
// make it: PostgreSQL drops first and adds last.
func reordered(s *Subject) bool {
	for i := range s.Commands {
		switch c := &s.Commands[i]; c.Kind {
		case statement.DropColumn, statement.DropExpression, statement.DropConstraint, statement.AddColumn, statement.AddConstraint:
			if c != s.Command {
				return true
			}
		}
	}
	return false
}

// needGenerated adds the columns that are generated from one.
func (w *World) needGenerated(o *obstacles, table statement.Name, column string, certain bool) {
	r := w.relations[fold(table)]
	if r == nil {
		return
	}
	for name, c := range r.columns {
		if c.generated && has(c.reads, column) && name != column {
			o.add(certain && c.known && !r.doubted, "column "+name+" of "+fold(table).String())
		}
	}
}

// needRow adds the columns of other tables that hold whole rows of a table.
func (w *World) needRow(o *obstacles, table statement.Name, certain bool) {
	if w.types[fold(table)] != nil || !w.typed[table.Name] {
		return
	}
	w.eachOfType(fold(table), func(other statement.Name, r *relation, column string) {
		if r.kind == statement.CreateTable {
			o.add(certain && r.columns[column].known && !r.doubted, "column "+column+" of "+other.String())
		}
	})
}

// needRelations are the objects that use tables or views which are dropped together.
func (w *World) needRelations(names []statement.Name) obstacles {
	var o obstacles
	var gone []statement.Name
	certain := true
	for _, n := range names {
		gone = append(gone, fold(n))
		certain = certain && w.certain(n)
		if w.partitioned(n) { // its partitions go with it
			for _, child := range w.descendants(n) {
				gone = append(gone, fold(child))
			}
		}
	}
	for _, h := range w.holders {
		if h.what == "publication" || h.on.Name != "" && slices.Contains(gone, fold(h.on)) || h.what == "view" && slices.Contains(gone, fold(h.name)) {
			continue
		}
		if slices.ContainsFunc(h.uses, func(u statement.Name) bool { return slices.Contains(gone, fold(u)) && fold(u) != fold(h.on) }) {
			o.add(certain && !h.unsure, h.String())
		}
	}
	for _, n := range gone {
		w.needTable(&o, n, gone, certain)
	}
	return o
}

// needTable adds the tables that refer to a table, have it as a parent or hold rows of its type.
func (w *World) needTable(o *obstacles, n statement.Name, gone []statement.Name, certain bool) {
	w.eachReference(n, func(ref reference) {
		if !slices.Contains(gone, ref.owner) {
			o.add(certain && ref.certain(), "constraint "+ref.name+" of "+ref.owner.String())
		}
	})
	r := w.relations[n]
	if r == nil || r.kind != statement.CreateTable {
		return
	}
	for _, child := range r.children {
		if c := fold(child); !r.partitioned && !slices.Contains(gone, c) {
			o.add(certain && !r.doubted, "table "+c.String())
		}
	}
	var rows obstacles
	w.needRow(&rows, n, certain)
	for _, column := range rows.sure {
		o.add(!slices.ContainsFunc(gone, func(g statement.Name) bool { return strings.HasSuffix(column, " of "+g.String()) }), column)
	}
}

// needKey are the foreign keys that refer to a key. Where there are two on the same columns, they may be the other's.
func (w *World) needKey(table statement.Name, columns []string, name string) obstacles {
	var o obstacles
	alone := w.certain(table)
	for other, have := range w.uniques(table) {
		alone = alone && (other == name || !sameSet(have.columns, columns))
	}
	w.eachReference(table, func(ref reference) {
		if sameSet(ref.to, columns) {
			o.add(alone && ref.certain(), "constraint "+ref.name+" of "+ref.owner.String())
		}
	})
	return o
}

// needFunctions are the objects that call functions which are dropped. Which of several of one name they call is not known,
// but a trigger calls the one without parameters.
func (w *World) needFunctions(s *Subject) obstacles {
	var o obstacles
	for _, n := range s.Names {
		for _, h := range w.holders {
			switch {
			case h.function.Name != "" && fold(h.function) == fold(n):
				if !s.Arguments {
					o.add(w.certain(n) && !h.unsure, h.String())
				}
			case h.what != "function" || fold(h.name) != fold(n):
				if slices.ContainsFunc(h.calls, func(c string) bool { return knownName(c) == fold(n) }) {
					o.add(false, h.String())
				}
			}
		}
	}
	return o
}

// needTypes are the columns and the domains of types that are dropped.
func (w *World) needTypes(names []statement.Name) obstacles {
	var o obstacles
	for _, n := range names {
		w.eachOfType(fold(n), func(table statement.Name, r *relation, column string) {
			if r.kind == statement.CreateTable {
				o.add(w.certain(n) && r.columns[column].known && !r.doubted, "column "+column+" of "+table.String())
			}
		})
		for name, u := range w.types {
			if userDefined(u.base) && fold(statement.Name{Schema: u.base.Schema, Name: u.base.Name}) == fold(n) {
				o.add(w.certain(n), "domain "+name.String())
			}
		}
	}
	return o
}

// needSchemas are the tables, views, sequences and types that are in schemas which are dropped.
func (w *World) needSchemas(names []statement.Name) obstacles {
	var o obstacles
	for _, n := range names {
		home := fold(statement.Name{Schema: n.Name}).Schema
		for name, r := range w.relations {
			if name.Schema == home && r.kind != statement.CreateIndex {
				o.add(r.kind != "" && !r.doubted, name.String())
			}
		}
		for name := range w.types {
			if name.Schema == home {
				o.add(true, "type "+name.String())
			}
		}
	}
	return o
}
