package statement

import "github.com/multigres/multigres/go/common/parser/ast"

// shown are the names of a view's columns: those that it is given, and then those of its query, of which a UNION's are its
// first part's.
func shown(v *ast.ViewStmt) []string {
	q, ok := v.Query.(*ast.SelectStmt)
	for ok && q != nil && q.Larg != nil {
		q = q.Larg
	}
	out := []string{""}
	if ok && q != nil && len(items(q.TargetList)) > 0 {
		out = nil
		for _, n := range items(q.TargetList) {
			out = append(out, shownAs(n))
		}
	}
	for i, name := range words(v.Aliases) {
		if i >= len(out) || out[i] == "*" {
			return []string{""}
		}
		out[i] = name
	}
	return out
}

// shownAs is the name of one column, "*" for a bare one, "" for what is not told: PostgreSQL names many an expression after what is
// in it.
func shownAs(n ast.Node) string {
	t, ok := n.(*ast.ResTarget)
	if !ok {
		return ""
	}
	if t.Name != "" {
		return t.Name
	}
	if ref, ok := t.Val.(*ast.ColumnRef); ok && len(items(ref.Fields)) == 1 {
		if _, star := items(ref.Fields)[0].(*ast.A_Star); star {
			return "*"
		}
	}
	return columnRef(t.Val)
}
