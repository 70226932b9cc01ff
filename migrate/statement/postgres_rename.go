package statement

import "github.com/multigres/multigres/go/common/parser/ast"

// readRename reads RENAME, SET SCHEMA and OWNER TO of any object.
func readRename(s *Statement, n ast.Node) bool {
	switch n := n.(type) {
	case *ast.RenameStmt:
		s.rename(n)
	case *ast.AlterObjectSchemaStmt:
		s.Kind, s.Name, s.NewSchema = moveKind(n.ObjectType), objectName(n.Relation, n.Object), n.NewSchema
		s.Object = objectWord(n.ObjectType)
		s.unknownObject()
	case *ast.AlterOwnerStmt:
		s.Kind, s.Name, s.Object = AlterOwner, objectName(n.Relation, n.Object), objectWord(n.ObjectType)
		if n.Newowner != nil {
			s.Detail = n.Newowner.Rolename
		}
	default:
		return false
	}
	return true
}

func objectName(r *ast.RangeVar, o ast.Node) Name {
	if r != nil {
		return rangeName(r)
	}
	return nodeName(o)
}

func (s *Statement) unknownObject() {
	if s.Kind == "" {
		s.Kind, s.Message = Opaque, "teal does not know ALTER of this kind of object"
	}
}

func moveKind(t ast.ObjectType) Kind {
	switch t {
	case ast.OBJECT_TABLE, ast.OBJECT_FOREIGN_TABLE, ast.OBJECT_VIEW, ast.OBJECT_MATVIEW:
		return MoveTable
	}
	return renameKind(t)
}

func renameKind(t ast.ObjectType) Kind {
	switch t {
	case ast.OBJECT_TABLE, ast.OBJECT_FOREIGN_TABLE:
		return RenameTable
	case ast.OBJECT_INDEX:
		return RenameIndex
	case ast.OBJECT_VIEW:
		return RenameView
	case ast.OBJECT_MATVIEW:
		return RenameMatView
	case ast.OBJECT_SEQUENCE:
		return RenameSequence
	case ast.OBJECT_TYPE, ast.OBJECT_DOMAIN:
		return RenameType
	case ast.OBJECT_FUNCTION, ast.OBJECT_PROCEDURE, ast.OBJECT_ROUTINE, ast.OBJECT_AGGREGATE:
		return AlterFunction
	case ast.OBJECT_TRIGGER:
		return RenameTrigger
	case ast.OBJECT_POLICY:
		return AlterPolicy
	case ast.OBJECT_SCHEMA:
		return RenameSchema
	case ast.OBJECT_DATABASE:
		return DropDatabase
	case ast.OBJECT_ROLE:
		return Role
	}
	return ""
}

func (s *Statement) rename(n *ast.RenameStmt) {
	s.Name, s.NewName, s.IfExists = objectName(n.Relation, n.Object), n.Newname, n.MissingOk
	switch n.RenameType {
	case ast.OBJECT_COLUMN, ast.OBJECT_TABCONSTRAINT:
		kind := RenameColumn
		if n.RenameType == ast.OBJECT_TABCONSTRAINT {
			kind = RenameConstraint
		}
		s.Kind = AlterTable
		switch n.RelationType {
		case ast.OBJECT_VIEW:
			s.Kind = AlterView
		case ast.OBJECT_MATVIEW:
			s.Kind = AlterMatView
		}
		s.Commands = []Command{{Kind: kind, Name: n.Subname, NewName: n.Newname}}
	case ast.OBJECT_TRIGGER, ast.OBJECT_POLICY:
		s.Kind = renameKind(n.RenameType)
		s.Table, s.Name = s.Name, Name{Name: n.Subname}
	case ast.OBJECT_ATTRIBUTE:
		s.Kind, s.relations = AlterType, nil
		s.Commands = []Command{{Kind: RenameColumn, Name: n.Subname, NewName: n.Newname}}
	default:
		s.Kind = renameKind(n.RenameType)
		if s.Name.Name == "" {
			s.Name = Name{Name: n.Subname}
		}
		s.unknownObject()
	}
}

// objectWord is how the kind of an object reads in a sentence.
func objectWord(t ast.ObjectType) string {
	switch t {
	case ast.OBJECT_TABLE:
		return "table"
	case ast.OBJECT_COLUMN:
		return "column"
	case ast.OBJECT_VIEW:
		return "view"
	case ast.OBJECT_MATVIEW:
		return "materialized view"
	case ast.OBJECT_INDEX:
		return "index"
	case ast.OBJECT_SEQUENCE:
		return "sequence"
	case ast.OBJECT_SCHEMA:
		return "schema"
	case ast.OBJECT_TYPE:
		return "type"
	case ast.OBJECT_DOMAIN:
		return "domain"
	case ast.OBJECT_TABCONSTRAINT:
		return "constraint"
	case ast.OBJECT_TRIGGER:
		return "trigger"
	case ast.OBJECT_POLICY:
		return "policy"
	case ast.OBJECT_DATABASE:
		return "database"
	case ast.OBJECT_FUNCTION, ast.OBJECT_PROCEDURE, ast.OBJECT_ROUTINE:
		return "function"
	}
	return "object"
}
