package policies

import (
	"slices"

	"teal.dev/teal/migrate/statement"
)

// burdened says whether something that was there before hangs on what this release makes, so that who changes or drops the
// one does so to the other: a partition or an heir, the partition's own index below an index of the parent, a sequence.
func (w *World) burdened(n statement.Name) bool {
	r := w.relations[fold(n)]
	if r == nil {
		return false
	}
	return len(r.sequences) > 0 || w.oldBelow(n) || r.table.Name != "" && w.oldBelow(r.table)
}

// oldBelow says whether a partition or an heir of a table, or one of theirs, was there before.
func (w *World) oldBelow(n statement.Name) bool {
	return slices.ContainsFunc(w.descendants(n), func(child statement.Name) bool { return !w.made(child) })
}

// behind are the tables whose rows a view shows, by way of other views too; none where it is no view that we know.
func (w *World) behind(view statement.Name) []statement.Name {
	var out []statement.Name
	seen := []statement.Name{fold(view)}
	for i := 0; i < len(seen); i++ {
		r := w.relations[seen[i]]
		if r == nil || r.kind != statement.CreateView {
			if i > 0 {
				out = append(out, seen[i])
			}
			continue
		}
		for _, used := range r.uses {
			if u := fold(used); !slices.Contains(seen, u) {
				seen = append(seen, u)
			}
		}
	}
	return out
}

// passesOn says whether a view shows a table that was there before: what is done to the rows of the one is done to the other's.
func (w *World) passesOn(view statement.Name) bool {
	return slices.ContainsFunc(w.behind(view), func(n statement.Name) bool { return !w.NewRelation(n) })
}

// lockBehind adds the locks on the tables behind a view whose rows are changed, and says which they are. Where rules or triggers
// of the view stand in for the change, only running it shows what is changed.
func lockBehind(s *Subject, f *Finding) {
	for _, n := range s.World.behind(s.Name) {
		if !s.World.NewRelation(n) {
			f.lock(RowExclusive, n.String())
			f.Why += "; through " + s.Name.String() + " they are those of " + n.String()
			f.Table = n.String()
		}
	}
}

// callsOut says whether a default may change something that was there before: it calls a function of which we do not know what
// it does, or draws from a sequence that this release does not make.
func (w *World) callsOut(d *statement.Default) bool {
	return d != nil && (len(d.Calls) > 0 || slices.ContainsFunc(d.Draws, func(n statement.Name) bool { return !w.NewRelation(n) }))
}

// reachingType says whether a column of the type may do so by the type alone: by the default or the check of a domain.
func (w *World) reachingType(t statement.Type) bool {
	u := w.types[fold(statement.Name{Schema: t.Schema, Name: t.Name})]
	return u != nil && u.domain && u.reaches
}

// writesReach says whether rows that are put into a relation may change something beside it, by defaults and checks of its own, of
// its partitions and heirs, of the tables behind a view, and of those that it is made like.
func (w *World) writesReach(n statement.Name) bool {
	seen := []statement.Name{fold(n)}
	for i := 0; i < len(seen); i++ {
		r := w.relations[seen[i]]
		if r == nil {
			continue
		}
		if r.reaches(i > 0 && !w.NewRelation(seen[i])) {
			return true
		}
		for _, next := range slices.Concat(r.likes, r.children, w.behind(seen[i])) {
			if f := fold(next); !slices.Contains(seen, f) {
				seen = append(seen, f)
			}
		}
	}
	return false
}

// reaches says so of one table; of one that another is made like, whose default may come along, also where it draws from its own
// sequence.
func (r *relation) reaches(like bool) bool {
	for _, c := range r.columns {
		if c.reaches || like && c.hasDef && c.def == nil && !c.identity {
			return true
		}
	}
	for _, c := range r.constraints {
		if len(c.Calls) > 0 {
			return true
		}
	}
	return false
}

// runsNothing says whether a command calls no function of which we do not know what it does, or none yet: for there is no row, or
// it is a default of rows to come.
func (w *World) runsNothing(s *Subject) bool {
	c := s.Command
	switch {
	case len(c.Calls) == 0, c.Kind == statement.SetDefault:
		return true
	case c.Column != nil && c.Column.Default != nil && len(c.Column.Default.Calls)+len(c.Column.Default.Draws) == len(c.Calls) && !w.callsOut(c.Column.Default):
		return true
	}
	return !slices.ContainsFunc(append(w.descendants(s.Name), s.Name), w.filled)
}

// emptiesOld says whether a CASCADE from relations reaches tables that were there before by foreign keys: TRUNCATE empties them,
// DROP locks them and takes the keys.
func (w *World) emptiesOld(names []statement.Name) bool {
	seen := slices.Clone(names)
	for i := 0; i < len(seen); i++ {
		old := false
		w.eachReference(seen[i], func(ref reference) {
			old = old || !w.NewRelation(ref.owner)
			if !slices.ContainsFunc(seen, func(n statement.Name) bool { return fold(n) == ref.owner }) {
				seen = append(seen, ref.owner)
			}
		})
		if old {
			return true
		}
		for _, child := range w.descendants(seen[i]) {
			if !slices.ContainsFunc(seen, func(n statement.Name) bool { return fold(n) == fold(child) }) {
				seen = append(seen, child)
			}
		}
	}
	return false
}
