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
