package statement

import (
	"strings"

	"github.com/multigres/multigres/go/common/parser/ast"
)

// ownerColumn is the column behind OWNED BY; none for OWNED BY NONE.
func ownerColumn(options *ast.NodeList) []Named {
	for _, n := range items(options) {
		d, ok := n.(*ast.DefElem)
		if !ok || d.Defname != "owned_by" {
			continue
		}
		if list, ok := d.Arg.(*ast.NodeList); ok {
			if parts := words(list); len(parts) > 1 {
				last := len(parts) - 1
				return []Named{{Table: dotted(parts[:last]), Column: parts[last]}}
			}
		}
	}
	return nil
}

// drawn are the sequences from which an expression draws by a name that is written there, and the other functions whose
// effect we do not know.
func drawn(n ast.Node) (calls []string, sequences []Name) {
	named := 0
	walk(n, func(n ast.Node) bool {
		if f, ok := n.(*ast.FuncCall); ok && plainFunction(f) == "nextval" {
			if name, ok := sequenceIn(f); ok {
				sequences, named = append(sequences, name), named+1
			}
		}
		return true
	})
	for _, call := range unknownCalls(n) {
		if strings.TrimPrefix(call, "pg_catalog.") == "nextval" && named > 0 {
			named--
			continue
		}
		calls = append(calls, call)
	}
	return calls, sequences
}

// sequenceIn is the name in nextval('name'). One in quotes is not read.
func sequenceIn(f *ast.FuncCall) (Name, bool) {
	args := items(f.Args)
	if len(args) != 1 {
		return Name{}, false
	}
	n := args[0]
	for {
		cast, ok := n.(*ast.TypeCast)
		if !ok {
			break
		}
		n = cast.Arg
	}
	c, ok := n.(*ast.A_Const)
	if !ok {
		return Name{}, false
	}
	text, ok := c.Val.(*ast.String)
	if !ok || strings.Contains(text.SVal, `"`) {
		return Name{}, false
	}
	return dotted(strings.Split(strings.ToLower(text.SVal), ".")), true
}
