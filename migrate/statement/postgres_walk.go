package statement

import (
	"reflect"

	"github.com/multigres/multigres/go/common/parser/ast"
)

// walk visits every node of a tree, parents first. It goes by reflection, because the library's own walker leaves nodes
// out and a forgotten one would be a table nobody locks. visit returns false to stay out of a node.
func walk(n any, visit func(ast.Node) bool) { walkValue(reflect.ValueOf(n), visit) }

func walkValue(v reflect.Value, visit func(ast.Node) bool) {
	switch v.Kind() {
	case reflect.Interface:
		walkValue(v.Elem(), visit)
	case reflect.Pointer:
		if v.IsNil() {
			return
		}
		if n, ok := v.Interface().(ast.Node); ok && !visit(n) {
			return
		}
		walkValue(v.Elem(), visit)
	case reflect.Struct:
		for i := range v.NumField() {
			f := v.Field(i)
			switch f.Kind() { // most fields are words and numbers, and are not worth a call
			case reflect.Interface, reflect.Pointer, reflect.Struct, reflect.Slice:
				if f.CanInterface() { // an exported field; the type's own word on that costs an allocation
					walkValue(f, visit)
				}
			}
		}
	case reflect.Slice:
		for i := range v.Len() {
			walkValue(v.Index(i), visit)
		}
	}
}

// relationsOf collects the relations a tree names. The name of a WITH query is none, except inside that query itself,
// where (without RECURSIVE) it means the table of that name.
func relationsOf(n ast.Node) []Name {
	ctes := map[string]bool{}
	walk(n, func(n ast.Node) bool {
		if c, ok := n.(*ast.CommonTableExpr); ok {
			ctes[c.Ctename] = true
		}
		return true
	})
	s := Statement{}
	collectRelations(n, ctes, &s)
	return s.relations
}

func collectRelations(n ast.Node, ctes map[string]bool, into *Statement) {
	walk(n, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.WithClause:
			for _, c := range items(n.Ctes) {
				collectCTE(c, n.Recursive, ctes, into)
			}
			return false
		case *ast.InsertStmt:
			into.addRelations(rangeName(n.Relation))
		case *ast.UpdateStmt:
			into.addRelations(rangeName(n.Relation))
		case *ast.DeleteStmt:
			into.addRelations(rangeName(n.Relation))
		case *ast.RangeVar:
			if n.SchemaName != "" || !ctes[n.RelName] {
				into.addRelations(rangeName(n))
			}
			return false
		}
		return true
	})
}

func collectCTE(n ast.Node, recursive bool, ctes map[string]bool, into *Statement) {
	c, ok := n.(*ast.CommonTableExpr)
	if !ok {
		return
	}
	inside := make(map[string]bool, len(ctes))
	for name := range ctes {
		inside[name] = recursive || name != c.Ctename
	}
	if c.Ctequery != nil {
		collectRelations(c.Ctequery, inside, into)
	}
}

// volatility guesses how an expression behaves: Volatile as soon as it calls a function that we do not know.
func volatility(n ast.Node) Volatility {
	v := Constant
	walk(n, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.FuncCall:
			switch functionBehaviour(plainFunction(n)) {
			case immutable:
			case stable:
				if v == Constant {
					v = Stable
				}
			default:
				v = Volatile
			}
		case *ast.SQLValueFunction:
			if v == Constant {
				v = Stable
			}
		case *ast.NextValueExpr, *ast.SubLink:
			v = Volatile
		}
		return true
	})
	return v
}

// plainFunction is a built-in function's name, "" for one in a schema of its own.
func plainFunction(f *ast.FuncCall) string {
	name := listName(f.Funcname)
	if name.Schema != "" && name.Schema != "pg_catalog" {
		return ""
	}
	return name.Name
}

// unknownCalls are the functions in a tree of which we do not know that they only compute.
func unknownCalls(n ast.Node) []string {
	var out []string
	walk(n, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.FuncCall:
			if functionBehaviour(plainFunction(n)) == unknown {
				out = append(out, listName(n.Funcname).String())
			}
		case *ast.NextValueExpr:
			out = append(out, "nextval")
		}
		return true
	})
	return out
}
