package statement

import (
	"slices"

	"github.com/multigres/multigres/go/common/parser/ast"
)

// wholeColumns are the columns whose whole value is in what the items of an index compute, each once.
func wholeColumns(list []ast.Node) []string {
	var out []string
	add := func(name string) {
		if name != "" && !slices.Contains(out, name) {
			out = append(out, name)
		}
	}
	for _, item := range list {
		walk(item, func(n ast.Node) bool {
			if e, ok := n.(*ast.IndexElem); ok {
				add(e.Name)
			}
			if short(n) {
				return false
			}
			add(columnRef(n))
			return true
		})
	}
	return out
}

// short says whether an expression is of a few bytes however long the values in it are.
func short(n ast.Node) bool {
	switch n := n.(type) {
	case *ast.NullTest, *ast.BooleanTest, *ast.BoolExpr:
		return true
	case *ast.A_Expr:
		names := words(n.Name)
		return len(names) > 0 && slices.Contains([]string{"=", "<>", "!=", "<", ">", "<=", ">=", "~", "~*", "!~", "!~*", "~~", "!~~", "~~*", "!~~*",
			"@>", "<@", "&&", "?", "?|", "?&", "IN", "NOT IN", "BETWEEN", "NOT BETWEEN"}, names[len(names)-1])
	case *ast.FuncCall:
		return slices.Contains([]string{"md5", "length", "char_length", "octet_length", "bit_length", "hashtext", "hashtextextended", "sha224", "sha256", "sha384",
			"sha512", "left", "right", "ascii", "date_part", "extract", "date_trunc", "strpos", "position", "cardinality", "array_length", "jsonb_typeof",
			"json_typeof", "jsonb_array_length", "starts_with", "num_nulls", "num_nonnulls"}, plainFunction(n))
	case *ast.TypeCast:
		return slices.Contains([]string{"bool", "int2", "int4", "int8", "float4", "float8", "date", "time", "timetz", "timestamp", "timestamptz", "interval", "uuid",
			"inet", "cidr", "macaddr", "oid"}, typeOf(n.TypeName).Name)
	}
	return false
}
