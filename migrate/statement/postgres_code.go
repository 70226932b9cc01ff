package statement

import "github.com/multigres/multigres/go/common/parser/ast"

// readCode reads views, functions, triggers, rules and DO.
func readCode(s *Statement, n ast.Node) bool {
	switch n := n.(type) {
	case *ast.ViewStmt:
		s.Kind, s.Name, s.Replace = CreateView, rangeName(n.View), n.Replace
		s.Temporary, s.Calls = temporary(n.View), unknownCalls(n.Query)
		s.define(Name{}, n.Query)
		s.Shows = shown(n)
	case *ast.RefreshMatViewStmt:
		s.Kind, s.Name, s.Concurrently = RefreshMatView, rangeName(n.Relation), n.Concurrent
	case *ast.CreateFunctionStmt:
		s.Kind, s.Name, s.Replace, s.Procedure = CreateFunction, listName(n.FuncName), n.Replace, n.IsProcedure
		for _, p := range items(n.Parameters) {
			if f, ok := p.(*ast.FunctionParameter); ok && f.DefExpr != nil {
				s.Defaults = true
			}
		}
		if n.ReturnType != nil {
			s.Detail = typeOf(n.ReturnType).String()
		}
		if n.SQLBody != nil {
			s.define(Name{}, n.SQLBody)
		}
	case *ast.AlterFunctionStmt:
		s.Kind = AlterFunction
		if n.Func != nil {
			s.Name = listName(n.Func.Objname)
		}
	case *ast.CreateTriggerStmt:
		s.Kind, s.Name, s.Table, s.Replace = CreateTrigger, Name{Name: n.Trigname}, rangeName(n.Relation), n.Replace
		s.Detail, s.Columns = listName(n.Funcname).String(), words(n.Columns)
		s.define(s.Table, n.WhenClause)
		for _, c := range s.Columns {
			s.Named = append(s.Named, Named{s.Table, c})
		}
	case *ast.RuleStmt:
		s.Kind, s.Name, s.Table, s.Replace = CreateRule, Name{Name: n.Rulename}, rangeName(n.Relation), n.Replace
		s.define(s.Table, n.WhereClause, n.Actions)
	case *ast.CreateEventTrigStmt, *ast.AlterEventTrigStmt:
		s.Kind = EventTrigger
	case *ast.DoStmt:
		s.Kind, s.Message = Do, "a DO block does what its body says, and only running it shows that"
	case *ast.CallStmt:
		s.Kind, s.Message = Call, "a procedure does what its body says, and only running it shows that"
		if n.Funccall != nil {
			s.Name = listName(n.Funccall.Funcname)
			s.Calls = []string{s.Name.String()}
		}
	default:
		return false
	}
	return true
}

// readAccess reads grants, roles, policies and comments.
func readAccess(s *Statement, n ast.Node) bool {
	switch n := n.(type) {
	case *ast.GrantStmt:
		s.grant(n)
	case *ast.GrantRoleStmt:
		s.Kind, s.Object = Revoke, "role"
		if n.IsGrant {
			s.Kind = Grant
		}
	case *ast.AlterDefaultPrivilegesStmt:
		s.Kind = DefaultPrivileges
	case *ast.CreateRoleStmt, *ast.AlterRoleStmt, *ast.AlterRoleSetStmt, *ast.DropRoleStmt, *ast.AlterDatabaseSetStmt:
		s.Kind = Role
	case *ast.CreatePolicyStmt:
		s.Kind, s.Name, s.Table, s.Permissive = CreatePolicy, Name{Name: n.PolicyName}, rangeName(n.Table), n.Permissive
		s.define(s.Table, n.Qual, n.WithCheck)
	case *ast.AlterPolicyStmt:
		s.Kind, s.Name, s.Table = AlterPolicy, Name{Name: n.PolicyName}, rangeName(n.Table)
	case *ast.CommentStmt:
		s.Kind, s.Name, s.Object = CommentOn, nodeName(n.Object), objectWord(n.Objtype)
		s.commentTable(n)
	default:
		return false
	}
	return true
}

func (s *Statement) grant(n *ast.GrantStmt) {
	s.Kind, s.Cascade, s.Object = Revoke, n.Behavior == ast.DropCascade, objectWord(n.Objtype)
	if n.IsGrant {
		s.Kind = Grant
	}
	for _, o := range items(n.Objects) {
		s.Names = append(s.Names, nodeName(o))
	}
	if len(s.Names) > 0 {
		s.Name = s.Names[0]
	}
}

// commentTable finds the table that a comment is on, or on a part of.
func (s *Statement) commentTable(n *ast.CommentStmt) {
	switch n.Objtype {
	case ast.OBJECT_TABLE, ast.OBJECT_VIEW, ast.OBJECT_MATVIEW, ast.OBJECT_SEQUENCE, ast.OBJECT_INDEX:
		s.Table = s.Name
	case ast.OBJECT_COLUMN, ast.OBJECT_TABCONSTRAINT, ast.OBJECT_TRIGGER, ast.OBJECT_POLICY, ast.OBJECT_RULE:
		if list, ok := n.Object.(*ast.NodeList); ok {
			if parts := words(list); len(parts) > 1 {
				s.Table = dotted(parts[:len(parts)-1])
				s.Name = Name{Name: parts[len(parts)-1]}
			}
		}
	}
}
