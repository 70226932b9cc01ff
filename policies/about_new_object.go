package policies

import "teal.dev/teal/migrate/statement"

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
	if len(s.Calls) > 0 && s.Kind != statement.CreateIndex || s.Writes {
		return false
	}
	switch s.Kind {
	case statement.AlterTable:
		other := s.Command.Other
		return w.NewRelation(s.Name) && (other.Name == "" || w.NewRelation(other))
	case statement.CreateIndex, statement.CreateTrigger, statement.DropTrigger, statement.RenameTrigger, statement.CreateRule,
		statement.DropRule, statement.CreatePolicy, statement.AlterPolicy, statement.DropPolicy:
		return w.NewRelation(s.Table)
	case statement.DropTable, statement.DropView, statement.DropMatView, statement.DropIndex, statement.DropSequence,
		statement.Truncate, statement.Grant, statement.Revoke, statement.Lock:
		return w.allNew(s.Names)
	case statement.CreateView:
		return s.Replace && w.NewRelation(s.Name)
	case statement.RenameTable, statement.MoveTable, statement.RenameIndex, statement.AlterIndex, statement.RenameView, statement.AlterView,
		statement.RenameMatView, statement.AlterMatView, statement.RefreshMatView, statement.RenameSequence, statement.AlterSequence,
		statement.Cluster, statement.Reindex:
		return w.NewRelation(s.Name)
	case statement.Insert, statement.Update, statement.Delete, statement.Merge, statement.CopyIn:
		return w.NewRelation(s.Name) && !w.triggered(s.Name) // a trigger may reach further than the table
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
