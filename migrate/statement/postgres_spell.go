package statement

import (
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
		case ast.CONSTR_CHECK, ast.CONSTR_PRIMARY, ast.CONSTR_UNIQUE, ast.CONSTR_EXCLUSION, ast.CONSTR_FOREIGN:
			if c.Constraints[i].SQL = spellConstraint(k); k.Contype == ast.CONSTR_FOREIGN {
				c.Constraints[i].SQL = "FOREIGN KEY (" + ast.QuoteIdentifier(c.Name) + ") " + c.Constraints[i].SQL
			}
			i++
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
