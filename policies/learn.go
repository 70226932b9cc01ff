package policies

import (
	"slices"
	"strings"

	"teal.dev/teal/migrate/statement"
)

// learn takes in what a statement did. The commands of an ALTER are learnt one by one, by learnCommand.
func (w *World) learn(s *statement.Statement) {
	if home, ok := searchPath(s); ok {
		w.unsure = home == manySchemas
	} else if unsure, lasting := unsurePath(s); unsure {
		w.unsure, w.path = true, w.path || lasting
	}
	w.learnFill(s)
	switch s.Kind {
	case statement.CreateTable:
		w.learnTable(s)
	case statement.CreateTableAs, statement.CreateView, statement.CreateMatView, statement.CreateSequence:
		r := w.create(s, s.Name)
		r.filled = s.Kind == statement.CreateTableAs
		if s.Kind == statement.CreateView || s.Kind == statement.CreateMatView {
			r.uses = slices.DeleteFunc(slices.Clone(s.Relations()), func(n statement.Name) bool { return fold(n) == fold(s.Name) })
		}
	case statement.Insert, statement.CopyIn:
		if r := w.relations[fold(s.Name)]; r != nil {
			r.filled = true
		}
	case statement.CreateTrigger:
		r := w.relation(s.Table)
		if _, ok := r.triggers[s.Name.Name]; !ok {
			if r.triggers == nil {
				r.triggers = map[string]born{}
			}
			r.triggers[s.Name.Name] = w.track
		}
	case statement.DropTrigger:
		if r := w.relations[fold(s.Table)]; r != nil {
			delete(r.triggers, s.Name.Name)
		}
	case statement.CreateStatistics:
		if list := s.Relations(); s.Name.Name != "" && len(list) > 0 {
			w.relation(statisticsName(s.Name)).table = list[0]
		}
	case statement.CreateIndex:
		if s.Name.Name != "" {
			r := w.create(s, s.Name)
			r.table, r.unique, r.keys, r.reads = s.Table, s.Unique, s.Columns, s.Reads
			t := w.relation(s.Table)
			t.indexes = append(t.indexes, fold(s.Name))
		}
	case statement.DropTable, statement.DropView, statement.DropMatView, statement.DropIndex, statement.DropSequence:
		for _, n := range s.Names {
			delete(w.relations, fold(n))
		}
	case statement.RenameTable, statement.RenameIndex, statement.RenameView, statement.RenameMatView, statement.RenameSequence:
		w.move(s.Name, statement.Name{Schema: s.Name.Schema, Name: s.NewName})
	case statement.MoveTable:
		w.move(s.Name, statement.Name{Schema: s.NewSchema, Name: s.Name.Name})
	default:
		w.learnCode(s)
	}
}

// learnCode takes in what a statement did to types, functions and schemas.
func (w *World) learnCode(s *statement.Statement) {
	switch s.Kind {
	case statement.CreateEnum, statement.CreateType, statement.CreateDomain:
		u := &userType{born: w.track, domain: s.Kind == statement.CreateDomain}
		w.types[fold(s.Name)] = u
		if u.domain && len(s.Definition) > 0 {
			u.learnDomain(s.Constraints, s.Definition[0].Default)
		}
	case statement.AlterDomain:
		if u := w.types[fold(s.Name)]; u != nil {
			u.learnDomain(s.Constraints, nil)
			u.constrained = u.constrained || s.Detail == "set not null"
			u.refusesNull = u.refusesNull || s.Detail == "set not null"
		}
	case statement.DropType:
		for _, n := range s.Names {
			delete(w.types, fold(n))
		}
	case statement.CreateFunction:
		if _, ok := w.functions[fold(s.Name)]; !ok {
			w.functions[fold(s.Name)] = w.track
			if s.Replace && !w.fresh {
				w.functions[fold(s.Name)] = before
			}
		}
	case statement.DropFunction:
		for _, n := range s.Names {
			delete(w.functions, fold(n))
		}
	case statement.CreateSchema:
		if !s.IfNotExists {
			w.schemas[s.Name.Name] = w.track
		}
	}
}

// statisticsName is where extended statistics are kept: their names do not meet those of tables.
func statisticsName(n statement.Name) statement.Name {
	return statement.Name{Schema: n.Schema, Name: "statistics " + n.Name}
}

func (w *World) move(from, to statement.Name) {
	from, to = fold(from), fold(to)
	if r := w.relations[from]; r != nil {
		delete(w.relations, from)
		w.put(to, r)
	}
}

func (w *World) learnTable(s *statement.Statement) {
	r := w.create(s, s.Name)
	if r.born != w.track || w.track != before && !w.isNew(r.born) {
		return // it may have been there, with other columns
	}
	r.partitioned, r.parent = s.Partitioned, s.PartitionOf
	if s.PartitionOf.Name != "" {
		p := w.relation(s.PartitionOf)
		p.partitioned, p.children = true, append(p.children, s.Name)
		if s.IsDefault {
			p.spare = s.Name
		}
	}
	for i := range s.Definition {
		w.learnColumn(r, &s.Definition[i])
	}
	for _, c := range s.Constraints {
		w.learnConstraint(r, s.Name.Name, c)
	}
}

func (w *World) learnColumn(r *relation, c *statement.Column) {
	r.columns[c.Name] = &column{born: w.track, typ: c.Type, notNull: c.NotNull || c.Has(statement.PrimaryKey), known: true,
		hasDef: c.Default != nil || c.Serial() || c.Identity != ""}
}

// learnConstraint remembers a constraint by its name, or by the name that PostgreSQL gives it.
func (w *World) learnConstraint(r *relation, table string, c statement.Constraint) {
	if c.Name == "" {
		c.Name = defaultConstraintName(table, c)
	}
	r.constraints[c.Name] = &c
	for _, name := range c.Columns {
		if col := r.columns[name]; col != nil && c.Kind == statement.PrimaryKey {
			col.notNull = true
		}
	}
}

func defaultConstraintName(table string, c statement.Constraint) string {
	columns := strings.Join(c.Columns, "_")
	if columns != "" {
		columns = "_" + columns
	}
	switch c.Kind {
	case statement.PrimaryKey:
		return table + "_pkey"
	case statement.ForeignKey:
		return table + columns + "_fkey"
	case statement.UniqueKey:
		return table + columns + "_key"
	case statement.Exclude:
		return table + columns + "_excl"
	}
	return table + columns + "_check"
}

// learnCommand takes in what one command of an ALTER TABLE did.
func (w *World) learnCommand(s *statement.Statement, c *statement.Command) {
	if s.Kind != statement.AlterTable {
		return
	}
	r := w.relation(s.Name)
	switch c.Kind {
	case statement.AddColumn:
		w.learnAddColumn(r, s, c)
	case statement.DropColumn:
		delete(r.columns, c.Name)
	case statement.RenameColumn:
		if col := r.columns[c.Name]; col != nil {
			delete(r.columns, c.Name)
			r.columns[c.NewName] = col
		}
	case statement.AddConstraint:
		if c.Constraint != nil {
			if used := c.Constraint.UsingIndex; used != "" { // the index is the constraint's from now on
				delete(w.relations, fold(statement.Name{Schema: s.Name.Schema, Name: used}))
			}
			w.learnConstraint(r, s.Name.Name, *c.Constraint)
		}
	case statement.ValidateConstraint:
		if k := r.constraints[c.Name]; k != nil {
			valid := *k
			valid.NotValid = false
			r.constraints[c.Name] = &valid
		}
	case statement.DropConstraint:
		delete(r.constraints, c.Name)
	case statement.RenameConstraint:
		if k := r.constraints[c.Name]; k != nil {
			delete(r.constraints, c.Name)
			r.constraints[c.NewName] = k
		}
	case statement.AttachPartition:
		w.relation(c.Other).parent = s.Name
		r.partitioned = true
		r.children = append(r.children, c.Other)
		if c.IsDefault {
			r.spare = c.Other
		}
	case statement.DetachPartition:
		w.relation(c.Other).parent = statement.Name{}
	default:
		w.learnColumnChange(r, c)
	}
}

func (w *World) learnAddColumn(r *relation, s *statement.Statement, c *statement.Command) {
	if c.Column == nil || c.IfNotExists && r.columns[c.Name] != nil {
		return
	}
	w.learnColumn(r, c.Column)
	if c.IfNotExists && !w.absent(s.Name, c.Name) {
		r.columns[c.Name].born, r.columns[c.Name].known = before, false
	}
	for _, k := range c.Column.Constraints {
		w.learnConstraint(r, s.Name.Name, k)
	}
}

func (w *World) learnColumnChange(r *relation, c *statement.Command) {
	col := r.columns[c.Name]
	if col == nil {
		return
	}
	switch c.Kind {
	case statement.SetNotNull:
		col.notNull = true
	case statement.DropNotNull:
		col.notNull = false
	case statement.SetDefault:
		col.hasDef = true
	case statement.DropDefault:
		col.hasDef = false
	case statement.AlterColumnType:
		col.typ = c.Type
	}
}

// learnKnown takes in what the caller knows of the database.
func (w *World) learnKnown(tables map[string][]string) {
	if tables == nil {
		return
	}
	w.known = make(map[statement.Name]map[string]bool, len(tables))
	for name, columns := range tables {
		n := statement.Name{Name: name}
		if schema, bare, ok := strings.Cut(name, "."); ok {
			n = statement.Name{Schema: schema, Name: bare}
		}
		set := make(map[string]bool, len(columns))
		for _, c := range columns {
			set[c] = true
		}
		w.known[fold(n)] = set
	}
}
