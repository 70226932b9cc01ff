package corpus

import (
	"slices"
	"strings"
	"testing"

	pg_query "github.com/pganalyze/pg_query_go/v6"
	"github.com/stretchr/testify/require"
	"google.golang.org/protobuf/reflect/protoreflect"

	"teal.dev/teal/migrate/statement"
)

// kinds says which of our kinds a node of libpg_query may be.
func kinds() map[string]string {
	return map[string]string{
		"create_stmt": "create_table", "create_table_as_stmt": "create_table_as create_materialized_view", "index_stmt": "create_index",
		"alter_table_stmt": "alter_table alter_index alter_view alter_materialized_view alter_sequence alter_type",
		"drop_stmt": "drop_table drop_index drop_view drop_materialized_view drop_type drop_function drop_trigger drop_rule drop_sequence drop_schema " +
			"drop_extension drop_statistics drop_policy publication",
		"rename_stmt": "alter_table rename_table rename_index rename_view rename_materialized_view rename_sequence rename_type alter_type alter_view " +
			"rename_trigger rename_schema alter_function rename_enum_value alter_domain drop_database",
		"create_enum_stmt": "create_enum", "alter_enum_stmt": "add_enum_value rename_enum_value", "composite_type_stmt": "create_type",
		"create_domain_stmt": "create_domain", "alter_domain_stmt": "alter_domain", "view_stmt": "create_view", "refresh_mat_view_stmt": "refresh_materialized_view",
		"create_function_stmt": "create_function", "alter_function_stmt": "alter_function", "create_trig_stmt": "create_trigger", "rule_stmt": "create_rule",
		"create_seq_stmt": "create_sequence", "alter_seq_stmt": "alter_sequence", "create_schema_stmt": "create_schema", "create_extension_stmt": "create_extension",
		"comment_stmt": "comment", "grant_stmt": "grant revoke", "grant_role_stmt": "grant revoke", "insert_stmt": "insert", "update_stmt": "update",
		"delete_stmt": "delete", "merge_stmt": "merge", "select_stmt": "select create_table_as", "do_stmt": "do", "call_stmt": "call",
		"variable_set_stmt": "set", "constraints_set_stmt": "set", "discard_stmt": "set", "transaction_stmt": "begin commit rollback savepoint two_phase",
		"lock_stmt": "lock", "truncate_stmt": "truncate", "alter_object_schema_stmt": "move_table alter_function", "alter_owner_stmt": "alter_owner",
		"explain_stmt": "explain", "vacuum_stmt": "vacuum analyze", "copy_stmt": "copy_from copy_to", "reindex_stmt": "reindex", "cluster_stmt": "cluster",
		"create_stats_stmt": "create_statistics", "create_policy_stmt": "create_policy", "alter_policy_stmt": "alter_policy",
	}
}

// node is what libpg_query says of a statement: its type, and the relations that it names.
type node struct {
	typ       string
	relations []string
}

func read(stmt *pg_query.Node) node {
	m := stmt.ProtoReflect()
	field := m.WhichOneof(m.Descriptor().Oneofs().Get(0))
	n := node{typ: string(field.Name())}
	ctes := map[string]bool{}
	visit(m, func(m protoreflect.Message) {
		if c, ok := m.Interface().(*pg_query.CommonTableExpr); ok {
			ctes[c.Ctename] = true
		}
	})
	visit(m, func(m protoreflect.Message) {
		if r, ok := m.Interface().(*pg_query.RangeVar); ok && (r.Schemaname != "" || !ctes[r.Relname]) {
			n.relations = append(n.relations, strings.TrimPrefix(r.Schemaname+".", ".")+r.Relname)
		}
	})
	return n
}

func visit(m protoreflect.Message, f func(protoreflect.Message)) {
	f(m)
	m.Range(func(d protoreflect.FieldDescriptor, v protoreflect.Value) bool {
		switch {
		case d.IsList() && d.Message() != nil:
			for i := range v.List().Len() {
				visit(v.List().Get(i).Message(), f)
			}
		case d.Message() != nil && !d.IsMap():
			visit(v.Message(), f)
		}
		return true
	})
}

// TestTheFilesAreRead holds kinds and names of every statement against libpg_query's.
func TestTheFilesAreRead(t *testing.T) {
	for _, s := range sources() {
		t.Run(s.name, func(t *testing.T) {
			total, opaque := 0, 0
			for _, f := range load(t, s) {
				ours, err := statement.Parse(f.body, statement.Postgres)
				require.NoError(t, err, f.name)
				theirs, err := pg_query.Parse(string(f.body))
				require.NoError(t, err, f.name)
				if len(ours.Statements) != len(theirs.Stmts) {
					t.Errorf("%s: %d statements, libpg_query sees %d", f.name, len(ours.Statements), len(theirs.Stmts))
					continue
				}
				for i := range ours.Statements {
					total++
					if ours.Statements[i].Opaque() {
						opaque++
					}
					agree(t, f.name, &ours.Statements[i], read(theirs.Stmts[i].Stmt))
				}
			}
			t.Logf("%d files, %d statements, %d of them opaque", s.files, total, opaque)
		})
	}
}

func agree(t *testing.T, name string, ours *statement.Statement, theirs node) {
	t.Helper()
	require.NotEqual(t, statement.Unparsable, ours.Kind, "%s:%d: %s", name, ours.Line, ours.Message)
	if ours.Kind != statement.Opaque && !slices.Contains(strings.Fields(kinds()[theirs.typ]), string(ours.Kind)) {
		t.Errorf("%s:%d: kind %s, libpg_query says %s", name, ours.Line, ours.Kind, theirs.typ)
	}
	var have []string
	for _, n := range append(append(ours.Relations(), ours.Name, ours.Table), ours.Names...) {
		have = append(have, n.String())
	}
	for _, r := range theirs.relations {
		if !slices.Contains(have, r) && ours.Kind != statement.AlterType && ours.Kind != statement.CreateType && ours.Kind != statement.CreateRule {
			t.Errorf("%s:%d: %s does not name %q, libpg_query does", name, ours.Line, ours.Kind, r)
		}
	}
}
