package policies

import (
	"slices"

	"teal.dev/teal/migrate/statement"
)

// foreseen says why the server refuses a statement for what the objects in it are, "" where nothing is certain.
func (w *World) foreseen(s *Subject) string {
	if w.blind {
		return ""
	}
	for _, why := range []func(*Subject) string{w.otherKind, w.notOfView, w.belongs, w.needDefault, w.unindexed, w.unborn} {
		if reason := why(s); reason != "" {
			return reason
		}
	}
	return ""
}

// kindsOf are the statements that make what a DROP is about.
func kindsOf(k statement.Kind) []statement.Kind {
	switch k {
	case statement.DropTable:
		return []statement.Kind{statement.CreateTable, statement.CreateTableAs}
	case statement.DropView:
		return []statement.Kind{statement.CreateView}
	case statement.DropMatView:
		return []statement.Kind{statement.CreateMatView}
	case statement.DropIndex:
		return []statement.Kind{statement.CreateIndex}
	case statement.DropSequence:
		return []statement.Kind{statement.CreateSequence}
	}
	return nil
}

// nouns says what a statement makes.
func nouns(k statement.Kind) string {
	switch k {
	case statement.CreateView:
		return "a view"
	case statement.CreateMatView:
		return "a materialized view"
	case statement.CreateIndex:
		return "an index"
	case statement.CreateSequence:
		return "a sequence"
	}
	return "a table"
}

// sure is a relation whose kind is certain.
func (w *World) sure(n statement.Name) *relation {
	r := w.relations[fold(n)]
	if r == nil || r.kind == "" || r.doubted || !w.certain(n) || !slices.Contains([]statement.Kind{statement.CreateTable, statement.CreateTableAs,
		statement.CreateView, statement.CreateMatView, statement.CreateIndex, statement.CreateSequence}, r.kind) {
		return nil
	}
	return r
}

// otherKind says that what is dropped, or gets an index, is of another kind than the statement says.
func (w *World) otherKind(s *Subject) string {
	if kinds := kindsOf(s.Kind); kinds != nil {
		for _, n := range s.Names {
			if r := w.sure(n); r != nil && !slices.Contains(kinds, r.kind) {
				return n.String() + " is " + nouns(r.kind)
			}
		}
	}
	if s.Kind == statement.CreateIndex {
		if r := w.sure(s.Table); r != nil && slices.Contains([]statement.Kind{statement.CreateView, statement.CreateIndex, statement.CreateSequence}, r.kind) {
			return s.Table.String() + " is " + nouns(r.kind)
		}
	}
	return ""
}

// notOfView says that only a table has what a command or a DROP TRIGGER is about.
func (w *World) notOfView(s *Subject) string {
	if s.Kind == statement.DropTrigger && !s.IfExists {
		if r := w.sure(s.Table); r != nil && r.kind == statement.CreateView && r.born != before && r.triggers[s.Name.Name] == nil {
			return s.Table.String() + " is a view by then, and the trigger is not on it"
		}
	}
	if s.Kind != statement.AlterTable || s.Command == nil {
		return ""
	}
	r := w.sure(s.Name)
	if r == nil || r.kind == statement.CreateTable || r.kind == statement.CreateTableAs {
		return ""
	}
	switch s.Command.Kind {
	case statement.AddColumn, statement.DropColumn, statement.AlterColumnType, statement.SetNotNull, statement.DropNotNull, statement.AddConstraint,
		statement.DropConstraint, statement.ValidateConstraint:
		return s.Name.String() + " is " + nouns(r.kind)
	}
	return ""
}

// belongs says that an index is a constraint's, with which alone it goes.
func (w *World) belongs(s *Subject) string {
	if s.Kind != statement.DropIndex {
		return ""
	}
	for _, n := range s.Names {
		if w.relations[fold(n)] != nil || !w.certain(n) {
			continue
		}
		for table, r := range w.relations {
			if k := r.constraints[n.Name]; k != nil && table.Schema == fold(n).Schema && indexed(k) && !r.doubted {
				return n.String() + " belongs to the constraint of that name of " + table.String() + "; drop that: ALTER TABLE " +
					nameList([]statement.Name{table}, quote) + " DROP CONSTRAINT " + quote(n.Name)
			}
		}
	}
	return ""
}

// needDefault says that a default draws from a sequence that is dropped.
func (w *World) needDefault(s *Subject) string {
	if s.Kind != statement.DropSequence || s.Cascade {
		return ""
	}
	var found []string
	for _, n := range s.Names {
		for table, r := range w.relations {
			for name, c := range r.columns {
				if r.kind == statement.CreateTable && !r.doubted && c.known && w.certain(n) && c.def != nil && sequenceOf(c.def) != "" && knownName(sequenceOf(c.def)) == fold(n) {
					found = append(found, "the default of "+name+" of "+table.String()+" needs "+n.String())
				}
			}
		}
	}
	slices.Sort(found)
	return first(found)
}
