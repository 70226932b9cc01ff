package policies

import (
	"slices"

	"teal.dev/teal/migrate/statement"
)

// album is what the statements before a refused one say of the tables, as far as a split has to build a part of one again. The
// World knows what a verdict needs and forgets the texts; this keeps them, and only --fix pays for it.
type album struct {
	tables    map[statement.Name]*portrait
	functions map[statement.Name][]*statement.Statement // every overload
	opaque    []*statement.Statement                    // may have done anything
}

// portrait is one table.
type portrait struct {
	made        bool   // by a CREATE TABLE that was seen
	why         string // why it is not known, or not simple, as a whole
	columns     map[string]statement.Column
	constraints []statement.Constraint // named
	indexes     []*statement.Statement
	triggers    []*statement.Statement
	views       []*statement.Statement // whose queries name it
	grants      []*statement.Statement // and revokes
	others      []*statement.Statement // that are about it in a way that nobody here follows
	settings    map[string]string      // of a column: what is set on it and would be lost
	guarded     bool                   // by row security
	identity    string                 // the index that tells rows apart for replication; "" = the usual one
}

func newAlbum() *album {
	return &album{tables: map[statement.Name]*portrait{}, functions: map[statement.Name][]*statement.Statement{}}
}

// table finds or makes a portrait; one made here is not known.
func (a *album) table(n statement.Name) *portrait {
	n = fold(n)
	if a.tables[n] == nil {
		a.tables[n] = &portrait{columns: map[string]statement.Column{}, settings: map[string]string{}}
	}
	return a.tables[n]
}

// besides takes in what a database's schema, as teal reads it, does not tell.
func (a *album) besides(s *statement.Statement) {
	switch s.Kind {
	case statement.CreateTable, statement.CreateTableAs, statement.AlterTable, statement.DropTable, statement.RenameTable, statement.MoveTable,
		statement.CreateIndex, statement.DropIndex, statement.RenameIndex, statement.CreateView, statement.CreateMatView,
		statement.DropView, statement.DropMatView:
		return
	}
	a.take(s)
}

// take takes in a statement.
func (a *album) take(s *statement.Statement) {
	switch s.Kind {
	case statement.CreateTable, statement.CreateTableAs:
		a.create(s)
	case statement.AlterTable:
		p := a.table(s.Name)
		for i := range s.Commands {
			a.command(s.Name, p, &s.Commands[i])
		}
	case statement.DropTable:
		for _, n := range s.Names {
			delete(a.tables, fold(n))
		}
	case statement.RenameTable:
		a.move(s.Name, statement.Name{Schema: s.Name.Schema, Name: s.NewName})
	case statement.MoveTable:
		a.move(s.Name, statement.Name{Schema: s.NewSchema, Name: s.Name.Name})
	case statement.CreateIndex:
		p := a.table(s.Table)
		p.indexes = append(p.indexes, a.called(s))
	case statement.DropIndex:
		for _, p := range a.tables {
			p.indexes = slices.DeleteFunc(p.indexes, func(i *statement.Statement) bool { return slices.Contains(foldAll(s.Names), fold(i.Name).String()) })
		}
	case statement.CreateView, statement.CreateMatView:
		a.forgetViews([]statement.Name{s.Name})
		for _, n := range s.Relations() {
			if fold(n) != fold(s.Name) {
				a.table(n).views = append(a.table(n).views, s)
			}
		}
	case statement.DropView, statement.DropMatView:
		a.forgetViews(s.Names)
	default:
		a.code(s)
	}
}

// code takes in what is said of triggers, functions and rights, and of all that nobody here follows.
func (a *album) code(s *statement.Statement) {
	switch s.Kind {
	case statement.CreateTrigger, statement.DropTrigger, statement.RenameTrigger:
		p := a.table(s.Table)
		p.triggers = slices.DeleteFunc(p.triggers, func(t *statement.Statement) bool { return s.Kind != statement.RenameTrigger && t.Name == s.Name })
		if s.Kind == statement.CreateTrigger {
			p.triggers = append(p.triggers, s)
		}
	case statement.CreateFunction:
		a.functions[fold(s.Name)] = append(a.functions[fold(s.Name)], s)
	case statement.Grant, statement.Revoke:
		for _, n := range s.Names {
			if s.Object == "table" || s.Object == "column" {
				a.table(n).grants = append(a.table(n).grants, s)
			}
		}
	case statement.Insert, statement.Update, statement.Delete, statement.Merge, statement.CopyIn, statement.CopyOut, statement.Select, statement.Set,
		statement.Lock, statement.Vacuum, statement.Analyze, statement.Explain, statement.Reindex, statement.Cluster, statement.AlterOwner:
	default:
		if s.Opaque() {
			a.opaque = append(a.opaque, s)
		}
		for _, n := range s.Relations() {
			a.table(n).others = append(a.table(n).others, s)
		}
	}
}

func (a *album) forgetViews(names []statement.Name) {
	for _, p := range a.tables {
		p.views = slices.DeleteFunc(p.views, func(v *statement.Statement) bool { return slices.Contains(foldAll(names), fold(v.Name).String()) })
	}
}

func (a *album) move(from, to statement.Name) {
	if p := a.tables[fold(from)]; p != nil {
		delete(a.tables, fold(from))
		a.tables[fold(to)] = p
	}
}

func (a *album) create(s *statement.Statement) {
	if s.Temporary || s.IfNotExists && a.table(s.Name).made {
		return
	}
	delete(a.tables, fold(s.Name))
	p := a.table(s.Name)
	columns, constraints, ok := statement.SpellTable(s)
	p.made = true
	switch {
	case s.Kind == statement.CreateTableAs:
		p.why = "CREATE TABLE AS does not say the types of its columns"
	case !ok:
		p.why = "its CREATE TABLE cannot be read back"
	case s.Partitioned:
		p.why = "it is partitioned"
	case s.PartitionOf.Name != "":
		p.why, a.table(s.PartitionOf).why = "it is a partition of "+s.PartitionOf.String(), "it is partitioned"
	case len(s.Inherits) > 0:
		p.why = "it inherits from " + s.Inherits[0].String()
	case len(s.Like) > 0:
		p.why = "it takes its columns from " + s.Like[0].String()
	}
	for _, n := range s.Inherits {
		a.table(n).why = s.Name.String() + " inherits from it"
	}
	for _, c := range columns {
		p.columns[c.Name] = c
	}
	for _, k := range constraints {
		p.constrain(s.Name.Name, k)
	}
}

// constrain adds a constraint under the name that it has or that PostgreSQL gives it.
func (p *portrait) constrain(table string, k statement.Constraint) {
	if k.Name == "" {
		k.Name = defaultConstraintName(table, &k, "")
	}
	if k.SQL == "UNIQUE" { // as written on a column
		k.SQL = "UNIQUE (" + quoteAll(k.Columns) + ")"
	}
	if k.UsingIndex != "" { // the index is the constraint's from now on
		at := slices.IndexFunc(p.indexes, func(i *statement.Statement) bool { return i.Name.Name == k.UsingIndex })
		if at >= 0 {
			k.Columns, k.SQL = p.indexes[at].Columns, "UNIQUE ("+quoteAll(p.indexes[at].Columns)+")"
			p.indexes = slices.Delete(p.indexes, at, at+1)
		}
	}
	p.constraints = append(p.constraints, k)
}

func quoteAll(names []string) string {
	out := ""
	for i, n := range names {
		out += []string{"", ", "}[min(i, 1)] + quote(n)
	}
	return out
}
