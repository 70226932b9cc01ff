package policies

import (
	"slices"

	"teal.dev/teal/migrate/statement"
)

// descendants are the partitions of a table and the tables that inherit from it, and theirs.
func (w *World) descendants(n statement.Name) []statement.Name {
	out := []statement.Name{}
	seen := []statement.Name{fold(n)}
	for i := 0; i < len(seen); i++ {
		if r := w.relations[seen[i]]; r != nil {
			for _, child := range r.children {
				if c := fold(child); !slices.Contains(seen, c) {
					seen, out = append(seen, c), append(out, child)
				}
			}
		}
	}
	return out
}

// ancestors are the tables whose reads show a table's rows: the parent of a partition, those it inherits from, and theirs.
func (w *World) ancestors(n statement.Name) []statement.Name {
	var out []statement.Name
	seen := []statement.Name{fold(n)}
	for i := 0; i < len(seen); i++ {
		r := w.relations[seen[i]]
		if r == nil {
			continue
		}
		for _, p := range append([]statement.Name{r.parent}, r.inherits...) {
			if f := fold(p); p.Name != "" && !slices.Contains(seen, f) {
				seen, out = append(seen, f), append(out, p)
			}
		}
	}
	return out
}

// heirs says whether tables inherit from a table without being its partitions. They may differ from it in NOT NULL, in
// defaults and in checks that say NO INHERIT, so what is true of the parent is not known of them.
func (w *World) heirs(n statement.Name) bool {
	r := w.relations[fold(n)]
	return r != nil && !r.partitioned && len(r.children) > 0
}

// family says whether a command on the table may reach others: then what is known of the table alone is not enough.
func (w *World) family(n statement.Name) bool {
	r := w.relations[fold(n)]
	return r == nil || len(r.children) > 0
}

// exposed says whether a relation that this release makes shows in one that was there before: a partition of it, or an heir.
func (w *World) exposed(n statement.Name) bool {
	return slices.ContainsFunc(w.ancestors(n), func(p statement.Name) bool { return !w.NewRelation(p) })
}

// reaches says whether an ALTER TABLE command goes on to the partitions and the heirs of its table.
func reaches(c *statement.Command) bool {
	switch c.Kind {
	case statement.AddColumn, statement.DropColumn, statement.AlterColumnType, statement.SetNotNull, statement.DropNotNull, statement.SetDefault,
		statement.DropDefault, statement.RenameColumn, statement.RenameConstraint, statement.DropConstraint, statement.ValidateConstraint,
		statement.SetStatistics, statement.SetStorage, statement.SetCompression, statement.SetExpression, statement.DropExpression,
		statement.AlterConstraint:
		return true
	case statement.AddConstraint:
		return c.Constraint != nil
	}
	return false
}

// switches says whether a command goes on to the triggers that partitions have from their parent.
func switches(c *statement.Command, partitioned bool) bool {
	return partitioned && (c.Kind == statement.EnableTrigger || c.Kind == statement.DisableTrigger)
}

// spread adds the locks that a command takes on the partitions and the heirs of its table.
func (w *World) spread(s *Subject, f *Finding) {
	switch s.Kind {
	case statement.CreateTrigger, statement.DropTrigger, statement.RenameTrigger, statement.Lock, statement.Truncate, statement.Vacuum, statement.Analyze, statement.DropIndex:
		for _, l := range f.Operation.Locks {
			n := knownName(l.Object)
			for _, child := range w.descendants(n) {
				if !w.NewRelation(child) && (w.partitioned(n) || s.Kind == statement.Lock || s.Kind == statement.Truncate) {
					f.lock(l.Level, child.String())
				}
			}
		}
		return
	}
	if s.Command == nil || s.Kind != statement.AlterTable || s.Only || !reaches(s.Command) && !switches(s.Command, w.partitioned(s.Name)) {
		return
	}
	if c := s.Command.Constraint; c != nil && c.Kind != statement.Check && !w.partitioned(s.Name) {
		return // an index or a foreign key stays on its own table
	}
	for _, l := range f.Operation.Locks {
		if l.Object != s.Name.String() {
			continue
		}
		for _, child := range w.descendants(s.Name) {
			if !w.NewRelation(child) {
				f.lock(l.Level, child.String())
			}
		}
	}
}

// adopt takes in that a table is a partition of another, or inherits from it: it has its columns and its checks.
func (w *World) adopt(parent, child statement.Name, partition bool) {
	p, c := w.relation(parent), w.relation(child)
	if partition {
		c.parent, p.partitioned = parent, true
	} else {
		c.inherits = append(c.inherits, parent)
	}
	p.children = append(p.children, child)
}

// inheritColumns gives a table that is made as a child the columns and the checks of its parent.
func (r *relation) inheritColumns(p *relation, track born) {
	for name, c := range p.columns {
		mine := *c
		mine.born, mine.identity = track, false // before PostgreSQL 17, which refuses to take it away from one
		if have := r.columns[name]; have != nil {
			mine.notNull = mine.notNull || have.notNull
			mine.hasDef, mine.known = mine.hasDef || have.hasDef, false
		}
		r.columns[name] = &mine
	}
	for name, c := range p.constraints {
		if _, have := r.constraints[name]; !have && c.Kind == statement.Check {
			r.constraints[name] = c
		}
	}
}

// disown takes in that a table is no longer a partition or an heir.
func (w *World) disown(parent, child statement.Name) {
	same := func(n statement.Name) bool { return fold(n) == fold(child) }
	p, c := w.relation(parent), w.relation(child)
	p.children = slices.DeleteFunc(slices.Clone(p.children), same)
	c.inherits = slices.DeleteFunc(slices.Clone(c.inherits), func(n statement.Name) bool { return fold(n) == fold(parent) })
	if fold(c.parent) == fold(parent) {
		c.parent = statement.Name{}
	}
	if same(p.spare) {
		p.spare = statement.Name{}
	}
}
