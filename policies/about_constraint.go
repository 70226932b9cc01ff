package policies

import (
	"slices"

	"teal.dev/teal/migrate/statement"
)

// adds says whether a command adds a constraint of one of the kinds.
func adds(test func(*statement.Constraint) bool) func(*Subject) bool {
	return func(s *Subject) bool { return s.Command.Constraint != nil && test(s.Command.Constraint) }
}

func foreignKey(notValid bool) func(*Subject) bool {
	return adds(func(c *statement.Constraint) bool { return c.Kind == statement.ForeignKey && c.NotValid == notValid })
}

func refineForeignKey(s *Subject, f *Finding) {
	f.lock(ShareRowExclusive, s.Command.Constraint.References.String())
	if s.Command.Constraint.OnDelete != "" {
		f.add(DataChanged)
		f.Why += "; ON DELETE changes rows that the running version thinks remain"
	}
}

// drops says whether a DROP CONSTRAINT is about one of the kinds. What teal has not seen being made may be anything, so it
// counts as a key, the worst of them.
func drops(kinds ...statement.ConstraintKind) func(*Subject) bool {
	return func(s *Subject) bool {
		kind := statement.UniqueKey
		if c := s.World.constraint(s.Name, s.Command.Name); c != nil {
			kind = c.Kind
		}
		for _, k := range kinds {
			if k == kind {
				return true
			}
		}
		return false
	}
}

func key(c *statement.Constraint) bool {
	return c.Kind == statement.UniqueKey || c.Kind == statement.PrimaryKey
}

// keysNotNull says whether all columns of the index that a primary key takes over are NOT NULL already, whatever else the
// statement does.
func keysNotNull(s *Subject) bool {
	i := s.World.relations[fold(statement.Name{Schema: s.Name.Schema, Name: s.Command.Constraint.UsingIndex})]
	if i == nil || !i.index.plain || s.World.family(s.Name) || !alone(s) {
		return false
	}
	for _, name := range i.keys {
		if c := s.World.column(s.Name, name); c == nil || !c.known || !c.notNull {
			return false
		}
	}
	return true
}

// checkTwin says which other check of a table says what one says that is dropped, and is proven of the same rows: the first by
// name, or "".
func (w *World) checkTwin(table statement.Name, name string, c *statement.Constraint) string {
	if c == nil || c.Kind != statement.Check || c.SQL == "" || w.family(table) {
		return ""
	}
	var found []string
	for other, have := range w.relations[fold(table)].constraints {
		if other != name && have.Kind == statement.Check && said(have) == said(c) && (c.NotValid || !have.NotValid) {
			found = append(found, other)
		}
	}
	slices.Sort(found)
	return first(found)
}

// checkedAlready softens a new CHECK where the same stands already: what remains is the work. PostgreSQL goes through the
// checks by name, and errors tell the first that fails: it must stay the one that stood. (The order of foreign keys nobody
// can rely on, so for them nothing is said.)
func checkedAlready(s *Subject, f *Finding) {
	c := s.Command.Constraint
	have := ""
	if alone(s) {
		have = s.World.sameConstraint(s.Name, c)
	}
	switch {
	case have != "" && have < c.Name:
		f.settled(have + " says the same already, so the running version notices nothing new")
	case c.Kind == statement.Check && c.NotNullColumn != "" && s.World.notNull(s.Name, c.NotNullColumn) && !s.World.family(s.Name) && alone(s):
		f.settled(c.NotNullColumn + " is NOT NULL already, so the running version notices nothing new")
	default:
		return
	}
	if f.Operation.Scan {
		f.Why += "; but every row is read under the lock"
	}
}
