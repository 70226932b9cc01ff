package statement

import (
	"slices"

	"github.com/multigres/multigres/go/common/parser/ast"
)

// naming resolves the columns that a definition names. It goes for what is certain: a name that may mean two things is left
// out, and Reads has it.
type naming struct {
	own   Name                    // the table of a trigger, policy or rule: OLD and NEW are its rows
	scope map[string]Name         // by alias; without a name where the alias means no table, or more than one
	only  Name                    // the only relation of the whole definition, to which a bare name belongs
	given []string                // names that the definition itself gives
	rows  map[*ast.ColumnRef]bool // whole rows, and what is told already
	into  *Statement
}

// define takes in the columns that the parts of a definition name.
func (s *Statement) define(own Name, parts ...ast.Node) {
	r := &naming{own: own, scope: map[string]Name{}, rows: map[*ast.ColumnRef]bool{}, into: s}
	count := 0
	for _, part := range parts {
		count += r.declare(part)
	}
	switch {
	case count == 0:
		r.only = own
	case count == 1 && own.Name == "":
		for _, table := range r.scope {
			r.only = table
		}
	}
	for _, part := range parts {
		walk(part, func(n ast.Node) bool {
			r.visit(n)
			return true
		})
	}
}

// declare takes in what the names of relations mean, wherever in the tree they are declared, and counts them.
func (r *naming) declare(part ast.Node) int {
	count := 0
	put := func(alias string, table Name) {
		if have, ok := r.scope[alias]; ok && have != table {
			table = Name{}
		}
		r.scope[alias], count = table, count+1
	}
	walk(part, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.CommonTableExpr:
			put(n.Ctename, Name{})
		case *ast.RangeVar:
			switch {
			case n.Alias == nil:
				put(n.RelName, rangeName(n))
			case len(items(n.Alias.ColNames)) > 0:
				put(n.Alias.AliasName, Name{})
			default:
				put(n.Alias.AliasName, rangeName(n))
			}
			return false
		case *ast.Alias: // of a query or a function in FROM
			put(n.AliasName, Name{})
		case *ast.RangeFunction, *ast.RangeSubselect:
			count++
		case *ast.ResTarget:
			r.given = append(r.given, n.Name)
		}
		return true
	})
	return count
}

func (r *naming) visit(n ast.Node) {
	switch n := n.(type) {
	case *ast.ColumnRef:
		r.column(n)
	case *ast.FuncCall:
		r.whole(items(n.Args)...)
	case *ast.A_Expr:
		r.whole(n.Lexpr, n.Rexpr)
	case *ast.SelectStmt:
		r.stars(n)
	case *ast.JoinExpr:
		r.into.Star = r.into.Star || n.IsNatural
		for _, column := range words(n.UsingClause) {
			r.put(r.ranged(n.Larg), column)
			r.put(r.ranged(n.Rarg), column)
		}
	case *ast.UpdateStmt:
		r.assigned(n.Relation, n.TargetList)
	case *ast.InsertStmt:
		r.assigned(n.Relation, n.Cols)
	}
}

// whole takes in that a * among these is a whole row, which depends on no column.
func (r *naming) whole(list ...ast.Node) {
	for _, n := range list {
		if ref, ok := n.(*ast.ColumnRef); ok {
			r.rows[ref] = true
		}
	}
}

// put takes in a name of a table's column, or, where the table is not certain, a mention.
func (r *naming) put(table Name, column string) {
	n := Named{table, column}
	switch {
	case table.Name != "":
		if !slices.Contains(r.into.Named, n) {
			r.into.Named = append(r.into.Named, n)
		}
	case column == "*":
		r.into.Star = true
	case !slices.Contains(r.into.Reads, column):
		r.into.Reads = append(r.into.Reads, column)
	}
}

func (r *naming) column(ref *ast.ColumnRef) {
	parts := words(ref.Fields)
	switch n := len(parts); {
	case n < len(items(ref.Fields)):
		r.into.Star = r.into.Star || !r.rows[ref]
	case n == 1 && slices.Contains(r.given, parts[0]):
		r.put(Name{}, parts[0])
	case n == 1:
		r.put(r.only, parts[0])
	case n > 1:
		r.put(r.table(parts[n-2]), parts[n-1])
	}
}

// table is what an alias means; OLD and NEW are the rows of the definition's own table.
func (r *naming) table(alias string) Name {
	if t, ok := r.scope[alias]; ok {
		return t
	}
	if alias == r.own.Name || alias == "old" || alias == "new" {
		return r.own
	}
	return Name{}
}

// stars takes in the * of a query's result, which names each column of the tables that it is from.
func (r *naming) stars(q *ast.SelectStmt) {
	for _, t := range items(q.TargetList) {
		target, ok := t.(*ast.ResTarget)
		if !ok {
			continue
		}
		ref, ok := target.Val.(*ast.ColumnRef)
		if !ok || len(words(ref.Fields)) == len(items(ref.Fields)) {
			continue
		}
		r.rows[ref] = true // told here
		if parts := words(ref.Fields); len(parts) > 0 {
			r.put(r.table(parts[len(parts)-1]), "*")
			continue
		}
		walk(q.FromClause, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.RangeVar:
				r.put(r.ranged(n), "*")
				return false
			case *ast.RangeSubselect, *ast.SelectStmt:
				return false
			}
			return true
		})
	}
}

// ranged is the table that a relation in FROM is, if it surely is one.
func (r *naming) ranged(n ast.Node) Name {
	v, ok := n.(*ast.RangeVar)
	switch {
	case !ok:
		return Name{}
	case v.Alias != nil:
		return r.scope[v.Alias.AliasName]
	}
	return r.scope[v.RelName]
}

func (r *naming) assigned(table *ast.RangeVar, targets *ast.NodeList) {
	for _, column := range words(targets) {
		r.put(rangeName(table), column)
	}
}

// publish takes in the columns that a publication is told of.
func (s *Statement) publish(objects *ast.NodeList) {
	for _, o := range items(objects) {
		o, ok := o.(*ast.PublicationObjSpec)
		if !ok || o.PubTable == nil {
			continue
		}
		table := rangeName(o.PubTable.Relation)
		for _, column := range words(o.PubTable.Columns) {
			s.Named = append(s.Named, Named{table, column})
		}
		s.define(table, o.PubTable.WhereClause)
	}
}

// partitionKey are the columns by which a table is partitioned, also those that it computes with.
func partitionKey(p *ast.PartitionSpec) []string {
	if p == nil {
		return nil
	}
	var out []string
	for _, item := range items(p.PartParams) {
		if e, ok := item.(*ast.PartitionElem); ok && e.Name != "" {
			out = append(out, e.Name)
		} else {
			out = append(out, columnsOf(item)...)
		}
	}
	return out
}

// statisticsOn are the columns that extended statistics are on, also by an expression.
func statisticsOn(n *ast.CreateStatsStmt) []string {
	var out []string
	for _, item := range items(n.Exprs) {
		if e, ok := item.(*ast.StatsElem); ok && e.Name != "" {
			out = append(out, e.Name)
		} else {
			out = append(out, columnsOf(item)...)
		}
	}
	return out
}
