package statement

import (
	"slices"
	"strings"

	"github.com/multigres/multigres/go/common/parser/ast"
)

// columnsOf are the columns that an expression names, each once.
func columnsOf(n ast.Node) []string {
	var out []string
	walk(n, func(n ast.Node) bool {
		if c := columnRef(n); c != "" && !slices.Contains(out, c) {
			out = append(out, c)
		}
		return true
	})
	return out
}

// neverNull says whether an expression of a default surely gives a value.
func neverNull(n ast.Node) bool {
	sure := true
	walk(n, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.A_Const:
			sure = sure && !n.Isnull
		case *ast.FuncCall:
			sure = sure && givesValue(plainFunction(n))
		case *ast.A_Expr:
			sure = sure && !strings.ContainsAny(strings.Join(words(n.Name), ""), "#?@>") && n.Kind == ast.AEXPR_OP
		case *ast.CaseExpr, *ast.SubLink, *ast.ColumnRef, *ast.A_Indirection:
			sure = false
		}
		return sure
	})
	return sure
}

// givesValue says whether a built-in function gives a value for values.
func givesValue(name string) bool {
	switch name {
	case "nextval", "concat", "to_char", "to_timestamp", "make_interval", "make_date", "json_build_object", "jsonb_build_object",
		"json_build_array", "jsonb_build_array", "timezone", "date_trunc", "date_part", "extract", "lower", "upper", "md5", "length",
		"now", "transaction_timestamp", "statement_timestamp", "clock_timestamp", "random", "gen_random_uuid", "uuid_generate_v1",
		"uuid_generate_v4", "uuidv4", "uuidv7", "txid_current", "pg_current_xact_id", "age", "floor", "ceil", "round", "encode",
		"gen_random_bytes", "replace", "substr", "left", "right", "sha256", "repeat":
		return true
	}
	return false
}

// raises says whether an expression may fail for some value of its columns: arithmetic overflows, casts refuse. Limits of
// size are not counted: a btree's has Statement.Whole, a tsvector's megabyte nothing. What we do not know may fail.
func raises(n ast.Node) bool {
	found := false
	walk(n, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.A_Expr:
			found = found || !totalOperator(n)
		case *ast.FuncCall:
			found = found || !totalFunction(plainFunction(n))
		case *ast.TypeCast:
			found = found || len(columnsOf(n.Arg)) > 0 && !totalCast(typeOf(n.TypeName))
		}
		return !found
	})
	return found
}

func totalCast(t Type) bool {
	return !t.Array && t.Schema == "" && (t.Name == "text" || t.Name == "varchar")
}

func totalOperator(n *ast.A_Expr) bool {
	names := words(n.Name)
	if len(names) == 0 {
		return false
	}
	switch names[len(names)-1] {
	case "=", "<>", "!=", "<", ">", "<=", ">=", "||", "->", "->>", "#>", "#>>", "?", "?|", "?&", "@>", "<@", "&&",
		"BETWEEN", "NOT BETWEEN", "BETWEEN SYMMETRIC", "NOT BETWEEN SYMMETRIC", "IN", "NOT IN":
		return true
	case "~", "~*", "!~", "!~*", "~~", "!~~", "~~*", "!~~*":
		return len(columnsOf(n.Rexpr)) == 0 // a pattern from a column may be none
	}
	return false
}

// strictFunction says whether a built-in function fails for nothing and gives NULL for NULL.
func strictFunction(name string) bool {
	switch name {
	case "lower", "upper", "initcap", "length", "char_length", "octet_length", "bit_length", "btrim", "ltrim", "rtrim", "trim", "md5",
		"date_part", "date_trunc", "extract", "cardinality", "jsonb_typeof", "json_typeof", "to_tsvector", "reverse", "starts_with", "strpos",
		"position", "sign", "isfinite", "array_length", "left", "right":
		return true
	}
	return false
}

func totalFunction(name string) bool {
	switch name {
	case "coalesce", "concat", "concat_ws", "nullif", "greatest", "least", "num_nulls", "num_nonnulls":
		return true
	}
	return strictFunction(name)
}

// nullPasses says whether a CHECK is surely not false while the column is NULL, whatever the other columns hold.
func nullPasses(n ast.Node, column string) bool {
	switch n := n.(type) {
	case *ast.ParenExpr:
		return nullPasses(n.Expr, column)
	case *ast.NullTest:
		return n.Nulltesttype == ast.IS_NULL && columnRef(n.Arg) == column
	case *ast.BoolExpr:
		pass := func(arg ast.Node) bool { return nullPasses(arg, column) }
		switch n.Boolop {
		case ast.AND_EXPR:
			return !slices.ContainsFunc(items(n.Args), func(arg ast.Node) bool { return !pass(arg) })
		case ast.OR_EXPR:
			return slices.ContainsFunc(items(n.Args), pass)
		}
	}
	return nullWith(n, column)
}

// nullWith says whether an expression is NULL as soon as the column is.
func nullWith(n ast.Node, column string) bool {
	switch n := n.(type) {
	case *ast.ColumnRef:
		return columnRef(n) == column
	case *ast.ParenExpr:
		return nullWith(n.Expr, column)
	case *ast.TypeCast:
		return nullWith(n.Arg, column)
	case *ast.CollateClause:
		return nullWith(n.Arg, column)
	case *ast.BoolExpr:
		return !slices.ContainsFunc(items(n.Args), func(arg ast.Node) bool { return !nullWith(arg, column) })
	case *ast.FuncCall:
		return strictFunction(plainFunction(n)) && slices.ContainsFunc(items(n.Args), func(arg ast.Node) bool { return nullWith(arg, column) })
	case *ast.A_Expr:
		switch n.Kind {
		case ast.AEXPR_OP, ast.AEXPR_LIKE, ast.AEXPR_ILIKE:
			return nullWith(n.Lexpr, column) || nullWith(n.Rexpr, column)
		case ast.AEXPR_OP_ANY, ast.AEXPR_IN, ast.AEXPR_BETWEEN, ast.AEXPR_NOT_BETWEEN:
			return nullWith(n.Lexpr, column)
		}
	}
	return false
}

// notNulls are the columns of which an expression demands that they are not NULL: "a IS NOT NULL AND …".
func notNulls(n ast.Node) []string {
	switch n := n.(type) {
	case *ast.ParenExpr:
		return notNulls(n.Expr)
	case *ast.BoolExpr:
		if n.Boolop != ast.AND_EXPR {
			return nil
		}
		var out []string
		for _, arg := range items(n.Args) {
			out = append(out, notNulls(arg)...)
		}
		return out
	case *ast.NullTest:
		if c := columnRef(n.Arg); c != "" && n.Nulltesttype == ast.IS_NOT_NULL {
			return []string{c}
		}
	}
	return nil
}
