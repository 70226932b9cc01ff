package policies

import (
	"slices"

	"teal.dev/teal/migrate/statement"
)

// lockParents adds the lock that a foreign key takes on the table it refers to.
func lockParents(f *Finding, s *Subject, constraints []statement.Constraint) {
	for _, c := range constraints {
		if c.Kind == statement.ForeignKey && !s.World.NewRelation(c.References) && fold(c.References) != fold(s.Name) {
			f.lock(ShareRowExclusive, c.References.String())
		}
	}
}

// harmless says whether nobody who runs now can know what the statement touches.
func (w *World) harmless(s *Subject) bool {
	if s.TransactionControl() || s.Opaque() || s.Command != nil && s.Command.Kind == statement.OtherCommand {
		return false
	}
	if w.fresh {
		return true
	}
	// What a function does while rows are written may reach further than the table. An index's functions may not.
	if len(s.Calls) > 0 && s.Kind != statement.CreateIndex && s.Kind != statement.CreateView || s.Writes {
		return false
	}
	if w.exposes(s) || s.Cascade && !w.nothingOld(s) {
		return false // an old table shows it, or what goes with it is old
	}
	switch s.Kind {
	case statement.AlterTable:
		other := s.Command.Other
		return w.NewRelation(s.Name) && (other.Name == "" || w.NewRelation(other)) && w.runsNothing(s)
	case statement.CreateIndex, statement.CreateTrigger, statement.DropTrigger, statement.RenameTrigger, statement.CreateRule,
		statement.DropRule, statement.CreatePolicy, statement.AlterPolicy, statement.DropPolicy:
		return w.NewRelation(s.Table)
	case statement.DropTable, statement.DropView, statement.DropMatView, statement.DropIndex, statement.DropSequence,
		statement.Truncate, statement.Grant, statement.Revoke:
		return w.allNew(s.Names)
	case statement.Lock: // of a view it locks the tables behind it
		return w.allNew(s.Names) && !slices.ContainsFunc(s.Names, w.passesOn)
	case statement.CreateView:
		return s.Replace && w.NewRelation(s.Name)
	case statement.RenameTable, statement.MoveTable, statement.RenameView, statement.RenameMatView, statement.RenameSequence:
		return w.NewRelation(s.Name) && !w.takesName(s)
	case statement.RenameIndex, statement.AlterIndex, statement.AlterView, statement.AlterMatView, statement.RefreshMatView,
		statement.AlterSequence, statement.Cluster, statement.Reindex:
		return w.NewRelation(s.Name)
	case statement.Insert, statement.Update, statement.Delete, statement.Merge, statement.CopyIn:
		// A trigger may reach further than the table, and a view is only as new as what it shows.
		return w.NewRelation(s.Name) && !w.triggered(s.Name) && !w.computes(s.Relations()) && !w.passesOn(s.Name) &&
			(s.Kind == statement.Delete || !w.writesReach(s.Name)) && len(w.pinned(s)) == 0
	case statement.AlterOwner:
		return (s.Object == "table" || s.Object == "view" || s.Object == "sequence") && w.NewRelation(s.Name)
	}
	return w.harmlessCode(s)
}

func (w *World) harmlessCode(s *Subject) bool {
	switch s.Kind {
	case statement.CreateFunction:
		return s.Replace && w.isNew(w.functions[fold(s.Name)])
	case statement.AlterFunction, statement.DropFunction:
		names := s.Names
		if len(names) == 0 {
			names = []statement.Name{s.Name}
		}
		for _, n := range names {
			if !w.isNew(w.functions[fold(n)]) {
				return false
			}
		}
		return true
	case statement.AddEnumValue, statement.RenameEnumValue, statement.AlterType, statement.RenameType, statement.AlterDomain, statement.DropType:
		names := s.Names
		if len(names) == 0 {
			names = []statement.Name{s.Name}
		}
		for _, n := range names {
			if t := w.types[fold(n)]; t == nil || !w.isNew(t.born) {
				return false
			}
		}
		return true
	}
	return false
}

func (w *World) allNew(names []statement.Name) bool {
	for _, n := range names {
		if !w.NewRelation(n) {
			return false
		}
	}
	return len(names) > 0
}

// exposes says whether a statement changes rows or demands of a new table that shows in an old one, whose reads and writes the
// running version goes on with.
func (w *World) exposes(s *Subject) bool {
	switch s.Kind {
	case statement.Insert, statement.Update, statement.Delete, statement.Merge, statement.CopyIn, statement.AlterTable, statement.AlterOwner:
		return w.exposed(s.Name)
	case statement.Truncate, statement.DropTable, statement.Lock:
		for _, n := range s.Names {
			if w.exposed(n) {
				return true
			}
		}
	case statement.CreateTrigger, statement.CreateRule, statement.DropTrigger, statement.DropRule:
		return w.exposed(s.Table)
	case statement.CreateIndex:
		return (s.Unique || s.Raises || len(s.Calls) > 0) && w.exposed(s.Table)
	}
	return false
}

// nothingOld says whether a CASCADE that drops new relations surely takes nothing along that was there before: only a view
// that this release replaced could use them. What hangs on a function or a type is not followed.
func (w *World) nothingOld(s *Subject) bool {
	switch s.Kind {
	case statement.DropTable, statement.DropView, statement.DropMatView:
		for _, n := range s.Names {
			if w.oldViews(n) {
				return false
			}
		}
		return !w.emptiesOld(s.Names)
	case statement.Truncate:
		return !w.emptiesOld(s.Names)
	case statement.Grant, statement.Revoke:
		return true
	}
	return false
}

// oldViews says whether a view that was there before reads a relation, by way of others too.
func (w *World) oldViews(n statement.Name) bool {
	gone := []statement.Name{fold(n)}
	for i := 0; i < len(gone); i++ {
		for name, r := range w.relations {
			for _, used := range r.uses {
				if fold(used) != gone[i] || slices.Contains(gone, name) {
					continue
				}
				if !w.isNew(r.born) {
					return true
				}
				gone = append(gone, name)
			}
		}
	}
	return false
}

// oldHolds says whether an object that was there before may name a column: a view that was replaced, say. Who made the others
// nobody remembers.
func (w *World) oldHolds(table statement.Name, column string) bool {
	sure, perhaps := w.holdersOf(table, column)
	for _, h := range append(sure, perhaps...) {
		if r := w.relations[fold(h.name)]; h.what != "view" || r == nil || !w.isNew(r.born) {
			return true
		}
	}
	return false
}

// takesName says whether a rename gives a new relation a name that another schema has too.
func (w *World) takesName(s *Subject) bool {
	to := s.Name
	if s.NewName != "" {
		to.Name = s.NewName
	}
	if s.NewSchema != "" {
		to.Schema = s.NewSchema
	}
	other, taken := w.namesake(to)
	return taken && fold(other) != fold(s.Name)
}
