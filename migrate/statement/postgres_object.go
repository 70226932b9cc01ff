package statement

import (
	"slices"
	"strings"

	"github.com/multigres/multigres/go/common/parser/ast"
)

func readIndex(s *Statement, n ast.Node) bool {
	switch n := n.(type) {
	case *ast.IndexStmt:
		s.Kind, s.Table = CreateIndex, rangeName(n.Relation)
		s.Name = Name{Schema: s.Table.Schema, Name: n.Idxname}
		s.Unique, s.NullsEqual, s.Concurrently, s.IfNotExists = n.Unique, n.NullsNotDistinct, n.Concurrent, n.IfNotExists
		s.Calls = unknownCalls(n)
		s.Odd = n.AccessMethod != "" && n.AccessMethod != "btree" || len(items(n.IndexIncludingParams)) > 0
		s.Partial, s.Only = n.WhereClause != nil, n.Relation != nil && !n.Relation.Inh
		for _, item := range items(n.IndexParams) {
			if e, ok := item.(*ast.IndexElem); ok && e.Name != "" {
				s.Columns, s.Odd = append(s.Columns, e.Name), s.Odd || odd(e)
			} else {
				s.Expressions = true
				s.Raises, s.Reads = s.Raises || raises(item), append(s.Reads, columnsOf(item)...)
			}
		}
		s.Method, s.Classless = n.AccessMethod, classless(items(n.IndexParams))
		s.IndexColumns = indexColumns(append(slices.Clone(items(n.IndexParams)), items(n.IndexIncludingParams)...))
		if n.AccessMethod == "" || n.AccessMethod == "btree" {
			s.Whole = wholeColumns(append(items(n.IndexParams), items(n.IndexIncludingParams)...))
		}
		if n.WhereClause != nil {
			s.Raises, s.Reads = s.Raises || raises(n.WhereClause), append(s.Reads, columnsOf(n.WhereClause)...)
		}
	case *ast.ReindexStmt:
		s.Kind, s.Name, s.Concurrently = Reindex, rangeName(n.Relation), option(n.Params, "concurrently")
		switch n.Kind {
		case ast.REINDEX_OBJECT_INDEX:
			s.Object = "index"
		case ast.REINDEX_OBJECT_TABLE:
			s.Object = "table"
		case ast.REINDEX_OBJECT_SCHEMA:
			s.Object = "schema"
		case ast.REINDEX_OBJECT_DATABASE:
			s.Object = "database"
		default:
			s.Object = "system"
		}
	default:
		return false
	}
	return true
}

// odd says whether a column of an index is there in another than the usual way.
func odd(e *ast.IndexElem) bool {
	return len(items(e.Collation)) > 0 || len(items(e.Opclass)) > 0 || e.Ordering != ast.SORTBY_DEFAULT && e.Ordering != ast.SORTBY_ASC ||
		e.NullsOrdering != ast.SORTBY_NULLS_DEFAULT
}

// readObject reads types, sequences, schemas, extensions, databases, and DROP of anything.
func readObject(s *Statement, n ast.Node) bool {
	switch n := n.(type) {
	case *ast.DropStmt:
		s.drop(n)
	case *ast.CreateSchemaStmt:
		s.Kind, s.Name, s.IfNotExists = CreateSchema, Name{Name: n.Schemaname}, n.IfNotExists
		if len(items(n.SchemaElts)) > 0 {
			s.Kind, s.Message = Opaque, "CREATE SCHEMA with objects inside; create them in statements of their own"
		}
	case *ast.CreateExtensionStmt:
		s.Kind, s.Name, s.IfNotExists = CreateExtension, Name{Name: n.Extname}, n.IfNotExists
	case *ast.AlterExtensionStmt:
		s.Kind, s.Name = AlterExtension, Name{Name: n.Extname}
	case *ast.AlterExtensionContentsStmt:
		s.Kind, s.Name = AlterExtension, Name{Name: n.Extname}
	case *ast.CreateSeqStmt:
		s.Kind, s.Name, s.IfNotExists = CreateSequence, rangeName(n.Sequence), n.IfNotExists
		head, _, _ := strings.Cut(strings.ToUpper(s.SQL), "SEQUENCE") // the library forgets TEMP here
		s.Temporary = temporary(n.Sequence) || strings.Contains(head, "TEMP")
	case *ast.AlterSeqStmt:
		s.Kind, s.Name = AlterSequence, rangeName(n.Sequence)
		s.Columns, s.Named = defNames(n.Options), ownerColumn(n.Options)
	case *ast.CreateStatsStmt:
		s.Kind, s.Name, s.IfNotExists = CreateStatistics, listName(n.DefNames), n.IfNotExists
		s.Columns = statisticsOn(n)
	case *ast.CreatePublicationStmt:
		s.Kind, s.Name, s.Detail = Publication, Name{Name: n.PubName}, "create"
		s.publish(n.PubObjects)
	case *ast.AlterPublicationStmt:
		s.Kind, s.Name, s.Detail = Publication, Name{Name: n.PubName}, "alter"
		if n.Action == ast.AP_SetObjects || n.Action == ast.AP_AddObjects {
			s.Detail = map[bool]string{true: "set", false: "add"}[n.Action == ast.AP_SetObjects]
			s.publish(n.PubObjects)
		}
	case *ast.CreateSubscriptionStmt, *ast.AlterSubscriptionStmt:
		s.Kind = Subscription
	case *ast.CreatedbStmt:
		s.Kind, s.Name = CreateDatabase, Name{Name: n.Dbname}
	case *ast.DropdbStmt:
		s.Kind, s.Name = DropDatabase, Name{Name: n.Dbname}
	case *ast.CreateTableSpaceStmt, *ast.DropTableSpaceStmt, *ast.AlterTableSpaceStmt:
		s.Kind = Tablespace
	default:
		return readType(s, n)
	}
	return true
}

func readType(s *Statement, n ast.Node) bool {
	switch n := n.(type) {
	case *ast.CreateEnumStmt:
		s.Kind, s.Name, s.Values = CreateEnum, listName(n.TypeName), words(n.Vals)
	case *ast.AlterEnumStmt:
		s.Kind, s.Name, s.Detail, s.IfNotExists = AddEnumValue, listName(n.TypeName), n.NewVal, n.SkipIfNewValExists
		if n.OldVal != "" {
			s.Kind, s.Detail, s.NewName = RenameEnumValue, n.OldVal, n.NewVal
		}
	case *ast.CompositeTypeStmt:
		s.Kind, s.Name, s.relations = CreateType, rangeName(n.Typevar), nil
	case *ast.CreateRangeStmt:
		s.Kind, s.Name = CreateType, listName(n.TypeName)
	case *ast.CreateDomainStmt:
		s.Kind, s.Name = CreateDomain, listName(n.Domainname)
		domain := Column{Type: typeOf(n.TypeName)}
		for _, item := range items(n.Constraints) {
			k, ok := item.(*ast.Constraint)
			switch {
			case ok && k.Contype == ast.CONSTR_DEFAULT:
				domain.Default = defaultOf(k.RawExpr)
			case ok && k.Contype != ast.CONSTR_NULL:
				s.Constraints = append(s.Constraints, constraintOf(k))
			}
		}
		s.Definition = []Column{domain}
	case *ast.AlterDomainStmt:
		s.alterDomain(n)
	default:
		return false
	}
	return true
}

// alterDomain's Detail is what is done: "set default", "drop not null", "set not null", "add constraint", "drop
// constraint", "validate constraint".
func (s *Statement) alterDomain(n *ast.AlterDomainStmt) {
	s.Kind, s.Name, s.Cascade = AlterDomain, listName(n.TypeName), n.Behavior == ast.DropCascade
	switch n.Subtype {
	case 'T':
		s.Detail = "set default"
	case 'N':
		s.Detail = "drop not null"
	case 'O':
		s.Detail = "set not null"
	case 'C':
		s.Detail = "add constraint"
	case 'X':
		s.Detail = "drop constraint"
	case 'V':
		s.Detail = "validate constraint"
	}
	if k, ok := n.Def.(*ast.Constraint); ok {
		s.Constraints = []Constraint{constraintOf(k)}
	}
}

// dropKind names what a DROP drops, "" for what we do not model.
func dropKind(t ast.ObjectType) Kind {
	switch t {
	case ast.OBJECT_TABLE, ast.OBJECT_FOREIGN_TABLE:
		return DropTable
	case ast.OBJECT_INDEX:
		return DropIndex
	case ast.OBJECT_VIEW:
		return DropView
	case ast.OBJECT_MATVIEW:
		return DropMatView
	case ast.OBJECT_SEQUENCE:
		return DropSequence
	case ast.OBJECT_TYPE, ast.OBJECT_DOMAIN:
		return DropType
	case ast.OBJECT_FUNCTION, ast.OBJECT_PROCEDURE, ast.OBJECT_ROUTINE, ast.OBJECT_AGGREGATE:
		return DropFunction
	case ast.OBJECT_TRIGGER:
		return DropTrigger
	case ast.OBJECT_RULE:
		return DropRule
	case ast.OBJECT_POLICY:
		return DropPolicy
	case ast.OBJECT_SCHEMA:
		return DropSchema
	case ast.OBJECT_EXTENSION:
		return DropExtension
	case ast.OBJECT_STATISTIC_EXT:
		return DropStatistics
	case ast.OBJECT_PUBLICATION:
		return Publication
	case ast.OBJECT_EVENT_TRIGGER:
		return EventTrigger
	}
	return ""
}

func (s *Statement) drop(n *ast.DropStmt) {
	s.Kind = dropKind(n.RemoveType)
	s.IfExists, s.Cascade, s.Concurrently = n.MissingOk, n.Behavior == ast.DropCascade, n.Concurrent
	switch s.Kind {
	case "":
		s.Kind, s.Message = Opaque, "teal does not know DROP of this kind of object"
	case DropTrigger, DropRule, DropPolicy:
		// These are spelt as one name: table, then the object.
		parts := words(n.Objects)
		if len(parts) > 1 {
			s.Table = dotted(parts[:len(parts)-1])
			s.Name = Name{Name: parts[len(parts)-1]}
			s.Names = []Name{s.Name}
		}
		return
	}
	for _, o := range items(n.Objects) {
		s.Names = append(s.Names, nodeName(o))
		if f, ok := o.(*ast.ObjectWithArgs); ok && len(items(f.Objargs)) > 0 {
			s.Arguments = true
		}
	}
	if len(s.Names) > 0 {
		s.Name = s.Names[0]
	}
}
