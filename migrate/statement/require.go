package statement

import (
	"fmt"
	"slices"

	"github.com/multigres/multigres/go/common/parser"
	"github.com/multigres/multigres/go/common/parser/ast"
)

// question says what is wrong with the query of a teal:require, as far as its text shows it: the runner asks it where nothing can be
// written, and wants one boolean. What the grammar does not know is left to the server.
func (d Directive) question() error {
	pieces, _, err := split([]byte(d.Value))
	if err != nil || len(pieces) == 0 {
		return fmt.Errorf("line %d: the query after -- teal:require cannot be read; it stands on one line", d.Line)
	}
	if len(pieces) > 1 {
		return fmt.Errorf("line %d: -- teal:require asks one query; write a line of its own for each", d.Line)
	}
	s := model(pieces[0])
	switch {
	case s.Kind == Unparsable:
		return nil
	case s.Kind != Select || s.Writes || s.Detail != "":
		return fmt.Errorf("line %d: -- teal:require only asks, and nothing can be written or locked there: write a SELECT that returns true", d.Line)
	}
	nodes, err := parser.ParseSQL(pieces[0].Text)
	if err != nil || len(nodes) != 1 {
		return nil
	}
	if q, ok := nodes[0].(*ast.SelectStmt); ok {
		if what := answer(q); what != "" {
			return fmt.Errorf("line %d: -- teal:require wants one boolean, and this returns %s: compare it with what it should be", d.Line, what)
		}
	}
	return nil
}

// answer says what a query surely returns that is not one boolean, "" where it may be one.
func answer(q *ast.SelectStmt) string {
	list := items(q.TargetList)
	if len(list) == 0 {
		if len(items(q.ValuesLists)) > 0 || q.Larg != nil || len(items(q.FromClause)) == 0 {
			return ""
		}
		return "no column"
	}
	for _, item := range list {
		if t, ok := item.(*ast.ResTarget); !ok || columnRef(t.Val) == "" && hasStar(t.Val) {
			return "" // a * may be one column
		}
	}
	if len(list) > 1 {
		return "several columns"
	}
	return numeric(list[0].(*ast.ResTarget).Val)
}

func hasStar(n ast.Node) bool {
	found := false
	walk(n, func(n ast.Node) bool {
		if _, ok := n.(*ast.A_Star); ok {
			found = true
		}
		return true
	})
	return found
}

// numeric says that an expression is surely a number.
func numeric(n ast.Node) string {
	switch n := n.(type) {
	case *ast.ParenExpr:
		return numeric(n.Expr)
	case *ast.A_Const:
		switch n.Val.(type) {
		case *ast.Integer, *ast.Float:
			return "a number"
		}
	case *ast.FuncCall:
		if slices.Contains([]string{"count", "length", "row_number"}, plainFunction(n)) {
			return "a number"
		}
	}
	return ""
}
