package policies_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"teal.dev/teal/policies"
)

// rows are the rows of section 1 of the gatekeeping reference and the rules that answer them.
func rows() map[int][]string {
	return map[int][]string{
		// 1.1 columns
		1: {"add-column"}, 2: {"add-column-default"}, 3: {"add-column-volatile-default"}, 4: {"add-column-not-null"}, 5: {"add-column-default"},
		6: {"add-column-serial"}, 7: {"add-column-generated"}, 8: {"add-column-check"}, 9: {"add-column-references"}, 10: {"add-column-unique"},
		11: {"add-column-domain", "add-column-unknown-type"}, 12: {"add-column-json"}, 13: {"add-column-if-not-exists"}, 15: {"drop-column"},
		16: {"drop-column-cascade"}, 17: {"drop-column", "drop-not-null"}, 18: {"rename-column"}, 19: {"alter-column-type"}, 20: {"widen-column-type"},
		21: {"timestamp-to-timestamptz"}, 22: {"alter-column-type-using"}, 23: {"alter-column-collation"}, 24: {"set-not-null"}, 25: {"drop-not-null"},
		26: {"set-default"}, 27: {"drop-default"}, 28: {"drop-identity", "drop-expression"}, 29: {"set-expression"},
		30: {"add-identity-always", "add-identity-by-default", "set-identity"}, 31: {"set-statistics"}, 32: {"set-storage"},
		// 1.2 tables
		34: {"create-table", "create-table-as"}, 35: {"drop-table", "drop-table-cascade"}, 36: {"rename-table", "rename-table-with-view"}, 37: {"truncate"},
		38: {"rewrite-table", "set-unlogged", "cluster", "vacuum-full"}, 39: {"set-table-options"}, 40: {"replica-identity", "publication"},
		41: {"inherit", "change-owner"}, 42: {"drop-schema", "drop-database", "rename-schema"},
		// 1.3 constraints
		43: {"add-check"}, 44: {"add-check-not-valid"}, 45: {"validate-constraint", "work-under-lock"}, 46: {"add-foreign-key"}, 47: {"add-foreign-key-not-valid"},
		48: {"unparsable"}, 49: {"drop-check"}, 50: {"drop-foreign-key"}, 51: {"add-unique", "add-unique-using-index"}, 52: {"drop-unique"},
		53: {"drop-unique", "drop-unique-index"}, 54: {"add-exclude"}, 55: {"alter-constraint"}, 56: {"rename-constraint"},
		// 1.4 indexes
		57: {"create-index", "create-unique-index", "create-index-function", "create-index-long-value"}, 58: {"create-index-concurrently"}, 59: {"create-unique-index-concurrently"},
		60: {"create-index-if-not-exists"}, 61: {"drop-index", "drop-unique-index"}, 62: {"reindex", "reindex-concurrently"}, 63: {"alter-index"},
		// 1.5 types, domains, sequences
		65: {"create-type"}, 66: {"add-enum-value"}, 67: {"rename-enum-value"}, 68: {"drop-type", "rename-type"}, 69: {"add-attribute", "alter-attribute"},
		70: {"create-domain"}, 71: {"alter-domain"}, 73: {"create-sequence", "rename-sequence", "drop-sequence"}, 74: {"alter-sequence"},
		// 1.6 views, functions, triggers, rules
		75: {"create-view"}, 76: {"replace-view"}, 77: {"drop-view", "rename-view", "recreate-view"},
		78: {"drop-materialized-view", "refresh-materialized-view", "refresh-materialized-view-concurrently"}, 79: {"create-function"},
		80: {"replace-function"}, 81: {"drop-function"}, 82: {"create-trigger"}, 83: {"drop-trigger", "disable-trigger"}, 84: {"create-rule"},
		85: {"create-extension", "drop-extension"},
		// 1.7 row security, grants
		86: {"enable-row-security"}, 87: {"change-policy"}, 88: {"grant", "revoke"}, 89: {"role-settings"},
		// 1.8 partitions
		90: {"create-partition"}, 91: {"attach-partition"}, 92: {"detach-partition"}, 93: {"drop-table"}, 94: {"create-index-partitioned"},
		95: {"convert-to-partitioned"},
		// 1.9 data, session, transaction
		96: {"change-rows"}, 97: {"insert-rows"}, 98: {"backfill", "backfill-unguarded"}, 99: {"lock-timeout", "timeout-setting"}, 100: {"session-setting"},
		101: {"transaction-control"}, 102: {"not-alone"}, 103: {"work-under-lock", "several-exclusive-locks", "data-with-ddl"}, 104: {"do-block", "opaque"},
		105: {"lock-table", "select-with-effects"}, 106: {"select-with-effects"}, 107: {"comment"},
	}
}

// waiting are the rows about MySQL and MariaDB alone; they wait for that dialect.
func waiting() []int { return []int{14, 33, 64, 72, 108} }

// TestEveryRowHasARule: each of the 108 rows is answered by rules that exist, or waits for its dialect.
func TestEveryRowHasARule(t *testing.T) {
	table := rows()
	for _, row := range waiting() {
		require.NotContains(t, table, row)
	}
	require.Len(t, table, 108-len(waiting()))
	for row, ids := range table {
		require.True(t, row >= 1 && row <= 108, "row %d", row)
		require.NotEmpty(t, ids)
		for _, id := range ids {
			_, ok := policies.RuleByID(id)
			require.True(t, ok, "row %d: there is no rule %s", row, id)
		}
	}
}

// TestRows judges one statement of each row that has several forms or a fact that a rule's own example does not show.
func TestRows(t *testing.T) {
	const before = "CREATE TABLE p (id bigint PRIMARY KEY);\nCREATE TABLE t (id bigint PRIMARY KEY, a int NOT NULL, b varchar(10), p_id bigint REFERENCES p (id), CONSTRAINT t_b UNIQUE (b));\n" +
		"CREATE TABLE log (n int) PARTITION BY RANGE (n);\nCREATE TABLE log_1 PARTITION OF log FOR VALUES FROM (1) TO (2);\nCREATE TABLE log_0 PARTITION OF log DEFAULT;\n"
	for _, c := range []struct {
		row  int
		sql  string
		rule string
		want policies.Compatibility
	}{
		{2, "ALTER TABLE t ADD COLUMN c jsonb DEFAULT '{}'::jsonb", "add-column-default", policies.Depends},
		{2, "ALTER TABLE t ADD COLUMN c text DEFAULT current_user", "add-column-default", policies.Depends},
		{3, "ALTER TABLE t ADD COLUMN c bigint DEFAULT nextval('s')", "add-column-volatile-default", policies.Depends},
		{4, "ALTER TABLE t ADD COLUMN c int NOT NULL DEFAULT NULL", "add-column-not-null", policies.Never},
		{6, "ALTER TABLE t ADD COLUMN c int GENERATED BY DEFAULT AS IDENTITY", "add-column-serial", policies.Depends},
		{10, "ALTER TABLE t ADD COLUMN c int DEFAULT 1 UNIQUE", "add-column-unique", policies.Never},
		{20, "ALTER TABLE t ALTER COLUMN b TYPE varchar(20)", "widen-column-type", policies.Depends},
		{19, "ALTER TABLE t ALTER COLUMN b TYPE varchar(5)", "alter-column-type", policies.Never},
		{36, "ALTER TABLE t SET SCHEMA audit", "rename-table", policies.Never},
		{41, "ALTER TABLE t OWNER TO clerk", "change-owner", policies.Depends},
		{51, "ALTER TABLE t ADD CONSTRAINT t_a UNIQUE (a)", "add-unique", policies.Depends},
		{52, "ALTER TABLE t DROP CONSTRAINT t_pkey", "drop-unique", policies.Contract},
		{53, "ALTER TABLE t DROP CONSTRAINT t_b, ADD CONSTRAINT t_b2 UNIQUE (b, a)", "drop-unique", policies.Contract},
		{61, "DROP INDEX unheard_of", "drop-unique-index", policies.Contract},
		{63, "ALTER INDEX t_b RENAME TO t_b2", "alter-index", policies.Depends}, // the index of a constraint
		{63, "ALTER INDEX t_b SET (fillfactor = 70)", "alter-index", policies.Expand},
		{77, "DROP VIEW v", "drop-view", policies.Contract},
		{85, "CREATE EVENT TRIGGER e ON ddl_command_end EXECUTE FUNCTION f()", "create-extension", policies.Depends},
		{89, "ALTER DEFAULT PRIVILEGES GRANT SELECT ON TABLES TO clerk", "role-settings", policies.Depends},
		{93, "DROP TABLE log_1", "drop-table", policies.Contract},
		{96, "DELETE FROM t", "change-rows", policies.Depends},
		{99, "SET lock_timeout = '5s'", "lock-timeout", policies.Depends},
		{100, "SET session_replication_role = replica", "session-setting", policies.Depends},
		{104, "DO $$ BEGIN END $$", "do-block", policies.Depends},
		{105, "SELECT pg_advisory_lock(1)", "select-with-effects", policies.Depends},
		{106, "SELECT setval('s', 1)", "select-with-effects", policies.Depends},
	} {
		report := run(t, policies.Example{Before: before, SQL: c.sql})
		found := entries(report, c.rule)
		require.NotEmpty(t, found, "row %d, %s: %s", c.row, c.sql, report.Text())
		require.Equal(t, c.want, found[0].Compatibility, "row %d, %s", c.row, c.sql)
		require.Contains(t, rows()[c.row], c.rule)
	}
}
