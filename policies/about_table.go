package policies

import (
	"slices"

	"teal.dev/teal/migrate/statement"
)

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

// refersToOld says whether a table that is made refers to one that was there before.
func refersToOld(s *Subject) bool {
	constraints := s.Constraints
	if s.Command != nil {
		constraints = columnConstraints(s.Command)
	}
	if s.World.fresh || s.Kind != statement.CreateTable && !s.World.NewRelation(s.Name) {
		return false
	}
	for _, c := range constraints {
		if c.Kind == statement.ForeignKey && !s.World.NewRelation(c.References) && fold(c.References) != fold(s.Name) && !s.Temporary {
			return true
		}
	}
	return false
}

// lockReferenced adds the lock that dropping a table, or a foreign key, takes on the tables it refers to.
func lockReferenced(w *World, n statement.Name, f *Finding) {
	r := w.relations[fold(n)]
	if r == nil {
		return
	}
	for _, c := range r.constraints {
		if c.Kind == statement.ForeignKey && !w.NewRelation(c.References) {
			f.lock(AccessExclusive, c.References.String())
		}
	}
}

// lockReleased adds the locks on the tables that a foreign key refers to which goes with a column, or is dropped.
func lockReleased(s *Subject, f *Finding) {
	r := s.World.relations[fold(s.Name)]
	if r == nil {
		return
	}
	for name, c := range r.constraints {
		if c.Kind == statement.ForeignKey && !s.World.NewRelation(c.References) && (name == s.Command.Name || s.Command.Kind == statement.DropColumn && has(c.Columns, s.Command.Name)) {
			f.lock(AccessExclusive, c.References.String())
		}
	}
}

// lockCut adds the locks on the tables whose foreign keys a CASCADE takes away with a key, and says so.
func lockCut(s *Subject, f *Finding, table statement.Name, columns []string) {
	var cut []string
	s.World.eachReference(table, func(ref reference) {
		if sameSet(ref.to, columns) {
			f.lock(AccessExclusive, ref.owner.String())
			cut = append(cut, "constraint "+ref.name+" of "+ref.owner.String())
		}
	})
	f.raise(Never)
	f.Why = "CASCADE drops the foreign keys that refer to it, and the text does not say which"
	slices.Sort(cut)
	listCascade(f, cut)
	f.Instead = byName(s)
}

func lockLike(f *Finding, s *Subject) {
	for _, like := range s.Like {
		f.lock(AccessShare, like.String())
	}
}

// shadows raises the verdict for a new relation whose name another schema has as well: which of the two a bare name means
// is decided by the running version's search path.
func shadows(s *Subject, f *Finding) {
	if other, ok := s.World.namesake(s.Name); ok && !s.Temporary {
		f.raise(Depends)
		f.add(BehaviourChanged)
		f.Why = "the bare name " + s.Name.Name + " may mean " + other.String() + " or this one, by the search path of the running version"
		f.Instead = "give it a name that no schema has yet"
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
