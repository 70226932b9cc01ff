package policies

import (
	"slices"

	"teal.dev/teal/migrate/statement"
)

const logTable = "CREATE TABLE log (at timestamptz) PARTITION BY RANGE (at);\nCREATE TABLE log_1 PARTITION OF log FOR VALUES FROM ('2026-01-01') TO ('2026-02-01');\nCREATE TABLE log_2 (at timestamptz);"

// lockSpare adds the lock on the default partition, where there is one.
func lockSpare(s *Subject, f *Finding, parent statement.Name) {
	if r := s.World.relations[fold(parent)]; r != nil {
		f.lock(AccessExclusive, r.spare.String())
		if r.spare.Name != "" && !s.World.NewRelation(r.spare) { // it is searched for rows that belong to the new partition
			f.Operation.Scan, f.Operation.Blocks = true, BlocksReads
		}
	}
}

// adviseSpare says what to do about a default partition that is searched: to attach does it just as to create, unless a CHECK
// shows that there is nothing to find.
func adviseSpare(s *Subject, f *Finding, parent statement.Name) {
	if !f.Operation.Scan || f.Compatibility != Expand {
		return
	}
	spare := s.World.relations[fold(parent)].spare.String()
	f.Instead = "before anybody writes rows of that range, let a CHECK show that " + spare + " has none, which spares the search; teal does not " +
		"compare it with the bounds, so what follows needs a waiver" +
		"\n-- expand:\nALTER TABLE " + spare + " ADD CONSTRAINT … CHECK (…) NOT VALID;\n-- a later file:\nALTER TABLE " + spare + " VALIDATE CONSTRAINT …;" +
		"\n-- the release after that: CREATE TABLE … (LIKE …), ATTACH PARTITION"
}

// demanding says whether a new partition has constraints of its own, or is partitioned further: it takes no row until it has
// partitions.
func demanding(s *Subject) bool {
	return s.Partitioned || len(s.Constraints) > 0 || slices.ContainsFunc(s.Definition, func(c statement.Column) bool { return c.NotNull })
}

// lockKeys adds the locks on the tables that foreign keys of a partition's parent refer to, and on those that refer to it.
func lockKeys(s *Subject, f *Finding, parent statement.Name) {
	if p := s.World.relations[fold(parent)]; p != nil {
		for _, referenced := range p.references("") {
			f.lock(ShareRowExclusive, referenced)
		}
	}
	var refer []string
	for name, r := range s.World.relations {
		for _, c := range r.constraints {
			if c.Kind == statement.ForeignKey && fold(c.References) == fold(parent) && !s.World.NewRelation(name) {
				refer = append(refer, name.String())
			}
		}
	}
	slices.Sort(refer)
	for _, name := range refer {
		f.lock(ShareRowExclusive, name)
	}
}

// demands says whether a table to be attached refuses rows that its parent is not known to refuse.
func (w *World) demands(r *relation, parent statement.Name) bool {
	p := w.relations[fold(parent)]
	if p == nil {
		p = &relation{}
	}
	if r == nil || len(r.triggers) > 0 || len(r.rules) > 0 || r.partitioned || r.guarded {
		return true
	}
	for _, like := range r.likes { // it may have the constraints of another
		if fold(like) != fold(parent) {
			return true
		}
	}
	for name, c := range r.columns {
		if have := p.columns[name]; c.notNull && (have == nil || !have.known || !have.notNull) {
			return true
		}
	}
	for name, c := range r.constraints {
		have := p.constraints[name]
		if key(c) && !p.within(c.Columns) || !key(c) && (have == nil || c.SQL == "" || said(have) != said(c)) {
			return true
		}
	}
	for _, n := range r.indexes {
		if i := w.relations[n]; i != nil && (i.index.unique && (!i.index.plain || !p.within(i.keys)) || len(i.reads) > 0) {
			return true
		}
	}
	return false
}

// within says whether some key of the relation is on these columns, or on some of them: then it refuses more than a key on
// all of them does.
func (r *relation) within(columns []string) bool {
	return slices.ContainsFunc(keysOf(r), func(k []string) bool {
		return len(k) > 0 && !slices.ContainsFunc(k, func(c string) bool { return !has(columns, c) })
	})
}

func keysOf(r *relation) [][]string {
	var out [][]string
	for _, c := range r.constraints {
		if key(c) {
			out = append(out, c.Columns)
		}
	}
	return out
}
