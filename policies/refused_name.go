package policies

import (
	"slices"

	"teal.dev/teal/migrate/statement"
)

// clash says what stands in the way of a statement by its name or by its kind: an object of that name, a second primary key, a
// column that is an identity. "" where nothing does for certain.
func (w *World) clash(s *Subject) string {
	if w.blind || !w.certain(s.Name) {
		return ""
	}
	switch s.Kind {
	case statement.CreateTable, statement.CreateTableAs, statement.CreateView, statement.CreateMatView, statement.CreateIndex:
		if r := w.relations[fold(s.Name)]; r != nil && r.kind != "" && s.Name.Name != "" && !s.IfNotExists && !s.Replace {
			return "there is a " + s.Name.String() + " already"
		}
	case statement.CreateEnum, statement.CreateType, statement.CreateDomain:
		if w.types[fold(s.Name)] != nil {
			return "there is a type " + s.Name.String() + " already"
		}
	case statement.AddEnumValue:
		if u := w.types[fold(s.Name)]; u != nil && has(u.labels, s.Detail) && !s.IfNotExists {
			return "'" + s.Detail + "' is a value of " + s.Name.String() + " already"
		}
	case statement.RenameTable, statement.RenameView, statement.RenameMatView:
		to := statement.Name{Schema: s.Name.Schema, Name: s.NewName}
		if r := w.relations[fold(to)]; r != nil && r.kind != "" {
			return "there is a " + to.String() + " already"
		}
	case statement.AlterSequence:
		if has(s.Columns, "owned_by") && w.identitySequence(s.Name) {
			return s.Name.String() + " is the sequence of an identity, and stays with its column"
		}
	case statement.AlterTable:
		if r := w.relations[fold(s.Name)]; r != nil && (s.Command.Kind == statement.DropNotNull || !reordered(s)) { // it comes among the drops, in the order of the text
			return r.clash(s.Command, s.Name)
		}
	}
	return ""
}

func (r *relation) clash(c *statement.Command, table statement.Name) string {
	switch c.Kind {
	case statement.AddColumn:
		if r.columns[c.Name] != nil && !c.IfNotExists {
			return table.String() + " has a column " + c.Name + " already"
		}
	case statement.RenameColumn:
		if r.columns[c.NewName] != nil {
			return table.String() + " has a column " + c.NewName + " already"
		}
	case statement.RenameConstraint:
		if r.constraints[c.NewName] != nil && !r.doubted {
			return table.String() + " has a constraint " + c.NewName + " already"
		}
	case statement.AddConstraint:
		if c.Constraint != nil && !r.doubted {
			return r.constraintClash(c.Constraint, table)
		}
	default:
		if col := r.columns[c.Name]; col != nil && col.known {
			return r.columnClash(c, col)
		}
	}
	return ""
}

func (r *relation) constraintClash(k *statement.Constraint, table statement.Name) string {
	for name, have := range r.constraints {
		switch {
		case k.Name != "" && name == k.Name:
			return table.String() + " has a constraint " + name + " already"
		case k.Kind == statement.PrimaryKey && have.Kind == statement.PrimaryKey:
			return table.String() + " has a primary key already: " + name
		}
	}
	return ""
}

// columnClash says why a column does not take a command: it is an identity, is generated, or neither.
func (r *relation) columnClash(c *statement.Command, col *column) string {
	switch c.Kind {
	case statement.DropNotNull:
		switch {
		case col.identity:
			return c.Name + " is an identity, and so NOT NULL"
		case slices.ContainsFunc(keysIn(r, statement.PrimaryKey), func(k []string) bool { return has(k, c.Name) }):
			return c.Name + " is in the primary key, and so NOT NULL"
		}
	case statement.SetDefault, statement.DropDefault:
		switch {
		case col.identity:
			return c.Name + " is an identity, and has no default"
		case col.generated:
			return c.Name + " is generated, and has no default"
		}
	case statement.AddIdentity:
		switch {
		case col.identity:
			return c.Name + " is an identity already"
		case !col.notNull:
			return c.Name + " may be NULL, and an identity may not"
		case col.def != nil:
			return c.Name + " has a default, which has to go first"
		}
	case statement.SetIdentity, statement.DropIdentity:
		if !col.identity && !c.IfExists {
			return c.Name + " is no identity"
		}
	case statement.DropExpression:
		if !col.generated && !c.IfExists {
			return c.Name + " is not generated"
		}
	}
	return ""
}

func keysIn(r *relation, kind statement.ConstraintKind) [][]string {
	var out [][]string
	for _, k := range r.constraints {
		if k.Kind == kind && !r.doubted {
			out = append(out, k.Columns)
		}
	}
	return out
}

// identitySequence says whether a sequence has the name that the one of an identity is given.
func (w *World) identitySequence(n statement.Name) bool {
	for table, r := range w.relations {
		if table.Schema != fold(n).Schema {
			continue
		}
		for name, c := range r.columns {
			if c.identity && c.known && objectName(table.Name, name, "seq") == n.Name && w.relations[fold(n)] == nil {
				return true
			}
		}
	}
	return false
}

// missing says that what a statement is about is surely not there. Only the database itself can tell that.
func (w *World) missing(s *Subject) string {
	if !w.sighted || w.blind || w.path || w.unsure {
		return ""
	}
	switch s.Kind {
	case statement.DropTrigger:
		if r := w.old(s.Table); r != nil && r.parent.Name == "" && r.triggers[s.Name.Name] == nil {
			return "no trigger " + s.Name.Name + " of " + s.Table.String()
		}
	case statement.DropRule:
		if r := w.old(s.Table); r != nil {
			if _, ok := r.rules[s.Name.Name]; !ok {
				return "no rule " + s.Name.Name + " of " + s.Table.String()
			}
		}
	case statement.DropPolicy, statement.AlterPolicy:
		if r := w.old(s.Table); r != nil && w.holders[holderKey{"policy", fold(s.Table), s.Name}] == nil {
			return "no policy " + s.Name.Name + " of " + s.Table.String()
		}
	case statement.DropTable, statement.DropView, statement.DropMatView:
		if w.nowhere(s.Names) {
			return "no " + s.Name.String()
		}
	case statement.DropIndex:
		if len(s.Names) == 1 && w.nowhere(s.Names) && !w.constraintIndex(s.Name.Name) {
			return "no index " + s.Name.String()
		}
	case statement.DropFunction:
		if len(s.Names) == 1 && w.noFunction(s.Name.Name) {
			return "no function " + s.Name.String()
		}
	case statement.DropExtension:
		if len(s.Names) == 1 && !w.extension[s.Name.Name] && s.Name.Name != "plpgsql" {
			return "no extension " + s.Name.Name
		}
	case statement.CreateIndex:
		return w.missingColumn(s.Table, append(slices.Clone(s.Columns), s.Reads...))
	case statement.Update, statement.Insert:
		return w.missingColumn(s.Name, s.Columns)
	case statement.AlterTable:
		return w.missingPart(s)
	}
	return ""
}

// missingColumn says which of some columns an old table does not have.
func (w *World) missingColumn(table statement.Name, columns []string) string {
	r := w.old(table)
	if r == nil || r.kind != statement.CreateTable {
		return ""
	}
	for _, name := range columns {
		if r.columns[name] == nil && name != table.Name && !system(name) { // a table's name is a whole row
			return "no column " + name + " of " + table.String()
		}
	}
	return ""
}

// missingPart says that a table, or the column or constraint of it that a command is about, is not there.
func (w *World) missingPart(s *Subject) string {
	c := s.Command
	if w.nowhere([]statement.Name{s.Name}) && c.Kind != statement.ChangeOwner && w.relations[fold(s.Name)] == nil {
		return "no table " + s.Name.String()
	}
	r := w.old(s.Name)
	if r == nil || r.kind != statement.CreateTable || reordered(s) {
		return ""
	}
	switch c.Kind {
	case statement.DropColumn, statement.AlterColumnType, statement.SetNotNull, statement.DropNotNull, statement.SetDefault, statement.DropDefault,
		statement.RenameColumn, statement.AddIdentity, statement.SetIdentity, statement.DropIdentity, statement.DropExpression:
		return w.missingColumn(s.Name, []string{c.Name})
	case statement.AddConstraint:
		if k := c.Constraint; k != nil && k.UsingIndex == "" && k.Kind != statement.Exclude {
			return w.missingColumn(s.Name, append(slices.Clone(k.Columns), k.Reads...))
		}
	case statement.DropConstraint, statement.ValidateConstraint, statement.RenameConstraint:
		// From 18 on, NOT NULL is a constraint with a name.
		if w.server != 0 && w.older(18) && r.constraints[c.Name] == nil && r.triggers[c.Name] == nil {
			return "no constraint " + c.Name + " of " + s.Name.String()
		}
	}
	return ""
}

// system says whether every table has a column of the name.
func system(column string) bool {
	return has([]string{"tableoid", "ctid", "xmin", "xmax", "cmin", "cmax"}, column)
}

// old is a relation that was in the database before the release, and so is known in all its parts.
func (w *World) old(n statement.Name) *relation {
	if r := w.relations[fold(n)]; r != nil && r.kind != "" && r.born == before && !r.doubted && len(r.likes) == 0 {
		return r
	}
	return nil
}

func (w *World) constraintIndex(name string) bool {
	for _, r := range w.relations {
		if k := r.constraints[name]; k != nil && k.Kind != statement.Check && k.Kind != statement.ForeignKey {
			return true
		}
	}
	for n := range w.invalid {
		if n.Name == name {
			return true
		}
	}
	return false
}

// noFunction says whether the database has no function of a name, in whatever schema.
func (w *World) noFunction(name string) bool {
	if w.routines == nil || w.routines[name] {
		return false
	}
	for n := range w.functions {
		if n.Name == name {
			return false
		}
	}
	return true
}

// skips says whether IF EXISTS makes a statement do nothing where there is nothing.
func skips(s *Subject) bool { return s.IfExists || s.Command != nil && s.Command.IfExists }

// idle makes a finding harmless whose statement does nothing, because what it is about is not there. The lock on the table of
// what is not there is taken all the same.
func idle(s *Subject, f *Finding, missing string) {
	f.settled("there is " + missing + ": the statement does nothing")
	if f.Operation.Rewrite, f.Operation.Scan, f.Operation.Blocks = false, false, BlocksNobody; s.Command == nil || s.IfExists && s.World.nowhere([]statement.Name{s.Name}) {
		f.unlock()
	}
}
