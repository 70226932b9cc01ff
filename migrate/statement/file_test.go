package statement_test

import (
	"encoding/json"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"teal.dev/teal/migrate/statement"
)

func parse(t *testing.T, src string) statement.File {
	t.Helper()
	f, err := statement.Parse([]byte(src), statement.Postgres)
	require.NoError(t, err)
	return f
}

func one(t *testing.T, sql string) *statement.Statement {
	t.Helper()
	f := parse(t, sql)
	require.Len(t, f.Statements, 1)
	return &f.Statements[0]
}

// What the parser takes for the directive and what decides the track must be the same, to the space.
func TestTheMarkerIsWhatTheParserTakesForIt(t *testing.T) {
	for src, want := range map[string]bool{
		"-- teal:contract\nSELECT 1": true, "--teal:contract\nSELECT 1": true, "--  teal:contract  \r\nSELECT 1": true, "-- teal:contract": true,
		"SELECT 1": false, "-- teal:contracts\nSELECT 1": false, "-- teal:contract why\nSELECT 1": false, " -- teal:contract\nSELECT 1": false,
		"\n-- teal:contract\nSELECT 1": false, "/* */ -- teal:contract\nSELECT 1": false, "": false,
	} {
		require.Equal(t, want, statement.MarkedContract([]byte(src)), "%q", src)
		f, err := statement.Parse([]byte(src), statement.Postgres)
		declared := err == nil && len(f.Directives) == 1 && f.Directives[0].Name == statement.DirectiveContract
		require.Equal(t, want, declared, "%q: the parser says %v %v", src, f.Directives, err)
	}
	require.True(t, statement.MarkedContract([]byte("\xef\xbb\xbf-- teal:contract\nSELECT 1")), "an editor's byte order mark hides no marker")
}

func TestDirectives(t *testing.T) {
	f := parse(t, "-- teal:contract\n-- teal:require SELECT count(*) = 0 FROM t\nALTER TABLE t DROP COLUMN a;\n")
	require.Equal(t, "contract", f.Directives[0].Name)
	require.Equal(t, []statement.Directive{{Name: "require", Value: "SELECT count(*) = 0 FROM t", Line: 2}}, f.Requires())
	for src, want := range map[string]string{
		"\n-- teal:contract\nSELECT 1":       "very first line",
		"-- teal:contrakt\nSELECT 1":         "unknown directive teal:contrakt",
		"-- teal:contract because\nSELECT 1": "stands alone",
		"SELECT 1;\n-- teal:require":         "needs a query",
	} {
		_, err := statement.Parse([]byte(src), statement.Postgres)
		require.ErrorContains(t, err, want)
	}
	_, err := statement.Parse([]byte("SELECT 1"), statement.MySQL)
	require.ErrorContains(t, err, "not supported yet")
}

// TestRequireAsks: what follows teal:require is a question with one boolean for an answer, as far as its text shows.
func TestRequireAsks(t *testing.T) {
	for query, want := range map[string]string{
		"DELETE FROM setting": "only asks", "UPDATE t SET a = 1": "only asks", "DROP TABLE t": "only asks", "SELECT a INTO b FROM t": "only asks", "SELECT a FROM t FOR UPDATE": "only asks",
		"WITH d AS (DELETE FROM t RETURNING 1) SELECT count(*) = 0 FROM d": "only asks", "SHOW work_mem": "only asks", "SELECT true; DELETE FROM t": "one query",
		"SELECT 1": "returns a number", "SELECT (1.5)": "returns a number", "SELECT count(*) FROM t": "returns a number", "SELECT true, false": "several columns", "SELECT FROM t": "no column",
		"SELECT 'a": "cannot be read",
	} {
		_, err := statement.Parse([]byte("-- teal:require "+query+"\nSELECT 1"), statement.Postgres)
		require.ErrorContains(t, err, want, query)
		require.ErrorContains(t, err, "line 1: ", query)
	}
	for _, query := range []string{"SELECT true", "SELECT count(*) = 0 FROM t", "SELECT NOT EXISTS (SELECT FROM t)", "VALUES (true)", "TABLE ready", "SELECT * FROM ready", "SELECT r.* FROM ready r",
		"WITH d AS (SELECT 1) SELECT count(*) > 0 FROM d", "SELECT ok FROM ready", "SELECT f()", "SELECT true UNION SELECT true", "(SELECT true)", "SELECT count(*) = 0 FROM t;", "SELECT 1 = 1", "SELECT 1::boolean",
		"SELECT my.count()", "SELECT SOMETHING NEW HERE", "SELECT true -- always"} {
		_, err := statement.Parse([]byte("-- teal:require "+query+"\nSELECT 1"), statement.Postgres)
		require.NoError(t, err, query)
	}
}

func TestKindsAndRelations(t *testing.T) {
	for _, tc := range []struct {
		sql       string
		kind      statement.Kind
		relations string
	}{
		{"ALTER TABLE S.T ADD COLUMN a int REFERENCES p(id)", "alter_table", `[s.t p]`},
		{`ALTER TABLE "T" RENAME COLUMN a TO b`, "alter_table", `[T]`},
		{"ALTER TABLE t RENAME TO u", "rename_table", `[t]`},
		{"ALTER TABLE t SET SCHEMA x", "move_table", `[t]`},
		{"CREATE TABLE t (id int REFERENCES p, LIKE q)", "create_table", `[t p q]`},
		{"CREATE TABLE t AS SELECT * FROM u", "create_table_as", `[u t]`},
		{"SELECT * INTO n FROM u", "create_table_as", `[n u]`},
		{"DROP TABLE a.b, c CASCADE", "drop_table", `[a.b c]`},
		{"DROP VIEW v", "drop_view", `[v]`},
		{"DROP TRIGGER tr ON s.t", "drop_trigger", `[s.t]`},
		{"DROP FUNCTION f(int), g", "drop_function", `[]`},
		{"DROP DOMAIN d", "drop_type", `[]`},
		{"CREATE INDEX CONCURRENTLY i ON t (lower(a))", "create_index", `[t]`},
		{"DROP INDEX CONCURRENTLY i", "drop_index", `[i]`},
		{"ALTER TYPE e ADD VALUE 'x'", "add_enum_value", `[]`},
		{"ALTER TYPE e RENAME VALUE 'x' TO 'y'", "rename_enum_value", `[]`},
		{"ALTER TYPE c ADD ATTRIBUTE a int", "alter_type", `[]`},
		{"CREATE OR REPLACE VIEW v AS SELECT * FROM t", "create_view", `[v t]`},
		{"CREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'select 1'", "create_function", `[]`},
		{"CREATE TRIGGER a BEFORE INSERT ON t FOR EACH ROW EXECUTE FUNCTION f()", "create_trigger", `[t]`},
		{"DO $$ begin end $$", "do", `[]`},
		{"INSERT INTO t SELECT * FROM u", "insert", `[t u]`},
		{"WITH t AS (SELECT * FROM t) UPDATE u SET a = 1 FROM t", "update", `[u t]`},
		{"WITH d AS (DELETE FROM x RETURNING *) SELECT * FROM d", "select", `[x]`},
		{"TRUNCATE a, b", "truncate", `[a b]`},
		{"SET lock_timeout = '1s'", "set", `[]`},
		{"COMMIT", "commit", `[]`},
		{"LOCK TABLE t IN SHARE MODE", "lock", `[t]`},
		{"VACUUM FULL t", "vacuum", `[t]`},
		{"ANALYZE t", "analyze", `[t]`},
		{"GRANT SELECT ON t TO joe", "grant", `[t]`},
		{"COMMENT ON COLUMN s.t.a IS 'x'", "comment", `[s.t]`},
		{"COPY t FROM STDIN", "copy_from", `[t]`},
		{"COPY t FROM PROGRAM 'rm'", "opaque", `[t]`},
		{"CREATE CAST (int AS text) WITHOUT FUNCTION", "opaque", `[]`},
		{"DROP CAST (int AS text)", "opaque", `[]`},
		{"ALTER TABLE t ADD CONSTRAINT n NOT NULL a NOT VALID", "unparsable", `[]`},
		{"FROBNICATE", "unparsable", `[]`},
	} {
		s := one(t, tc.sql)
		require.Equal(t, tc.kind, s.Kind, tc.sql)
		require.Equal(t, tc.relations, fmt.Sprint(s.Relations()), tc.sql)
		require.Equal(t, tc.sql, s.SQL)
	}
}

func TestNature(t *testing.T) {
	for sql, want := range map[string]string{
		"CREATE INDEX CONCURRENTLY i ON t (a)":          "ddl alone",
		"DROP INDEX CONCURRENTLY i":                     "ddl alone",
		"REINDEX TABLE CONCURRENTLY t":                  "ddl alone",
		"ALTER TABLE p DETACH PARTITION q CONCURRENTLY": "ddl lock alone",
		"VACUUM t":                                              "alone",
		"ALTER SYSTEM SET a = 1":                                "ddl alone",
		"ALTER TYPE e ADD VALUE 'x'":                            "ddl",
		"CREATE INDEX i ON t (a)":                               "ddl lock",
		"CREATE TABLE t (a int)":                                "ddl",
		"CREATE TABLE t (a int REFERENCES p)":                   "ddl lock",
		"ALTER TABLE t ADD a int":                               "ddl lock",
		"UPDATE t SET a = 1":                                    "data",
		"WITH d AS (DELETE FROM x RETURNING *) SELECT * FROM d": "data",
		"SELECT count(*) FROM t":                                "",
		"SELECT setval('a', 1)":                                 "opaque",
		"DO $$ begin end $$":                                    "ddl lock opaque",
		"CALL f()":                                              "ddl lock opaque",
		"COPY (DELETE FROM t RETURNING *) TO STDOUT":            "data",
		"EXPLAIN ANALYZE DELETE FROM t":                         "data",
		"EXPLAIN DELETE FROM t":                                 "",
		"EXPLAIN ANALYZE EXECUTE p":                             "ddl lock opaque",
		"EXPLAIN ANALYZE SELECT danger()":                       "opaque",
		"ROLLBACK":                                              "tx",
		"nonsense":                                              "ddl lock opaque",
	} {
		s := one(t, sql)
		got := ""
		for word, on := range map[string]bool{"data": s.IsData(), "tx": s.TransactionControl()} {
			if on {
				got += " " + word
			}
		}
		for _, p := range []struct {
			word string
			on   bool
		}{{"ddl", s.IsDDL()}, {"lock", s.TakesTableLock()}, {"alone", !s.Transactional()}, {"opaque", s.Opaque()}} {
			if p.on {
				got += " " + p.word
			}
		}
		require.Equal(t, want, trim(got), sql)
	}
}

func trim(s string) string {
	if s == "" {
		return s
	}
	return s[1:]
}

func TestAlterTableCommands(t *testing.T) {
	s := one(t, `ALTER TABLE t ADD COLUMN IF NOT EXISTS "A b" varchar(20) NOT NULL DEFAULT now() CHECK (x > 0) REFERENCES p ON DELETE CASCADE UNIQUE,
		ADD b bigserial, ADD c int GENERATED ALWAYS AS IDENTITY, ADD d int GENERATED ALWAYS AS (a + 1) STORED, ADD e uuid DEFAULT gen_random_uuid(),
		ADD f text[] DEFAULT NULL::text[], DROP COLUMN g CASCADE, ALTER h TYPE numeric(10,2) USING h::numeric, ALTER i SET DEFAULT my.now(), ALTER j DROP DEFAULT,
		ADD CONSTRAINT k CHECK (l IS NOT NULL) NOT VALID, ADD CONSTRAINT u UNIQUE USING INDEX ui, ADD FOREIGN KEY (a) REFERENCES s.p NOT VALID, ENABLE ROW LEVEL SECURITY`)
	c := s.Commands
	require.Len(t, c, 14)
	col := c[0].Column
	require.Equal(t, "A b", col.Name)
	require.Equal(t, "varchar(20)", col.Type.String())
	require.True(t, c[0].IfNotExists && col.NotNull && col.Has(statement.Check) && col.Has(statement.UniqueKey))
	require.Equal(t, statement.Stable, col.Default.Volatility)
	require.Equal(t, "p", col.Constraints[1].References.Name)
	require.Equal(t, "cascade", col.Constraints[1].OnDelete)
	require.True(t, c[1].Column.Serial())
	require.Equal(t, "always", c[2].Column.Identity)
	require.True(t, c[3].Column.Generated)
	require.Equal(t, statement.Volatile, c[4].Column.Default.Volatility)
	require.True(t, c[5].Column.Default.Null && c[5].Column.Type.Array)
	require.True(t, c[6].Kind == statement.DropColumn && c[6].Cascade && c[6].Name == "g")
	require.True(t, c[7].Using)
	require.Equal(t, "numeric(10,2)", c[7].Type.String())
	require.Equal(t, statement.Volatile, c[8].Default.Volatility)
	require.Equal(t, statement.DropDefault, c[9].Kind)
	require.True(t, c[10].Constraint.NotValid && c[10].Constraint.NotNullColumn == "l")
	require.Equal(t, "ui", c[11].Constraint.UsingIndex)
	require.Equal(t, statement.Name{Schema: "s", Name: "p"}, c[12].Constraint.References)
	require.Equal(t, statement.EnableRLS, c[13].Kind)
}

func TestGuardedBackfill(t *testing.T) {
	s := one(t, "UPDATE shop.orders o SET total = 1, vat = 2 WHERE o.total IS NULL AND (vat IS NULL) AND x.y IS NULL AND id < 10")
	require.Equal(t, []string{"total", "vat"}, s.Columns)
	require.Equal(t, []string{"total", "vat"}, s.NullGuards)
	require.Empty(t, one(t, "UPDATE t SET a = 1 WHERE a IS NULL OR b IS NULL").NullGuards)
}

func FuzzParse(f *testing.F) {
	for _, s := range []string{"ALTER TABLE t ADD a int;", "-- teal:contract\nDROP TABLE t", "UPDATE t SET (a, b) = (1, 2) WHERE a IS NULL",
		"CREATE TABLE t (id int PRIMARY KEY)", "DROP TRIGGER a ON b.c", "COMMENT ON COLUMN a.b IS 'x'", "REINDEX (VERBOSE) TABLE t"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, src []byte) {
		file, err := statement.Parse(src, statement.Postgres)
		if err != nil {
			return
		}
		for i := range file.Statements {
			s := &file.Statements[i]
			require.NotEmpty(t, s.Kind)
			require.Equal(t, s.SQL, string(src[s.Offset:s.Offset+len(s.SQL)]))
			_, err := json.Marshal(s)
			require.NoError(t, err)
			s.Relations()
			s.TakesTableLock()
		}
	})
}
