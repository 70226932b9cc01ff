package policies

import (
	"slices"

	"teal.dev/teal/migrate/statement"
)

// rename takes in a relation's new name or schema. A constraint has the name of its index.
func (w *World) rename(from, to statement.Name) {
	from, to = fold(from), fold(to)
	if r := w.relations[from]; r != nil && r.kind != "" {
		w.move(from, to)
		return
	}
	for n, r := range w.relations {
		if k := r.constraints[from.Name]; k != nil && n.Schema == from.Schema && (key(k) || k.Kind == statement.Exclude) {
			delete(r.constraints, from.Name)
			r.constraints[to.Name] = k
			return
		}
	}
	w.move(from, to)
}

// move gives a relation another name, wherever the old one is remembered.
func (w *World) move(from, to statement.Name) {
	r := w.relations[from]
	if w.known != nil && w.known[from] != nil {
		w.known[to] = w.known[from] // that there is one of the old name too is the stricter belief
	}
	if r == nil {
		return
	}
	delete(w.relations, from)
	w.put(to, r)
	if w.invalid[from] {
		w.invalid[to] = true
	}
	if t := w.relations[fold(r.table)]; t != nil && r.table.Name != "" {
		t.indexes = renamed(t.indexes, from, to)
	}
	for at, n := range r.indexes {
		i := w.relations[n]
		if i == nil {
			continue
		}
		i.table = to
		if home := (statement.Name{Schema: to.Schema, Name: n.Name}); home != n { // an index is in the schema of its table
			delete(w.relations, n)
			w.put(home, i)
			r.indexes[at] = home
		}
	}
	w.moveFamily(r, from, to)
	w.moveHolders(from, to)
	for _, other := range w.relations {
		other.uses, other.likes = renamed(other.uses, from, to), renamed(other.likes, from, to)
		for name, k := range other.constraints {
			if k.Kind == statement.ForeignKey && fold(k.References) == from {
				elsewhere := *k
				elsewhere.References, elsewhere.SQL = to, ""
				other.constraints[name] = &elsewhere
			}
		}
	}
}

// moveFamily tells a table's parents and children its new name.
func (w *World) moveFamily(r *relation, from, to statement.Name) {
	for _, p := range append([]statement.Name{r.parent}, r.inherits...) {
		if parent := w.relations[fold(p)]; parent != nil && p.Name != "" {
			parent.children = renamed(parent.children, from, to)
			if fold(parent.spare) == from {
				parent.spare = to
			}
		}
	}
	for _, child := range r.children {
		if c := w.relations[fold(child)]; c != nil {
			c.inherits = renamed(c.inherits, from, to)
			if fold(c.parent) == from {
				c.parent = to
			}
		}
	}
}

func renamed(names []statement.Name, from, to statement.Name) []statement.Name {
	if !slices.ContainsFunc(names, func(n statement.Name) bool { return fold(n) == from }) {
		return names
	}
	out := slices.Clone(names)
	for i := range out {
		if fold(out[i]) == from {
			out[i] = to
		}
	}
	return out
}
