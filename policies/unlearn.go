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
	w.loseHolders(n)
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
			delete(w.holders, holderKey{"function", statement.Name{}, n})
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
	w.loseStatistics(table, column)
	holders, _ := w.holdersOf(table, column)
	for _, h := range holders { // there is none any more, or the server had refused
		delete(w.holders, h.key())
		if h.what == "view" {
			w.forget(h.name)
		}
	}
	if !cascade {
		return
	}
	for name, c := range r.columns {
		if c.generated && has(c.reads, column) {
			w.loseColumn(table, name, false)
		}
	}
}

// loseStatistics takes away the extended statistics on a column: the server drops them with the first of their columns.
func (w *World) loseStatistics(table statement.Name, column string) {
	for name, r := range w.relations {
		if r.kind == statement.CreateStatistics && fold(r.table) == fold(table) && has(r.keys, column) {
			delete(w.relations, name)
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
	w.eachReference(table, func(ref reference) {
		if gone(ref.to) {
			delete(ref.of.constraints, ref.name)
		}
	})
}

// eachReference visits the foreign keys that refer to a table, with the columns that they refer to.
func (w *World) eachReference(table statement.Name, visit func(ref reference)) {
	var primary []string
	if r := w.relations[fold(table)]; r != nil {
		for _, c := range r.constraints {
			if c.Kind == statement.PrimaryKey {
				primary = c.Columns
			}
		}
	}
	for owner, r := range w.relations {
		for name, k := range r.constraints {
			if k.Kind != statement.ForeignKey || fold(k.References) != fold(table) {
				continue
			}
			to := k.RefersTo
			if len(to) == 0 {
				to = primary
			}
			visit(reference{owner, r, name, k, to})
		}
	}
}

// reference is a foreign key: of which relation, under which name, to which columns.
type reference struct {
	owner statement.Name
	of    *relation
	name  string
	key   *statement.Constraint
	to    []string
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
	w.eachReference(table, func(ref reference) {
		if has(ref.to, from) {
			other := *ref.key // its text says the old name
			other.RefersTo, other.SQL = swapped(ref.key.RefersTo, from, to), ""
			ref.of.constraints[ref.name] = &other
		}
	})
	for _, n := range r.indexes {
		if i := w.relations[n]; i != nil {
			i.keys, i.reads, i.whole = swapped(i.keys, from, to), swapped(i.reads, from, to), swapped(i.whole, from, to)
		}
	}
	r.sequences = swapped(r.sequences, from, to)
	r.renameReads(from, to)
	w.renameHeld(table, from, to)
}

// renameReads takes in a column's new name in what the table computes with it.
func (r *relation) renameReads(from, to string) {
	r.partitionKey = swapped(r.partitionKey, from, to)
	for name, c := range r.columns {
		if has(c.reads, from) {
			other := *c // partitions may share it
			other.reads = swapped(c.reads, from, to)
			r.columns[name] = &other
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
