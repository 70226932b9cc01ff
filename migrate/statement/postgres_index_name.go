package statement

import (
	"slices"
	"strconv"

	"github.com/multigres/multigres/go/common/parser/ast"
)

// indexColumns are the names that PostgreSQL gives to the columns of an index, of which it makes the index's own name where it has
// none: a column's, else what the expression would be called in a SELECT, else expr.
func indexColumns(list []ast.Node) []string {
	var out []string
	for _, item := range list {
		e, ok := item.(*ast.IndexElem)
		if !ok {
			continue
		}
		name := e.Name
		if name == "" {
			name, _ = figured(e.Expr)
		}
		if name == "" {
			name = "expr"
		}
		out = append(out, unlike(out, name))
	}
	return out
}

// classless are the columns of an index that name no operator class, so that their types must have one by default.
func classless(list []ast.Node) []string {
	var out []string
	for _, item := range list {
		if e, ok := item.(*ast.IndexElem); ok && e.Name != "" && len(items(e.Opclass)) == 0 {
			out = append(out, e.Name)
		}
	}
	return out
}

// unlike is the name with a number behind it where others have it already.
func unlike(others []string, name string) string {
	for now, i := name, 1; ; i++ {
		if !slices.Contains(others, now) {
			return now
		}
		now = name + strconv.Itoa(i)
	}
}

// figured is what PostgreSQL's FigureColname calls an expression, and whether that is a good name, which no cast around it changes.
func figured(n ast.Node) (name string, good bool) {
	switch n := n.(type) {
	case *ast.ParenExpr:
		return figured(n.Expr)
	case *ast.CollateClause:
		return figured(n.Arg)
	case *ast.ColumnRef:
		return last(words(n.Fields)), true
	case *ast.A_Indirection:
		if field := last(words(n.Indirection)); field != "" {
			return field, true
		}
		return figured(n.Arg)
	case *ast.FuncCall:
		return last(words(n.Funcname)), true
	case *ast.TypeCast:
		if name, good = figured(n.Arg); !good && n.TypeName != nil {
			name = last(words(n.TypeName.Names))
		}
		return name, good
	case *ast.CaseExpr:
		if name, good = figured(n.Defresult); !good {
			name = "case"
		}
		return name, good
	}
	return keyword(n)
}

// keyword is the name of what the grammar spells with a word of its own.
func keyword(n ast.Node) (name string, good bool) {
	switch n := n.(type) {
	case *ast.A_Expr:
		if n.Kind == ast.AEXPR_NULLIF {
			return "nullif", true
		}
	case *ast.CoalesceExpr:
		return "coalesce", true
	case *ast.MinMaxExpr:
		if n.Op == ast.IS_LEAST {
			return "least", true
		}
		return "greatest", true
	case *ast.A_ArrayExpr, *ast.ArrayExpr:
		return "array", true
	case *ast.RowExpr:
		return "row", true
	case *ast.XmlSerialize:
		return "xmlserialize", true
	}
	return "", false
}

func last(list []string) string {
	if len(list) == 0 {
		return ""
	}
	return list[len(list)-1]
}
