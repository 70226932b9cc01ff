package statement

import (
	"reflect"

	"github.com/multigres/multigres/go/common/parser"
	"github.com/multigres/multigres/go/common/parser/ast"
)

// SpellTable reads a CREATE TABLE again with its expressions written out, which Parse saves itself. False: it is none.
func SpellTable(s *Statement) ([]Column, []Constraint, bool) {
	n, ok := treeOf(s.SQL).(*ast.CreateStmt)
	if !ok {
		return nil, nil, false
	}
	var columns []Column
	var constraints []Constraint
	for _, e := range items(n.TableElts) {
		switch e := e.(type) {
		case *ast.ColumnDef:
			c := columnOf(e)
			c.spell(e)
			columns, constraints = append(columns, c), append(constraints, c.Constraints...)
		case *ast.Constraint:
			k := constraintOf(e)
			k.SQL = spellConstraint(e)
			constraints = append(constraints, k)
		}
	}
	return columns, constraints, true
}

// RetellFor writes a CREATE INDEX, or the one constraint of an ALTER TABLE … ADD, as it is for another column of the table. It
// is false where the library's spelling does not read back as the same statement, so what it returns may be run.
func RetellFor(sql, column, other string) (string, bool) {
	tree := treeOf(sql)
	if tree == nil || !sameTree(tree, treeOf(spellNode(tree))) {
		return "", false
	}
	if i, ok := tree.(*ast.IndexStmt); ok {
		i.Idxname, i.Concurrent, i.IfNotExists = "", false, false
	}
	walk(tree, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.IndexElem:
			if n.Name == column {
				n.Name = other
			}
		case *ast.Constraint:
			n.Conname = ""
			renameStrings(n.Keys, column, other)
			renameStrings(n.FkAttrs, column, other)
		case *ast.ColumnRef:
			if columnRef(n) == column {
				last := n.Fields.Items[len(n.Fields.Items)-1:]
				renameStrings(&ast.NodeList{Items: last}, column, other)
			}
		}
		return true
	})
	out := spellNode(tree)
	return out, sameTree(tree, treeOf(out))
}

func renameStrings(list *ast.NodeList, from, to string) {
	for _, n := range items(list) {
		if s, ok := n.(*ast.String); ok && s.SVal == from {
			s.SVal = to
		}
	}
}

// Conversion is the USING of an ALTER COLUMN … TYPE.
type Conversion struct {
	SQL   string   // over the table's columns
	New   string   // over NEW, in a trigger
	Reads []string // columns
	Casts int      // how many
	Plain bool     // the column, cast or not, and nothing else
	Zone  string   // of "column AT TIME ZONE 'zone'", as SQL; then the inverse says the same of the new column
}

// ConversionOf reads the USING of an ALTER TABLE with one command. It is false where there is none, or the library's spelling
// does not read back as the same.
func ConversionOf(sql string) (Conversion, bool) {
	tree, ok := treeOf(sql).(*ast.AlterTableStmt)
	if !ok || len(items(tree.Cmds)) != 1 {
		return Conversion{}, false
	}
	command, ok := tree.Cmds.Items[0].(*ast.AlterTableCmd)
	if !ok {
		return Conversion{}, false
	}
	d, ok := command.Def.(*ast.ColumnDef)
	if !ok || d.RawDefault == nil {
		return Conversion{}, false
	}
	c := Conversion{SQL: spellNode(d.RawDefault), Reads: columnsOf(d.RawDefault)}
	c.shape(d.RawDefault)
	if c.Zone != "" { // the library spells it as the function behind it
		c.SQL, c.New = c.inZone(c.Reads[0]), "new."+c.inZone(c.Reads[0])
		return c, true
	}
	if !sameTree(tree, treeOf(spellNode(tree))) {
		return Conversion{}, false
	}
	walk(d.RawDefault, func(n ast.Node) bool {
		if ref, ok := n.(*ast.ColumnRef); ok && columnRef(ref) != "" {
			ref.Fields.Items = []ast.Node{ast.NewString("new"), ref.Fields.Items[len(ref.Fields.Items)-1]}
		}
		return true
	})
	c.New = spellNode(d.RawDefault)
	return c, c.SQL != "" && c.New != ""
}

// shape recognises what has an inverse.
func (c *Conversion) shape(n ast.Node) {
	switch n := n.(type) {
	case *ast.ParenExpr:
		c.shape(n.Expr)
	case *ast.TypeCast:
		c.Casts++
		c.shape(n.Arg)
	case *ast.ColumnRef:
		c.Plain = columnRef(n) != ""
	case *ast.FuncCall:
		args := items(n.Args)
		if len(args) == 0 {
			return
		}
		if zone, ok := args[0].(*ast.A_Const); ok && c.Casts == 0 && len(args) == 2 && plainFunction(n) == "timezone" && columnRef(args[1]) != "" {
			c.Zone = spellNode(zone)
		}
	}
}

func (c *Conversion) inZone(column string) string {
	return ast.QuoteIdentifier(column) + " AT TIME ZONE " + c.Zone
}

// treeOf is the tree of one statement, nil where there is none.
func treeOf(sql string) (n ast.Node) {
	defer func() {
		if recover() != nil { // the library may panic on odd input
			n = nil
		}
	}()
	nodes, err := parser.ParseSQL(sql)
	if err != nil || len(nodes) != 1 {
		return nil
	}
	return nodes[0]
}

// sameTree compares two trees but for the places in the text. It clears those.
func sameTree(a, b ast.Node) bool {
	if a == nil || b == nil {
		return false
	}
	for _, n := range []ast.Node{a, b} {
		walk(n, func(n ast.Node) bool {
			v := reflect.Indirect(reflect.ValueOf(n))
			for _, name := range []string{"Loc", "NameLocation", "StmtLocation", "StmtLen"} {
				if f := v.FieldByName(name); v.Kind() == reflect.Struct && f.IsValid() && f.CanSet() && f.Kind() == reflect.Int {
					f.SetInt(0)
				}
			}
			return true
		})
	}
	return reflect.DeepEqual(a, b)
}
