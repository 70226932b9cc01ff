package policies

import (
	"maps"
	"slices"
	"strings"

	"teal.dev/teal/migrate/statement"
)

// holder is an object whose definition names columns of tables, so that the server refuses to change or to drop them without
// it: a view, a rule, a trigger, a row security policy, a function with an SQL body, a publication.
type holder struct {
	what     string
	name     statement.Name
	on       statement.Name // the table of a rule, a trigger or a policy
	function statement.Name // that a trigger calls
	calls    []string
	uses     []statement.Name
	named    []statement.Named // for certain
	reads    []string          // perhaps
	star     bool              // perhaps all
	unsure   bool              // it may be gone, or be another
}

type holderKey struct {
	what     string
	on, name statement.Name
}

func (h *holder) key() holderKey { return holderKey{h.what, fold(h.on), fold(h.name)} }

// String is the object as the server names it.
func (h *holder) String() string {
	if h.on.Name != "" {
		return h.what + " " + h.name.String() + " of " + fold(h.on).String()
	}
	return h.what + " " + fold(h.name).String()
}

// learnHolder takes in what an object names when it is made, and what is gone.
func (w *World) learnHolder(s *statement.Statement) {
	h := &holder{name: s.Name, uses: s.Relations(), named: s.Named, reads: s.Reads, star: s.Star, calls: s.Calls, unsure: w.path || w.unsure}
	switch s.Kind {
	case statement.CreateView, statement.CreateMatView:
		if h.what = "view"; s.IfNotExists && w.passed(s) {
			return
		}
		h.unsure = h.unsure || s.IfNotExists && !w.absent(s.Name, "")
	case statement.CreateTrigger:
		h.what, h.on, h.function = "trigger", s.Table, knownName(s.Detail)
	case statement.CreateRule:
		h.what, h.on = "rule", s.Table
	case statement.CreatePolicy:
		h.what, h.on = "policy", s.Table
	case statement.CreateFunction:
		h.what = "function"
	case statement.Publication:
		w.learnPublication(h, s)
		return
	default:
		w.learnHolderChange(s)
		return
	}
	h.uses = slices.DeleteFunc(slices.Clone(h.uses), func(n statement.Name) bool { return fold(n) == fold(h.name) && h.what == "view" })
	w.expandStars(h)
	w.holders[h.key()] = h
}

// learnHolderChange takes in that an object is gone, or has another name.
func (w *World) learnHolderChange(s *statement.Statement) {
	switch s.Kind {
	case statement.DropTrigger:
		delete(w.holders, holderKey{"trigger", fold(s.Table), s.Name})
	case statement.DropRule:
		delete(w.holders, holderKey{"rule", fold(s.Table), s.Name})
	case statement.DropPolicy:
		delete(w.holders, holderKey{"policy", fold(s.Table), s.Name})
	case statement.AlterPolicy: // one of its two conditions may be as it was
		if h := w.holders[holderKey{"policy", fold(s.Table), s.Name}]; h != nil {
			other := *h
			other.reads, other.unsure = append(slices.Clone(h.reads), s.Reads...), true
			for _, n := range s.Named {
				other.reads = append(other.reads, n.Column)
			}
			w.holders[h.key()] = &other
		}
	case statement.DropFunction:
		for _, n := range s.Names {
			delete(w.holders, holderKey{"function", statement.Name{}, fold(n)})
		}
	case statement.RenameTrigger:
		if h := w.holders[holderKey{"trigger", fold(s.Table), s.Name}]; h != nil {
			delete(w.holders, h.key())
			other := *h
			other.name = statement.Name{Name: s.NewName}
			w.holders[other.key()] = &other
		}
	case statement.Do, statement.Call, statement.Opaque, statement.Unparsable, statement.Select: // it may drop anything
		if s.Kind != statement.Select || slices.ContainsFunc(s.Calls, mayDrop) {
			w.blind = true
			w.doubtHolders()
		}
	}
}

// mayDrop says whether a function of which we do not know what it does may drop or make objects.
func mayDrop(call string) bool {
	return !has([]string{"setval", "nextval", "set_config", "pg_notify", "pg_sleep"}, strings.TrimPrefix(call, "pg_catalog."))
}

func (w *World) learnPublication(h *holder, s *statement.Statement) {
	h.what = "publication"
	if len(s.Names) > 0 { // DROP
		for _, n := range s.Names {
			delete(w.holders, holderKey{h.what, statement.Name{}, n})
		}
		return
	}
	have := w.holders[h.key()]
	switch s.Detail {
	case "add":
		if have != nil {
			h.named, h.uses, h.unsure = slices.Concat(have.named, h.named), slices.Concat(have.uses, h.uses), h.unsure || have.unsure
		}
	case "alter":
		if have == nil {
			return
		}
		h.named, h.uses, h.unsure = have.named, have.uses, true
	}
	w.holders[h.key()] = h
}

// expandStars puts the columns of a table in the place of its *, which stands for those that it has now.
func (w *World) expandStars(h *holder) {
	var out []statement.Named
	for _, n := range h.named {
		if n.Column != "*" {
			out = append(out, n)
			continue
		}
		r := w.relations[fold(n.Table)]
		if r == nil || r.kind != statement.CreateTable || r.doubted || len(r.likes) > 0 {
			h.star = true // there may be more
		}
		if r != nil {
			for _, column := range slices.Sorted(maps.Keys(r.columns)) {
				out = append(out, statement.Named{Table: n.Table, Column: column})
			}
		}
	}
	h.named = out
}

// names says whether an object names a column: surely, or perhaps.
func (h *holder) names(table statement.Name, column string) (sure, perhaps bool) {
	for _, n := range h.named {
		if n.Column == column && fold(n.Table) == fold(table) {
			return !h.unsure, h.unsure
		}
	}
	return false, (h.star || has(h.reads, column)) && h.touches(table)
}

// touches says whether the definition names a table; its own counts.
func (h *holder) touches(table statement.Name) bool {
	return h.on.Name != "" && fold(h.on) == fold(table) || slices.ContainsFunc(h.uses, func(u statement.Name) bool { return fold(u) == fold(table) })
}

// holdersOf are the objects that name a column: surely, and perhaps, in no order.
func (w *World) holdersOf(table statement.Name, column string) (sure, perhaps []*holder) {
	for _, h := range w.holders {
		switch certain, maybe := h.names(table, column); {
		case certain:
			sure = append(sure, h)
		case maybe:
			perhaps = append(perhaps, h)
		}
	}
	return sure, perhaps
}

// doubtHolders takes in that objects may be gone, or be others, without a word that we could read.
func (w *World) doubtHolders() {
	for key, h := range w.holders {
		other := *h
		other.unsure = true
		w.holders[key] = &other
	}
}

// loseHolders takes away the objects that are on a table that is gone, or that need it.
func (w *World) loseHolders(table statement.Name) {
	for key, h := range w.holders {
		switch itself := h.what == "view" && key.name == fold(table); {
		case h.what == "publication" && h.touches(table): // it goes on without the table
			other := *h
			other.named = slices.DeleteFunc(slices.Clone(h.named), func(n statement.Named) bool { return fold(n.Table) == fold(table) })
			w.holders[key] = &other
		case itself || h.touches(table):
			delete(w.holders, key)
		}
	}
}

// moveHolders takes in a relation's new name.
func (w *World) moveHolders(from, to statement.Name) {
	for key, h := range w.holders {
		itself := h.what == "view" && key.name == from
		if !itself && !h.touches(from) {
			continue
		}
		other := *h
		if itself {
			other.name = to
		}
		if h.on.Name != "" && fold(h.on) == from {
			other.on = to
		}
		other.uses, other.named = renamed(h.uses, from, to), slices.Clone(h.named)
		for i := range other.named {
			if fold(other.named[i].Table) == from {
				other.named[i].Table = to
			}
		}
		delete(w.holders, key)
		w.holders[other.key()] = &other
	}
}

// renameHeld takes in a column's new name.
func (w *World) renameHeld(table statement.Name, from, to string) {
	for key, h := range w.holders {
		if !h.touches(table) {
			continue
		}
		other := *h
		other.named = slices.Clone(h.named)
		for i := range other.named {
			if n := &other.named[i]; n.Column == from && fold(n.Table) == fold(table) {
				n.Column = to
			}
		}
		if has(h.reads, from) { // or it may be another relation's
			other.reads = append(slices.Clone(h.reads), to)
		}
		w.holders[key] = &other
	}
}
