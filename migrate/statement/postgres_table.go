package statement

import "github.com/multigres/multigres/go/common/parser/ast"

// readTable reads CREATE, ALTER and TRUNCATE of tables and the objects that ALTER treats like them.
func readTable(s *Statement, n ast.Node) bool {
	switch n := n.(type) {
	case *ast.CreateStmt:
		s.createTable(n)
	case *ast.CreateTableAsStmt:
		s.createTableAs(n)
	case *ast.AlterTableStmt:
		s.alterTable(n)
	case *ast.TruncateStmt:
		s.Kind, s.Names, s.Cascade = Truncate, rangeNames(n.Relations), n.Behavior == ast.DropCascade
		if len(s.Names) > 0 {
			s.Name = s.Names[0]
		}
	default:
		return false
	}
	return true
}

func (s *Statement) createTable(n *ast.CreateStmt) {
	s.Kind, s.Name, s.IfNotExists = CreateTable, rangeName(n.Relation), n.IfNotExists
	s.Temporary = temporary(n.Relation)
	s.Partitioned, s.IsDefault = n.PartSpec != nil, n.PartBound != nil && n.PartBound.IsDefault
	s.PartitionKey = partitionKey(n.PartSpec)
	for _, parent := range rangeNames(n.InhRelations) {
		if n.PartBound != nil {
			s.PartitionOf = parent
		} else {
			s.Inherits = append(s.Inherits, parent)
		}
	}
	for _, e := range items(n.TableElts) {
		switch e := e.(type) {
		case *ast.ColumnDef:
			c := columnOf(e)
			c.spell(e)
			s.Definition = append(s.Definition, c)
			s.Constraints = append(s.Constraints, c.Constraints...)
		case *ast.Constraint:
			c := constraintOf(e)
			c.SQL = spellConstraint(e)
			s.Constraints = append(s.Constraints, c)
		case *ast.TableLikeClause:
			s.Like = append(s.Like, rangeName(e.Relation))
		}
	}
	for _, c := range n.Constraints {
		s.Constraints = append(s.Constraints, constraintOf(c))
	}
}

func (s *Statement) createTableAs(n *ast.CreateTableAsStmt) {
	s.Kind, s.IfNotExists = CreateTableAs, n.IfNotExists
	if n.ObjType == ast.OBJECT_MATVIEW {
		s.Kind = CreateMatView
	}
	if n.Into != nil {
		s.Name = rangeName(n.Into.Rel)
		s.Temporary = temporary(n.Into.Rel)
	}
	s.Calls, s.Writes = unknownCalls(n.Query), writes(n.Query)
	if s.Kind == CreateMatView {
		s.define(Name{}, n.Query)
	}
}

func (s *Statement) alterTable(n *ast.AlterTableStmt) {
	s.Name, s.IfExists = rangeName(n.Relation), n.MissingOk
	s.Only = n.Relation != nil && !n.Relation.Inh
	switch n.Objtype {
	case ast.OBJECT_TABLE:
		s.Kind = AlterTable
	case ast.OBJECT_INDEX:
		s.Kind = AlterIndex
	case ast.OBJECT_VIEW:
		s.Kind = AlterView
	case ast.OBJECT_MATVIEW:
		s.Kind = AlterMatView
	case ast.OBJECT_SEQUENCE:
		s.Kind = AlterSequence
	case ast.OBJECT_TYPE:
		s.Kind = AlterType
		s.relations = nil
	default:
		s.Kind, s.Message = Opaque, "teal does not know ALTER of this kind of object"
	}
	for _, item := range items(n.Cmds) {
		if c, ok := item.(*ast.AlterTableCmd); ok {
			s.Commands = append(s.Commands, commandOf(c))
		} else {
			s.Commands = append(s.Commands, Command{Kind: OtherCommand})
		}
	}
}

// temporary says whether a relation that is made is gone with the session.
func temporary(r *ast.RangeVar) bool {
	return r != nil && (r.RelPersistence == 't' || r.SchemaName == "pg_temp")
}

func columnOf(n *ast.ColumnDef) Column {
	c := Column{Name: n.Colname, Type: typeOf(n.TypeName), NotNull: n.IsNotNull, Collation: n.Collclause != nil}
	if n.RawDefault != nil {
		c.Default = defaultOf(n.RawDefault)
	}
	for _, item := range items(n.Constraints) {
		k, ok := item.(*ast.Constraint)
		if !ok {
			continue
		}
		switch k.Contype {
		case ast.CONSTR_NOTNULL:
			c.NotNull = true
		case ast.CONSTR_DEFAULT:
			c.Default = defaultOf(k.RawExpr)
		case ast.CONSTR_IDENTITY:
			c.Identity, c.NotNull = identityOf(k.GeneratedWhen), true
		case ast.CONSTR_GENERATED:
			c.Generated, c.Raises, c.Reads = true, raises(k.RawExpr), columnsOf(k.RawExpr)
		case ast.CONSTR_CHECK, ast.CONSTR_PRIMARY, ast.CONSTR_UNIQUE, ast.CONSTR_EXCLUSION, ast.CONSTR_FOREIGN:
			constraint := constraintOf(k)
			constraint.NullPasses = k.Contype == ast.CONSTR_CHECK && nullPasses(k.RawExpr, c.Name)
			if len(constraint.Columns) == 0 {
				constraint.Columns = []string{c.Name}
			}
			c.Constraints = append(c.Constraints, constraint)
		}
	}
	return c
}

func identityOf(when byte) string {
	if when == ast.ATTRIBUTE_IDENTITY_ALWAYS {
		return "always"
	}
	return "by default"
}

func defaultOf(n ast.Node) *Default {
	d := &Default{Volatility: volatility(n), NeverNull: neverNull(n)}
	d.Calls, d.Draws = drawn(n)
	casts := 0
	for ; ; casts++ {
		cast, ok := n.(*ast.TypeCast)
		if !ok {
			break
		}
		n, d.Cast = cast.Arg, typeOf(cast.TypeName)
	}
	if c, ok := n.(*ast.A_Const); ok {
		if d.Null = c.Isnull; casts < 2 {
			d.Literal = spellNode(c)
		}
	}
	return d
}

func constraintOf(k *ast.Constraint) Constraint {
	c := Constraint{Name: k.Conname, Columns: words(k.Keys), NotValid: k.SkipValidation, UsingIndex: k.Indexname,
		Deferrable: k.Deferrable}
	switch k.Contype {
	case ast.CONSTR_CHECK:
		c.Kind = Check
		c.NotNullColumn, c.NotNulls, c.Reads = notNullColumn(k.RawExpr), notNulls(k.RawExpr), columnsOf(k.RawExpr)
		c.NullPasses = len(c.Reads) == 1 && nullPasses(k.RawExpr, c.Reads[0])
		c.Calls = unknownCalls(k.RawExpr)
	case ast.CONSTR_FOREIGN:
		c.Kind, c.References = ForeignKey, rangeName(k.Pktable)
		c.Columns, c.RefersTo, c.OnDelete = words(k.FkAttrs), words(k.PkAttrs), onDelete(k.FkDelAction)
	case ast.CONSTR_UNIQUE:
		c.Kind, c.NullsNotDistinct, c.Reads = UniqueKey, k.NullsNotDistinct, words(k.Including)
	case ast.CONSTR_PRIMARY:
		c.Kind, c.Reads = PrimaryKey, words(k.Including)
	case ast.CONSTR_EXCLUSION:
		c.Kind = Exclude
		c.Columns, c.Reads = excluded(k)
	case ast.CONSTR_NOTNULL:
		c.Kind = NotNull
	}
	return c
}

// excluded are the columns that an EXCLUDE compares, and those that it computes with or includes.
func excluded(k *ast.Constraint) (compares, reads []string) {
	walk(k.Exclusions, func(n ast.Node) bool {
		if e, ok := n.(*ast.IndexElem); ok && e.Name != "" {
			compares = append(compares, e.Name)
		}
		return true
	})
	return compares, append(append(columnsOf(k.Exclusions), columnsOf(k.WhereClause)...), words(k.Including)...)
}

func onDelete(action byte) string {
	switch action {
	case ast.FKCONSTR_ACTION_CASCADE:
		return "cascade"
	case ast.FKCONSTR_ACTION_SETNULL:
		return "set null"
	case ast.FKCONSTR_ACTION_SETDEFAULT:
		return "set default"
	}
	return ""
}

// notNullColumn is c where the expression is exactly "c IS NOT NULL".
func notNullColumn(n ast.Node) string {
	if p, ok := n.(*ast.ParenExpr); ok {
		return notNullColumn(p.Expr)
	}
	t, ok := n.(*ast.NullTest)
	if !ok || t.Nulltesttype != ast.IS_NOT_NULL {
		return ""
	}
	return columnRef(t.Arg)
}

// columnRef is the column's name where the node is a plain reference: c or t.c.
func columnRef(n any) string {
	switch n := n.(type) {
	case *ast.ParenExpr:
		return columnRef(n.Expr)
	case *ast.ColumnRef:
		if names := words(n.Fields); len(names) > 0 && len(names) == len(items(n.Fields)) {
			return names[len(names)-1]
		}
	}
	return ""
}
