package statement

import (
	"strings"

	"github.com/multigres/multigres/go/common/parser/ast"
)

// readData reads the statements that read and write rows.
func readData(s *Statement, n ast.Node) bool {
	switch n := n.(type) {
	case *ast.InsertStmt:
		s.Kind, s.Name, s.Columns, s.OnConflict = Insert, rangeName(n.Relation), words(n.Cols), n.OnConflictClause != nil
	case *ast.UpdateStmt:
		s.Kind, s.Name, s.Columns, s.HasWhere = Update, rangeName(n.Relation), words(n.TargetList), n.WhereClause != nil
		s.Only = n.Relation != nil && !n.Relation.Inh
		s.guards(n.WhereClause, n.Relation)
	case *ast.DeleteStmt:
		s.Kind, s.Name, s.HasWhere = Delete, rangeName(n.Relation), n.WhereClause != nil
	case *ast.MergeStmt:
		s.Kind, s.Name = Merge, rangeName(n.Relation)
	case *ast.CopyStmt:
		s.Kind, s.Name, s.Columns = CopyOut, rangeName(n.Relation), words(n.Attlist)
		if n.IsFrom {
			s.Kind = CopyIn
		}
		s.Writes = n.Query != nil && isWrite(n.Query)
		if n.IsProgram || n.Filename != "" {
			s.Kind, s.Message = Opaque, "COPY with a file or a program of the server"
		}
	case *ast.SelectStmt:
		s.readSelect(n)
	case *ast.ExplainStmt:
		s.explain(n)
		return true
	default:
		return false
	}
	if s.Calls == nil {
		s.Calls = unknownCalls(n)
	}
	if s.Kind != CopyIn {
		s.Writes = s.Writes || writes(n)
	}
	return true
}

// explain: only with ANALYZE is the statement run.
func (s *Statement) explain(n *ast.ExplainStmt) {
	s.Kind = Explain
	switch q := n.Query.(type) { // it is planned, so its table is locked as for the write
	case *ast.InsertStmt:
		s.Name = rangeName(q.Relation)
	case *ast.UpdateStmt:
		s.Name = rangeName(q.Relation)
	case *ast.DeleteStmt:
		s.Name = rangeName(q.Relation)
	}
	if !option(n.Options, "analyze") {
		return
	}
	s.Writes, s.Calls = isWrite(n.Query) || writes(n.Query), unknownCalls(n.Query)
	if _, query := n.Query.(*ast.SelectStmt); !query && !s.Writes {
		s.Kind, s.Message = Opaque, "EXPLAIN ANALYZE runs what it explains"
	}
}

func (s *Statement) readSelect(n *ast.SelectStmt) {
	s.Kind = Select
	if n.IntoClause != nil {
		s.Kind, s.Name, s.Temporary = CreateTableAs, rangeName(n.IntoClause.Rel), temporary(n.IntoClause.Rel)
	}
	walk(n, func(n ast.Node) bool {
		if q, ok := n.(*ast.SelectStmt); ok && len(items(q.LockingClause)) > 0 {
			s.Detail = "for update"
		}
		return true
	})
}

// guards collects the columns c of "… AND c IS NULL" at the top level of a condition. A column of another table in the
// same UPDATE is none.
func (s *Statement) guards(where ast.Node, target *ast.RangeVar) {
	switch w := where.(type) {
	case *ast.ParenExpr:
		s.guards(w.Expr, target)
	case *ast.BoolExpr:
		if w.Boolop == ast.AND_EXPR {
			for _, a := range items(w.Args) {
				s.guards(a, target)
			}
		}
	case *ast.NullTest:
		ref, ok := any(w.Arg).(*ast.ColumnRef)
		if !ok || w.Nulltesttype != ast.IS_NULL {
			return
		}
		parts := words(ref.Fields)
		if len(parts) == 1 || len(parts) > 1 && parts[len(parts)-2] == alias(target) {
			s.NullGuards = append(s.NullGuards, parts[len(parts)-1])
		}
	}
}

func alias(r *ast.RangeVar) string {
	switch {
	case r == nil:
		return ""
	case r.Alias != nil:
		return r.Alias.AliasName
	}
	return r.RelName
}

// writes says whether a query changes rows in one of its WITH queries.
func writes(n ast.Node) bool {
	found := false
	walk(n, func(n ast.Node) bool {
		if c, ok := n.(*ast.CommonTableExpr); ok && isWrite(c.Ctequery) {
			found = true
		}
		return !found
	})
	return found
}

func isWrite(n any) bool {
	switch n.(type) {
	case *ast.InsertStmt, *ast.UpdateStmt, *ast.DeleteStmt, *ast.MergeStmt:
		return true
	}
	return false
}

// readSession reads settings, transactions, locks and maintenance.
func readSession(s *Statement, n ast.Node) bool {
	switch n := n.(type) {
	case *ast.VariableSetStmt:
		s.Kind, s.Detail, s.Local, s.Values = Set, strings.ToLower(n.Name), n.IsLocal, constants(n.Args)
		if n.Kind == ast.VAR_RESET || n.Kind == ast.VAR_RESET_ALL {
			s.Object = "reset"
		}
	case *ast.DiscardStmt:
		s.Kind, s.Detail = Set, "discard"
	case *ast.ConstraintsSetStmt:
		s.Kind, s.Detail, s.Local = Set, "constraints", true
		s.relations = nil
	case *ast.TransactionStmt:
		s.transaction(n.Kind)
	case *ast.LockStmt:
		s.Kind, s.Names, s.Detail = Lock, rangeNames(n.Relations), lockMode(n.Mode)
		if len(s.Names) > 0 {
			s.Name = s.Names[0]
		}
	case *ast.VacuumStmt:
		s.Kind, s.Names, s.Full = Vacuum, rangeNames(n.Rels), option(n.Options, "full")
		if !n.IsVacuumcmd {
			s.Kind = Analyze
		}
	case *ast.ClusterStmt:
		s.Kind, s.Name, s.Detail = Cluster, rangeName(n.Relation), n.Indexname
	case *ast.AlterSystemStmt:
		s.Kind = AlterSystem
	case *ast.CheckPointStmt:
		s.Kind = Checkpoint
	case *ast.NotifyStmt, *ast.ListenStmt, *ast.UnlistenStmt:
		s.Kind = Notify
	default:
		return false
	}
	return true
}

func (s *Statement) transaction(kind ast.TransactionStmtKind) {
	switch kind {
	case ast.TRANS_STMT_BEGIN, ast.TRANS_STMT_START:
		s.Kind = Begin
	case ast.TRANS_STMT_COMMIT:
		s.Kind = Commit
	case ast.TRANS_STMT_ROLLBACK:
		s.Kind = Rollback
	case ast.TRANS_STMT_SAVEPOINT, ast.TRANS_STMT_RELEASE, ast.TRANS_STMT_ROLLBACK_TO:
		s.Kind = Savepoint
	default:
		s.Kind = TwoPhase
	}
}

func lockMode(m ast.LockMode) string {
	switch m {
	case ast.AccessShareLock:
		return "ACCESS SHARE"
	case ast.RowShareLock:
		return "ROW SHARE"
	case ast.RowExclusiveLock:
		return "ROW EXCLUSIVE"
	case ast.ShareUpdateExclusiveLock:
		return "SHARE UPDATE EXCLUSIVE"
	case ast.ShareLock:
		return "SHARE"
	case ast.ShareRowExclusiveLock:
		return "SHARE ROW EXCLUSIVE"
	case ast.ExclusiveLock:
		return "EXCLUSIVE"
	}
	return "ACCESS EXCLUSIVE"
}
