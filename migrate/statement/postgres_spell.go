package statement

import (
	"reflect"

	"github.com/multigres/multigres/go/common/parser"
	"github.com/multigres/multigres/go/common/parser/ast"
)

// Reserved says whether a name must stand in quotes although it has no odd letters, because it is a keyword.
func Reserved(name string) bool {
	k := parser.LookupKeyword(name)
	return k != nil && k.Category != parser.UnreservedKeyword
}

// spellCommand writes out the expressions of an ALTER TABLE command, for advice that is to be copied.
func (c *Command) spellCommand(n *ast.AlterTableCmd) {
	switch d := n.Def.(type) {
	case *ast.Constraint:
		if c.Constraint != nil {
			c.Constraint.SQL = spellConstraint(d)
		}
	case *ast.ColumnDef:
		if c.Column != nil {
			c.Column.spell(d)
		}
	default:
		if c.Default != nil && n.Def != nil {
			c.Default.SQL = spellNode(n.Def)
		}
	}
}

func (c *Column) spell(d *ast.ColumnDef) {
	i := 0
	for _, item := range items(d.Constraints) {
		k, ok := item.(*ast.Constraint)
		if !ok {
			continue
		}
		switch k.Contype {
		case ast.CONSTR_DEFAULT:
			c.Default.SQL = spellNode(k.RawExpr)
		case ast.CONSTR_GENERATED:
			c.Expression = spellNode(k.RawExpr)
		case ast.CONSTR_CHECK, ast.CONSTR_PRIMARY, ast.CONSTR_UNIQUE, ast.CONSTR_EXCLUSION, ast.CONSTR_FOREIGN:
			if c.Constraints[i].SQL = spellConstraint(k); k.Contype == ast.CONSTR_FOREIGN {
				c.Constraints[i].SQL = "FOREIGN KEY (" + ast.QuoteIdentifier(c.Name) + ") " + c.Constraints[i].SQL
			}
			i++
		case ast.CONSTR_ATTR_DEFERRABLE, ast.CONSTR_ATTR_DEFERRED: // said of the constraint before
			if i > 0 {
				c.Constraints[i-1].SQL += map[bool]string{true: " DEFERRABLE", false: " INITIALLY DEFERRED"}[k.Contype == ast.CONSTR_ATTR_DEFERRABLE]
			}
		}
	}
}

// spellConstraint is the constraint without its name and without NOT VALID.
func spellConstraint(k *ast.Constraint) string {
	bare := *k
	bare.Conname, bare.InitiallyValid, bare.SkipValidation = "", true, false
	return spellNode(&bare)
}

// spellNode writes a part of the tree as SQL, "" where the library cannot.
func spellNode(n ast.Node) (sql string) {
	defer func() {
		if recover() != nil {
			sql = ""
		}
	}()
	return n.SqlString()
}

// constants are the texts of a list of constants; what is none has "".
func constants(list *ast.NodeList) []string {
	var out []string
	for _, n := range items(list) {
		if c, ok := n.(*ast.A_Const); ok && c.Val != nil {
			n = c.Val
		}
		text := ""
		if s, ok := n.(*ast.String); ok {
			text = s.SVal
		}
		out = append(out, text)
	}
	return out
}

// SpellCommands writes each command of an ALTER TABLE as a statement of its own. It is false where the library's spelling
// does not read back as the same command, so what it returns may be run.
func SpellCommands(s *Statement) ([]string, bool) {
	if s.Kind != AlterTable || len(s.Commands) == 0 {
		return nil, false
	}
	if len(s.Commands) == 1 {
		return []string{s.SQL}, true
	}
	nodes, err := parser.ParseSQL(s.SQL)
	if err != nil || len(nodes) != 1 {
		return nil, false
	}
	alter, ok := nodes[0].(*ast.AlterTableStmt)
	if !ok || len(items(alter.Cmds)) != len(s.Commands) {
		return nil, false
	}
	out := make([]string, len(s.Commands))
	for i, item := range items(alter.Cmds) {
		one := *alter
		one.Cmds = &ast.NodeList{Items: []ast.Node{item}}
		out[i] = spellNode(&one)
		again := model(Piece{Text: out[i]})
		if again.Kind != s.Kind || again.Name != s.Name || again.Only != s.Only || again.IfExists != s.IfExists || len(again.Commands) != 1 ||
			!reflect.DeepEqual(again.Commands[0], s.Commands[i]) {
			return nil, false
		}
	}
	return out, true
}
