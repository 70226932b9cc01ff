package statement

import (
	"regexp"
	"strings"

	"github.com/multigres/multigres/go/common/parser/ast"
)

func typeOf(t *ast.TypeName) Type {
	if t == nil {
		return Type{}
	}
	name := listName(t.Names)
	out := Type{Schema: name.Schema, Name: name.Name, Array: t.ArrayBounds != nil && len(t.ArrayBounds.Items) > 0}
	if out.Schema == "pg_catalog" {
		out.Schema = ""
	}
	plain := true
	for _, m := range items(t.Typmods) {
		i, ok := number(m)
		out.Mods, plain = append(out.Mods, i), plain && ok
	}
	switch {
	case out.Name == "interval" && len(out.Mods) == 2 && out.Mods[0] == ast.INTERVAL_FULL_RANGE:
		out.Mods = out.Mods[1:]
	case out.Name == "interval" && len(out.Mods) > 0, !plain: // day to second; geometry(Point)
		bare := *t
		bare.Names, bare.ArrayBounds = ast.NewNodeList(ast.NewString(out.Name)), nil
		out.Mods, out.Other = nil, strings.ToLower(strings.TrimPrefix(strings.ToLower(spellNode(&bare)), out.Name))
	}
	return out
}

// number reads a modifier that is a whole number.
func number(n ast.Node) (int, bool) {
	switch n := n.(type) {
	case *ast.Integer:
		return n.IVal, true
	case *ast.A_Const:
		return number(n.Val)
	case *ast.A_Expr:
		if i, ok := number(n.Rexpr); ok && n.Lexpr == nil && strings.Join(words(n.Name), "") == "-" {
			return -i, true
		}
	}
	return 0, false
}

var shortFloat = regexp.MustCompile(`(?i)\bfloat\s*\(\s*(0*[89]|0*1\d|0*2[0-4])\s*\)`)

// realFloats spells float(8) to float(24) in the way that the library reads as PostgreSQL does. (Up to v0.1.0 it takes them for
// float8; only up to 7 they are real to it.)
func realFloats(sql string) string {
	if !Mentions(sql, "float") {
		return sql
	}
	var b strings.Builder
	last := 0
	for _, at := range shortFloat.FindAllStringIndex(sql, -1) {
		if strings.Count(sql[:at[0]], "'")%2 == 0 { // not in a text
			b.WriteString(sql[last:at[0]] + "real")
			last = at[1]
		}
	}
	return b.String() + sql[last:]
}
