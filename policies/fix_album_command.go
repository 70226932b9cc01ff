package policies

import (
	"slices"
	"strings"

	"teal.dev/teal/migrate/statement"
)

// command takes in one command of an ALTER TABLE.
func (a *album) command(table statement.Name, p *portrait, c *statement.Command) {
	switch c.Kind {
	case statement.AddColumn:
		if _, there := p.columns[c.Name]; there || c.Column == nil {
			return
		}
		p.columns[c.Name] = *c.Column
		for _, k := range c.Column.Constraints {
			p.constrain(table.Name, k)
		}
	case statement.DropColumn:
		delete(p.columns, c.Name)
		delete(p.settings, c.Name)
		p.constraints = slices.DeleteFunc(p.constraints, func(k statement.Constraint) bool { return has(k.Columns, c.Name) || has(k.Reads, c.Name) })
		p.indexes = slices.DeleteFunc(p.indexes, func(i *statement.Statement) bool { return has(i.Columns, c.Name) || has(i.Reads, c.Name) })
	case statement.RenameColumn:
		p.rename(c.Name, c.NewName)
	case statement.AddConstraint:
		if c.Constraint != nil {
			p.constrain(table.Name, *c.Constraint)
		}
	case statement.DropConstraint, statement.RenameConstraint, statement.ValidateConstraint, statement.AlterConstraint:
		p.changeConstraint(c)
	case statement.AttachPartition:
		p.why, a.table(c.Other).why = "it is partitioned", "it is a partition of "+table.String()
	case statement.Inherit:
		p.why, a.table(c.Other).why = "it inherits from "+c.Other.String(), table.String()+" inherits from it"
	case statement.EnableRLS, statement.ForceRLS:
		p.guarded = true
	case statement.DisableRLS:
		p.guarded = false
	case statement.ReplicaIdentity:
		p.identity = c.Detail
	default:
		p.changeColumn(c)
	}
}

// rename follows a column. The texts of what is built on it keep the old name, so it counts as not simple when there are some.
func (p *portrait) rename(from, to string) {
	c, ok := p.columns[from]
	if !ok {
		return
	}
	delete(p.columns, from)
	c.Name = to
	p.columns[to] = c
	if keys, checks := p.on(from); len(keys)+len(checks) > 0 {
		p.settings[to] = "was called " + from + " when its indexes and constraints were made"
	}
}

func (p *portrait) changeConstraint(c *statement.Command) {
	at := slices.IndexFunc(p.constraints, func(k statement.Constraint) bool { return k.Name == c.Name })
	if at < 0 {
		return
	}
	switch c.Kind {
	case statement.DropConstraint:
		p.constraints = slices.Delete(p.constraints, at, at+1)
	case statement.RenameConstraint:
		p.constraints[at].Name = c.NewName
	case statement.ValidateConstraint:
		p.constraints[at].NotValid = false
	case statement.AlterConstraint:
		p.constraints[at].SQL = "" // what it is now, its text does not say
	}
}

func (p *portrait) changeColumn(c *statement.Command) {
	col, ok := p.columns[c.Name]
	if !ok {
		return
	}
	switch c.Kind {
	case statement.SetNotNull:
		col.NotNull = true
	case statement.DropNotNull:
		col.NotNull = false
	case statement.SetDefault:
		col.Default = c.Default
	case statement.DropDefault:
		col.Default = nil
	case statement.AlterColumnType:
		col.Type, col.Collation = c.Type, c.Collation
	case statement.AddIdentity:
		col.Identity = c.Detail
	case statement.DropIdentity:
		col.Identity = ""
	case statement.SetExpression:
		col.Generated, col.Expression = true, ""
	case statement.DropExpression:
		col.Generated = false
	case statement.SetStatistics, statement.SetColumnOptions, statement.SetStorage, statement.SetCompression:
		p.settings[c.Name] = "has " + strings.ToUpper(strings.ReplaceAll(string(c.Kind), "_", " ")) + " set on it"
	}
	p.columns[c.Name] = col
}

// on are the indexes and the constraints that are built on a column.
func (p *portrait) on(column string) (indexes []*statement.Statement, constraints []statement.Constraint) {
	for _, i := range p.indexes {
		same, _ := statement.RetellFor(i.SQL, column, column)
		other, ok := statement.RetellFor(i.SQL, column, column+"_")
		if ok && same != other || !ok && mentions(i.SQL, column) { // INCLUDE counts too
			indexes = append(indexes, i)
		}
	}
	for _, k := range p.constraints {
		if has(k.Columns, column) || has(k.Reads, column) || k.Kind == statement.Exclude && (k.SQL == "" || mentions(k.SQL, column)) {
			constraints = append(constraints, k)
		}
	}
	return indexes, constraints
}
