package policies

import (
	"slices"

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
	w.learnRows(s)
	w.doubt(s)
	w.learnHolder(s)
	switch s.Kind {
	case statement.CreateTable, statement.CreateTableAs, statement.CreateView, statement.CreateMatView, statement.CreateSequence, statement.CreateIndex:
		if !w.passed(s) {
			w.learnNew(s)
		}
	case statement.CreateTrigger, statement.RenameTrigger, statement.DropTrigger, statement.CreateRule, statement.DropRule:
		w.learnTrigger(s)
	case statement.CreateStatistics:
		if list := s.Relations(); s.Name.Name != "" && len(list) > 0 {
			r := w.relation(statisticsName(s.Name))
			r.kind, r.table, r.keys = s.Kind, list[0], s.Columns
		}
	case statement.DropTable, statement.DropView, statement.DropMatView, statement.DropIndex, statement.DropSequence:
		for _, n := range s.Names {
			w.rememberView(n)
			w.forget(n)
		}
	case statement.RenameTable, statement.RenameIndex, statement.RenameView, statement.RenameMatView, statement.RenameSequence:
		w.rename(s.Name, statement.Name{Schema: s.Name.Schema, Name: s.NewName})
	case statement.MoveTable:
		w.rename(s.Name, statement.Name{Schema: s.NewSchema, Name: s.Name.Name})
	default:
		w.learnCode(s)
	}
}

// learnNew takes in a relation that a statement makes.
func (w *World) learnNew(s *statement.Statement) {
	switch s.Kind {
	case statement.CreateTable:
		w.learnTable(s)
	case statement.CreateIndex:
		if s.Name.Name == "" {
			return
		}
		r := w.create(s, s.Name)
		r.table, r.keys, r.reads, r.whole = s.Table, s.Columns, s.Reads, s.Whole
		r.index = indexShape{unique: s.Unique, nullsEqual: s.NullsEqual, plain: plainIndex(s) && !r.doubted}
		t := w.relation(s.Table)
		t.indexes = append(t.indexes, fold(s.Name))
	default:
		r := w.create(s, s.Name)
		r.filled = s.Kind == statement.CreateTableAs
		if s.Kind == statement.CreateView || s.Kind == statement.CreateMatView {
			r.uses = slices.DeleteFunc(slices.Clone(s.Relations()), func(n statement.Name) bool { return fold(n) == fold(s.Name) })
			r.shows = w.shown(s)
			r.computes = s.Kind == statement.CreateView && len(s.Calls) > 0
		}
	}
}

// learnTrigger takes in what runs by itself in writes to a table.
func (w *World) learnTrigger(s *statement.Statement) {
	r := w.relation(s.Table)
	switch s.Kind {
	case statement.CreateTrigger:
		if r.triggers == nil {
			r.triggers = map[string]*trigger{}
		}
		t := &trigger{born: w.track} // OR REPLACE enables it again
		if old := r.triggers[s.Name.Name]; old != nil {
			t.born = old.born
		}
		r.triggers[s.Name.Name] = t
	case statement.RenameTrigger:
		if t := r.triggers[s.Name.Name]; t != nil {
			delete(r.triggers, s.Name.Name)
			r.triggers[s.NewName] = t
		}
	case statement.DropTrigger:
		delete(r.triggers, s.Name.Name)
	case statement.CreateRule:
		if r.rules == nil {
			r.rules = map[string]born{}
		}
		if _, ok := r.rules[s.Name.Name]; !ok {
			r.rules[s.Name.Name] = w.track
		}
	default:
		delete(r.rules, s.Name.Name)
	}
}

// plainIndex says whether an index is on columns alone, all its rows, in the usual order and the usual way.
func plainIndex(s *statement.Statement) bool {
	return !s.Odd && !s.Partial && !s.Expressions && !s.Only && len(s.Columns) > 0
}

// learnCode takes in what a statement did to types, functions and schemas.
func (w *World) learnCode(s *statement.Statement) {
	w.learnType(s)
	switch s.Kind {
	case statement.CreateExtension:
		w.extension[s.Name.Name] = true
	case statement.DropExtension:
		for _, n := range s.Names {
			w.loseExtension(n.Name)
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
	case statement.AlterSequence:
		for _, owner := range s.Named {
			if !w.made(s.Name) {
				r := w.relation(owner.Table)
				r.sequences = append(r.sequences, owner.Column)
			}
		}
	case statement.RenameSchema:
		w.renameSchema(s.Name.Name, s.NewName)
	case statement.DropSchema:
		for _, n := range s.Names {
			w.forgetSchema(n.Name)
		}
	case statement.CreateSchema:
		if !s.IfNotExists {
			w.schemas[s.Name.Name] = w.track
		}
	}
}

// learnType takes in what makes, changes or removes a type.
func (w *World) learnType(s *statement.Statement) {
	switch s.Kind {
	case statement.CreateEnum, statement.CreateType, statement.CreateDomain:
		u := &userType{born: w.track, domain: s.Kind == statement.CreateDomain, enum: s.Kind == statement.CreateEnum, labels: s.Values}
		w.types[fold(s.Name)] = u
		if u.domain && len(s.Definition) > 0 {
			u.base = s.Definition[0].Type
			w.inheritDomain(u)
			u.learnDomain(s.Constraints, s.Definition[0].Default)
		}
	case statement.AddEnumValue:
		if u := w.types[fold(s.Name)]; u != nil {
			u.labels = append(u.labels, s.Detail)
		}
	case statement.RenameEnumValue:
		if u := w.types[fold(s.Name)]; u != nil {
			u.labels = nil
		}
	case statement.AlterDomain:
		if u := w.types[fold(s.Name)]; u != nil {
			u.learnDomain(s.Constraints, nil)
			u.constrained = u.constrained || s.Detail == "set not null"
			u.reaches = u.reaches || s.Detail == "set default" // what it is nobody has read
			u.refusesNull = u.refusesNull || s.Detail == "set not null"
		}
	case statement.DropType:
		for _, n := range s.Names {
			w.loseType(fold(n))
		}
	case statement.RenameType:
		w.renameType(fold(s.Name), s)
	}
}

// statisticsName is where extended statistics are kept: their names do not meet those of tables.
func statisticsName(n statement.Name) statement.Name {
	return statement.Name{Schema: n.Schema, Name: "statistics " + n.Name}
}

func (w *World) learnTable(s *statement.Statement) {
	r := w.create(s, s.Name)
	if r.born != w.track || w.track != before && !w.isNew(r.born) {
		return // it may have been there, with other columns
	}
	r.partitioned, r.partitionKey, r.likes = s.Partitioned, s.PartitionKey, s.Like
	for i := range s.Definition {
		w.learnColumn(r, &s.Definition[i])
	}
	if s.PartitionOf.Name != "" {
		w.adopt(s.PartitionOf, s.Name, true)
		p := w.relation(s.PartitionOf)
		if s.IsDefault {
			p.spare = s.Name
		}
		r.inheritColumns(p, w.track)
	}
	for _, parent := range s.Inherits {
		w.adopt(parent, s.Name, false)
		r.inheritColumns(w.relation(parent), w.track)
	}
	for _, c := range merged(s.Constraints) {
		if !r.doubted || c.Kind == statement.ForeignKey { // for its lock on the other table
			w.learnConstraint(r, s.Name, c)
		}
	}
	for _, c := range r.columns {
		c.known, c.doubted = c.known && !r.doubted, c.doubted || r.doubted
	}
}

func (w *World) learnColumn(r *relation, c *statement.Column) {
	filled := c.Serial() || c.Identity != ""
	if userDefined(c.Type) {
		w.typed[c.Type.Name] = true
	}
	r.columns[c.Name] = &column{born: w.track, typ: c.Type, notNull: c.NotNull || c.Serial() || c.Has(statement.PrimaryKey), known: true,
		hasDef: c.Default != nil || filled, gives: filled || c.Default != nil && c.Default.NeverNull, def: c.Default, collated: c.Collation,
		generated: c.Generated, reads: c.Reads, identity: c.Identity != "", reaches: w.callsOut(c.Default) || w.reachingType(c.Type)}
}

// learnCommand takes in what one command of an ALTER TABLE did.
func (w *World) learnCommand(s *statement.Statement, c *statement.Command) {
	switch {
	case c.Kind == statement.SetDefault && s.Kind == statement.AlterView:
		r := w.relation(s.Name)
		r.computes = r.computes || w.callsOut(c.Default)
		return
	case c.Kind == statement.RenameColumn && (s.Kind == statement.AlterView || s.Kind == statement.AlterMatView):
	case s.Kind != statement.AlterTable:
		return
	}
	w.learnOn(s.Name, s, c)
	if s.Only || !reaches(c) || c.Constraint != nil && c.Constraint.Kind != statement.Check {
		return
	}
	for _, child := range w.descendants(s.Name) {
		w.learnOn(child, s, c)
	}
}

// learnOn takes in what a command did to one table.
func (w *World) learnOn(table statement.Name, s *statement.Statement, c *statement.Command) {
	r := w.relation(table)
	switch c.Kind {
	case statement.AddColumn:
		w.learnAddColumn(r, table, c)
	case statement.DropColumn:
		w.loseColumn(table, c.Name, c.Cascade)
	case statement.RenameColumn:
		r.shows = swapped(r.shows, c.Name, c.NewName)
		w.renameColumn(table, c.Name, c.NewName)
	case statement.AddConstraint:
		if c.Constraint != nil {
			k := *c.Constraint
			if k.UsingIndex != "" {
				w.learnUsed(&k, statement.Name{Schema: s.Name.Schema, Name: k.UsingIndex})
			}
			w.learnConstraint(r, table, k)
		}
	case statement.ValidateConstraint:
		if k := r.constraints[c.Name]; k != nil {
			valid := *k
			valid.NotValid = false
			r.constraints[c.Name] = &valid
		}
	case statement.DropConstraint:
		w.loseConstraint(table, c.Name, c.Cascade)
	case statement.RenameConstraint:
		if k := r.constraints[c.Name]; k != nil {
			delete(r.constraints, c.Name)
			r.constraints[c.NewName] = k
		}
	case statement.AttachPartition:
		w.adopt(table, c.Other, true)
		if c.IsDefault {
			r.spare = c.Other
		}
	case statement.Inherit:
		w.adopt(c.Other, table, false)
	case statement.DetachPartition:
		w.disown(table, c.Other)
	case statement.NoInherit:
		w.disown(c.Other, table)
	default:
		r.learnState(c)
		w.learnColumnChange(r, c)
		if col := r.columns[c.Name]; col != nil && (c.Kind == statement.SetDefault || c.Kind == statement.AlterColumnType) {
			col.reaches = col.reaches || w.callsOut(c.Default) || w.reachingType(c.Type) // what is taken back later stays in doubt
		}
	}
}

// learnState takes in what is switched on or off.
func (r *relation) learnState(c *statement.Command) {
	switch c.Kind {
	case statement.EnableRLS, statement.DisableRLS:
		r.guarded = c.Kind == statement.EnableRLS
	case statement.ForceRLS, statement.NoForceRLS:
		r.forced = c.Kind == statement.ForceRLS
	case statement.EnableTrigger, statement.DisableTrigger:
		off := c.Kind == statement.DisableTrigger && c.Detail != "replica" // for replicas it still runs
		for name, t := range r.triggers {
			if c.Name == name || c.Name == "" && !off {
				r.triggers[name] = &trigger{born: t.born, off: off}
			}
		}
	}
}

func (w *World) learnAddColumn(r *relation, table statement.Name, c *statement.Command) {
	if c.Column == nil || c.IfNotExists && r.columns[c.Name] != nil {
		return
	}
	w.learnColumn(r, c.Column)
	doubted := c.IfNotExists && !w.absent(table, c.Name)
	if doubted {
		r.columns[c.Name].born, r.columns[c.Name].known = before, false
	}
	for _, k := range merged(c.Column.Constraints) {
		if !doubted || k.Kind == statement.ForeignKey {
			w.learnConstraint(r, table, k)
		}
	}
}

func (w *World) learnColumnChange(r *relation, c *statement.Command) {
	was := r.columns[c.Name]
	if was == nil {
		return
	}
	col := &column{}
	*col = *was // partitions may share it
	r.columns[c.Name] = col
	switch c.Kind {
	case statement.SetNotNull:
		col.notNull = true
	case statement.DropNotNull:
		col.notNull = false
	case statement.SetDefault:
		col.hasDef, col.def, col.gives = true, c.Default, c.Default != nil && c.Default.NeverNull
	case statement.DropDefault:
		col.hasDef, col.def, col.gives = false, nil, false
	case statement.AddIdentity:
		col.hasDef, col.gives, col.identity = true, true, true
	case statement.DropIdentity:
		if col.identity {
			col.hasDef, col.gives, col.identity = false, false, false
		}
	case statement.DropExpression:
		col.generated, col.reads = false, nil
	case statement.AlterColumnType:
		col.typ, col.collated, col.def = c.Type, c.Collation, nil // the default is cast, in whatever way
		r.unspell(c.Name)
	}
}
