package policies

import (
	"slices"

	"teal.dev/teal/migrate/statement"
)

// What the world does not unlearn, it goes on to trust: a key that went with its column would still refuse duplicates.

// forget takes in that a relation is gone, and what goes with it: its indexes, its partitions, the views that read it, the
// foreign keys that refer to it. (Without CASCADE the server refuses where there are such.)
func (w *World) forget(n statement.Name) {
	n = fold(n)
	delete(w.invalid, n)
	r := w.relations[n]
	if r == nil {
		return
	}
	for _, p := range append([]statement.Name{r.parent}, r.inherits...) {
		if p.Name != "" {
			w.disown(p, n)
		}
	}
	if t := w.relations[fold(r.table)]; t != nil && r.table.Name != "" {
		t.indexes = slices.DeleteFunc(slices.Clone(t.indexes), func(i statement.Name) bool { return i == n })
	}
	for _, i := range r.indexes {
		delete(w.relations, i)
	}
	for _, child := range r.children {
		w.forget(child)
	}
	delete(w.relations, n)
	if r.kind == statement.CreateIndex {
		return
	}
	for name, other := range w.relations {
		if !w.path && !w.unsure && slices.ContainsFunc(other.uses, func(u statement.Name) bool { return fold(u) == n }) {
			w.forget(name)
			continue
		}
		for constraint, c := range other.constraints {
			if c.Kind == statement.ForeignKey && fold(c.References) == n {
				delete(other.constraints, constraint)
			}
		}
	}
}

// forgetSchema takes in that a schema is gone with all that is in it.
func (w *World) forgetSchema(name string) {
	home := fold(statement.Name{Schema: name}).Schema
	for n := range w.relations {
		if n.Schema == home {
			w.forget(n)
		}
	}
	for n := range w.types {
		if n.Schema == home {
			delete(w.types, n)
		}
	}
	for n := range w.functions {
		if n.Schema == home {
			delete(w.functions, n)
		}
	}
	delete(w.schemas, name)
}

// loseColumn takes in that a column is gone, and with it every index and constraint that names it.
func (w *World) loseColumn(table statement.Name, column string, cascade bool) {
	r := w.relation(table)
	for name, k := range r.constraints {
		if has(k.Columns, column) || has(k.Reads, column) || has(k.NotNulls, column) {
			w.loseConstraint(table, name, true)
		}
	}
	w.cutReferences(table, func(to []string) bool { return has(to, column) })
	delete(r.columns, column)
	for _, n := range r.indexes {
		if i := w.relations[n]; i != nil && (has(i.keys, column) || has(i.reads, column) || has(i.whole, column)) {
			w.forget(n)
		}
	}
	if !cascade {
		return // what else depends on it made the server refuse
	}
	sure, _ := w.viewsOf(table, column)
	for _, name := range sure {
		w.forget(knownName(name))
	}
	for name, c := range r.columns {
		if c.generated { // perhaps from the column that is gone
			w.loseColumn(table, name, false)
		}
	}
}

// loseConstraint takes in that a constraint is gone, and with a key, by CASCADE, the foreign keys that refer to it.
func (w *World) loseConstraint(table statement.Name, name string, cascade bool) {
	r := w.relation(table)
	if k := r.constraints[name]; k != nil && key(k) && cascade {
		w.cutReferences(table, func(to []string) bool { return sameSet(to, k.Columns) })
	}
	delete(r.constraints, name)
}

// cutReferences takes away the foreign keys that refer to some columns of a table.
func (w *World) cutReferences(table statement.Name, gone func(to []string) bool) {
	w.eachReference(table, func(r *relation, name string, k *statement.Constraint, to []string) {
		if gone(to) {
			delete(r.constraints, name)
		}
	})
}

// eachReference visits the foreign keys that refer to a table, with the columns that they refer to.
func (w *World) eachReference(table statement.Name, visit func(r *relation, name string, k *statement.Constraint, to []string)) {
	var primary []string
	if r := w.relations[fold(table)]; r != nil {
		for _, c := range r.constraints {
			if c.Kind == statement.PrimaryKey {
				primary = c.Columns
			}
		}
	}
	for _, r := range w.relations {
		for name, k := range r.constraints {
			if k.Kind != statement.ForeignKey || fold(k.References) != fold(table) {
				continue
			}
			to := k.RefersTo
			if len(to) == 0 {
				to = primary
			}
			visit(r, name, k, to)
		}
	}
}

// renameColumn takes in a column's new name, wherever the old one is remembered.
func (w *World) renameColumn(table statement.Name, from, to string) {
	r := w.relation(table)
	if col := r.columns[from]; col != nil {
		delete(r.columns, from)
		r.columns[to] = col
	}
	if have := w.known[fold(table)]; have != nil {
		have[to] = true // that there is one of the old name too is the stricter belief
	}
	for name, k := range r.constraints {
		r.constraints[name] = respelt(k, from, to)
	}
	w.eachReference(table, func(r *relation, name string, k *statement.Constraint, columns []string) {
		if has(columns, from) {
			other := *k // its text says the old name
			other.RefersTo, other.SQL = swapped(k.RefersTo, from, to), ""
			r.constraints[name] = &other
		}
	})
	for _, n := range r.indexes {
		if i := w.relations[n]; i != nil {
			i.keys, i.reads, i.whole = swapped(i.keys, from, to), swapped(i.reads, from, to), swapped(i.whole, from, to)
		}
	}
	for _, v := range w.relations {
		switch {
		case !has(v.reads, from) || !slices.ContainsFunc(v.uses, func(u statement.Name) bool { return fold(u) == fold(table) }):
		case len(v.uses) == 1 && v.simple:
			v.reads = swapped(v.reads, from, to)
		default: // the name may be another relation's
			v.reads = append(slices.Clone(v.reads), to)
		}
	}
}

// respelt is a constraint with another name for a column. Partitions may share it, so it is a new one; its text, which says
// the old name, is not known any more.
func respelt(k *statement.Constraint, from, to string) *statement.Constraint {
	if !has(k.Columns, from) && !has(k.Reads, from) && !has(k.NotNulls, from) {
		return k
	}
	out := *k
	out.Columns, out.Reads, out.NotNulls, out.SQL = swapped(k.Columns, from, to), swapped(k.Reads, from, to), swapped(k.NotNulls, from, to), ""
	if k.NotNullColumn == from {
		out.NotNullColumn = to
	}
	return &out
}

// unspell takes in that the text of the constraints on a column says something else now, or says it no longer.
func (r *relation) unspell(column string) {
	for name, k := range r.constraints {
		r.constraints[name] = respelt(k, column, column)
	}
}

func swapped(list []string, from, to string) []string {
	out := slices.Clone(list)
	for i := range out {
		if out[i] == from {
			out[i] = to
		}
	}
	return out
}
