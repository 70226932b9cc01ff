package policies

import "teal.dev/teal/migrate/statement"

// ordinary says whether none of the special index rules speaks about a CREATE INDEX.
func ordinary(s *Subject) bool {
	return !s.World.partitioned(s.Table) && len(s.Calls) == 0 && !s.Raises
}

func (w *World) partitioned(n statement.Name) bool {
	r := w.relations[fold(n)]
	return r != nil && r.partitioned
}

func indexOf(unique, concurrently bool) func(*Subject) bool {
	return func(s *Subject) bool {
		return s.Unique == unique && s.Concurrently == concurrently && ordinary(s) && !(concurrently && s.IfNotExists)
	}
}

const concurrentIndex = "\n-- expand, a file of its own:\n{concurrently};"

func maybeUnique(s *Subject) bool {
	for _, n := range s.Names {
		if r := s.World.relations[fold(n)]; (r == nil || r.kind != statement.CreateIndex || r.index.unique) && !s.World.invalid[fold(n)] {
			return true
		}
	}
	return false
}

func refineDropIndex(s *Subject, f *Finding) {
	level := AccessExclusive
	if s.Concurrently {
		level = ShareUpdateExclusive
	}
	for _, n := range s.Names {
		if r := s.World.relations[fold(n)]; r != nil && r.table.Name != "" {
			f.lock(level, r.table.String())
			if f.Table = r.table.String(); s.World.partitioned(r.table) {
				f.Instead = "" // CONCURRENTLY is refused
			}
		} else {
			f.lock(level, n.String())
		}
	}
}

// refineUniqueIndex is what a key that stands already changes about a new unique index.
func refineUniqueIndex(s *Subject, f *Finding) {
	if !s.Expressions && !s.Odd {
		twinsRefused(s, f, s.Table, s.Columns, s.NullsEqual)
	}
	passesOver(s, f)
}
