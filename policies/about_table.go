package policies

import "teal.dev/teal/migrate/statement"

// lockDropped adds the locks on each table, on those that its foreign keys refer to, and on the parent and the default
// partition of a partition.
func lockDropped(s *Subject, f *Finding) {
	for _, n := range s.Names {
		f.lock(AccessExclusive, n.String())
		r := s.World.relations[fold(n)]
		if r == nil {
			continue
		}
		f.lock(AccessExclusive, r.parent.String())
		if r.parent.Name != "" {
			lockSpare(s, f, r.parent)
		}
		for _, parent := range r.references("") {
			f.lock(AccessExclusive, parent)
		}
	}
}

// viewFollows says whether a later statement of the same file, so of the same transaction, makes a view of the old name.
func viewFollows(s *Subject) bool {
	for i := s.Index + 1; i < len(s.File); i++ {
		if v := &s.File[i]; v.Kind == statement.CreateView && fold(v.Name) == fold(s.Name) {
			return true
		}
	}
	return false
}
