package statement

import (
	"strings"

	"github.com/multigres/multigres/go/common/parser/ast"
)

// commandKind names a command; false for one we do not model. A trigger that is enabled for replicas only is disabled for
// everybody else.
func commandKind(t ast.AlterTableType) (CommandKind, bool) {
	if k := columnCommand(t); k != "" {
		return k, true
	}
	if k := tableCommand(t); k != "" {
		return k, true
	}
	return OtherCommand, false
}

// columnCommand names the commands about columns and constraints.
func columnCommand(t ast.AlterTableType) CommandKind {
	switch t {
	case ast.AT_AddColumn:
		return AddColumn
	case ast.AT_DropColumn:
		return DropColumn
	case ast.AT_AlterColumnType:
		return AlterColumnType
	case ast.AT_SetNotNull:
		return SetNotNull
	case ast.AT_DropNotNull:
		return DropNotNull
	case ast.AT_ColumnDefault:
		return SetDefault
	case ast.AT_SetExpression:
		return SetExpression
	case ast.AT_DropExpression:
		return DropExpression
	case ast.AT_AddIdentity:
		return AddIdentity
	case ast.AT_SetIdentity:
		return SetIdentity
	case ast.AT_DropIdentity:
		return DropIdentity
	case ast.AT_SetStatistics:
		return SetStatistics
	case ast.AT_SetOptions, ast.AT_ResetOptions:
		return SetColumnOptions
	case ast.AT_SetStorage:
		return SetStorage
	case ast.AT_SetCompression:
		return SetCompression
	case ast.AT_AddConstraint:
		return AddConstraint
	case ast.AT_AlterConstraint:
		return AlterConstraint
	case ast.AT_ValidateConstraint:
		return ValidateConstraint
	case ast.AT_DropConstraint:
		return DropConstraint
	}
	return ""
}

// tableCommand names the commands about the table itself.
func tableCommand(t ast.AlterTableType) CommandKind {
	switch t {
	case ast.AT_ChangeOwner:
		return ChangeOwner
	case ast.AT_ClusterOn, ast.AT_DropCluster:
		return ClusterOn
	case ast.AT_SetLogged:
		return SetLogged
	case ast.AT_SetUnLogged:
		return SetUnlogged
	case ast.AT_SetAccessMethod:
		return SetAccessMethod
	case ast.AT_SetTableSpace:
		return SetTablespace
	case ast.AT_SetRelOptions, ast.AT_ResetRelOptions:
		return SetOptions
	case ast.AT_EnableTrig, ast.AT_EnableAlwaysTrig, ast.AT_EnableTrigAll, ast.AT_EnableTrigUser:
		return EnableTrigger
	case ast.AT_EnableReplicaTrig, ast.AT_DisableTrig, ast.AT_DisableTrigAll, ast.AT_DisableTrigUser:
		return DisableTrigger
	case ast.AT_EnableRule, ast.AT_EnableAlwaysRule, ast.AT_EnableReplicaRule, ast.AT_DisableRule:
		return AlterRule
	case ast.AT_AddInherit:
		return Inherit
	case ast.AT_DropInherit:
		return NoInherit
	case ast.AT_ReplicaIdentity:
		return ReplicaIdentity
	case ast.AT_EnableRowSecurity:
		return EnableRLS
	case ast.AT_DisableRowSecurity:
		return DisableRLS
	case ast.AT_ForceRowSecurity:
		return ForceRLS
	case ast.AT_NoForceRowSecurity:
		return NoForceRLS
	case ast.AT_AttachPartition:
		return AttachPartition
	case ast.AT_DetachPartition, ast.AT_DetachPartitionFinalize:
		return DetachPartition
	}
	return ""
}

func commandOf(n *ast.AlterTableCmd) Command {
	c := Command{Kind: OtherCommand, Name: n.Name, Cascade: n.Behavior == ast.DropCascade, Calls: unknownCalls(n)}
	kind, ok := commandKind(n.Subtype)
	if !ok {
		return c
	}
	c.Kind = kind
	if kind == AddColumn {
		c.IfNotExists = n.MissingOk
	} else {
		c.IfExists = n.MissingOk
	}
	if n.Newowner != nil {
		c.Detail = n.Newowner.Rolename
	}
	switch n.Subtype {
	case ast.AT_EnableReplicaTrig:
		c.Detail = "replica"
	case ast.AT_EnableAlwaysTrig:
		c.Detail = "always"
	}
	if kind == SetDefault && n.Def == nil {
		c.Kind = DropDefault
	}
	c.define(n.Def)
	c.spellCommand(n)
	return c
}

// define fills what the command's definition says.
func (c *Command) define(def ast.Node) {
	if c.Kind == SetDefault {
		c.Default = defaultOf(def)
		return
	}
	switch d := def.(type) {
	case *ast.ColumnDef:
		c.defineColumn(d)
	case *ast.Constraint:
		if c.Kind == AddIdentity {
			c.Detail = identityOf(d.GeneratedWhen)
			return
		}
		k := constraintOf(d)
		c.Constraint = &k
		if c.Name == "" {
			c.Name = k.Name
		}
	case *ast.PartitionCmd:
		c.Other, c.Concurrently, c.IsDefault = rangeName(d.Name), d.Concurrent, d.Bound != nil && d.Bound.IsDefault
	case *ast.RangeVar:
		c.Other = rangeName(d)
	case *ast.ReplicaIdentityStmt:
		c.Detail = d.Name
	case *ast.String:
		if c.Kind == SetStorage {
			c.Detail = strings.ToLower(d.SVal)
		}
	case *ast.NodeList:
		c.Detail = strings.Join(defNames(d), ", ")
	}
}

func (c *Command) defineColumn(d *ast.ColumnDef) {
	if c.Kind == AlterColumnType {
		c.Type, c.Using, c.Collation = typeOf(d.TypeName), d.RawDefault != nil, d.Collclause != nil
		c.UsingItself = d.RawDefault != nil && c.isItself(d.RawDefault)
		if c.Using {
			c.UsingSQL = spellNode(d.RawDefault)
		}
		return
	}
	column := columnOf(d)
	c.Column = &column
	if c.Name == "" {
		c.Name = column.Name
	}
}

// isItself says whether a USING is the column, perhaps cast to the new type.
func (c *Command) isItself(n ast.Node) bool {
	switch n := n.(type) {
	case *ast.ParenExpr:
		return c.isItself(n.Expr)
	case *ast.TypeCast:
		return typeOf(n.TypeName).String() == c.Type.String() && columnRef(n.Arg) == c.Name
	}
	return columnRef(n) == c.Name
}

func defNames(list *ast.NodeList) []string {
	var out []string
	for _, n := range items(list) {
		if d, ok := n.(*ast.DefElem); ok {
			out = append(out, d.Defname)
		}
	}
	return out
}

// option says whether a list of options holds one by that name that is not switched off.
func option(list *ast.NodeList, name string) bool {
	for _, n := range items(list) {
		if d, ok := n.(*ast.DefElem); ok && strings.EqualFold(d.Defname, name) {
			return !off(d.Arg)
		}
	}
	return false
}

func off(n ast.Node) bool {
	switch n := n.(type) {
	case *ast.Boolean:
		return !n.BoolVal
	case *ast.String:
		return strings.EqualFold(n.SVal, "false") || strings.EqualFold(n.SVal, "off")
	case *ast.Integer:
		return n.IVal == 0
	}
	return false
}
