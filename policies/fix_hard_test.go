package policies_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/stretchr/testify/require"

	"teal.dev/teal/internal/lab/labtest"
	"teal.dev/teal/policies"
)

// split is what Fix writes for a file after what is applied already.
func split(t *testing.T, before, refused string) []policies.File {
	t.Helper()
	in := policies.Input{Policy: set(t), Now: day("2026-11-23 12:00"), Files: []policies.File{{Path: "m/0001_a.up.sql", Applied: true, Body: []byte(before)},
		{Path: "m/0002_b.up.sql", Body: []byte(refused)}}}
	require.Equal(t, policies.Deny, policies.Check(in).Decision)
	s, err := policies.Fix(in, 1)
	require.NoError(t, err)
	return s.Files
}

// fails runs a statement that the server refuses, and says by which SQLSTATE.
func fails(t *testing.T, c *pgx.Conn, sql string) string {
	t.Helper()
	_, err := c.Exec(t.Context(), sql)
	var refused *pgconn.PgError
	require.ErrorAs(t, err, &refused, sql)
	return refused.Code
}

// TestFixValuesThatDoNotConvert: the old version writes what it always could and is never refused for it. The new version's
// value that the old one could not read is refused. And nothing is dropped while a value is in the old column only.
func TestFixValuesThatDoNotConvert(t *testing.T) {
	const before = "CREATE TABLE t (id int PRIMARY KEY, n text NOT NULL, small int); INSERT INTO t VALUES (1, '1', 1);"
	files := split(t, before, "ALTER TABLE t ALTER n TYPE int USING n::int")
	c := connect(t, labtest.Postgres(t), before)
	runFiles(t, c, files, policies.PhaseExpand)
	execute(t, c, "INSERT INTO t (id, n) VALUES (2, 'two')")
	execute(t, c, "UPDATE t SET n = 'one' WHERE id = 1")
	require.Equal(t, "one,two", text(t, c, "SELECT string_agg({c}, ',' ORDER BY id) FROM t", "n"))
	require.Equal(t, "NULL,NULL", text(t, c, "SELECT string_agg(coalesce({c}::text, 'NULL'), ',' ORDER BY id) FROM t", "n_new"))
	execute(t, c, "UPDATE t SET id = id, small = 2, n = n, n_new = n_new") // as an ORM does that writes a row back
	require.Equal(t, "one,two", text(t, c, "SELECT string_agg({c}, ',' ORDER BY id) FROM t", "n"))
	contracts := slices.DeleteFunc(slices.Clone(files), func(f policies.File) bool { return !strings.HasPrefix(string(f.Body), "-- teal:contract") })
	require.NoError(t, runFile(t, c, &contracts[0]), "the check is not valid yet")
	require.ErrorContains(t, runFile(t, c, &contracts[1]), "23514", "the proof that no value is missing fails")
	require.ErrorContains(t, runFile(t, c, &contracts[3]), "require_failed")
	execute(t, c, "UPDATE t SET n_new = id WHERE n_new IS NULL") // somebody mends the rows
	require.Equal(t, "1,2", text(t, c, "SELECT string_agg({c}, ',' ORDER BY id) FROM t", "n"))
	for i := range contracts[1:] {
		require.NoError(t, runFile(t, c, &contracts[i+1]))
	}
	require.Equal(t, "1,2", text(t, c, "SELECT string_agg({c}::text, ',' ORDER BY id) FROM t", "n_new"))

	const narrow = "CREATE TABLE t (id int PRIMARY KEY, n int); INSERT INTO t VALUES (1, 1);"
	wide := split(t, narrow, "ALTER TABLE t ALTER n TYPE bigint")
	c = connect(t, labtest.Postgres(t), narrow)
	runFiles(t, c, wide, policies.PhaseExpand)
	require.Equal(t, "22003", fails(t, c, "UPDATE t SET n_new = 3000000000"), "the old version cannot read it")
	runFiles(t, c, wide, policies.PhaseContract)
	execute(t, c, "UPDATE t SET n_new = 3000000000")
}

// TestFixStopsBeforeItLoses: a value that is there and does not convert stops the backfill, and nothing has changed for anybody.
func TestFixStopsBeforeItLoses(t *testing.T) {
	const before = "CREATE TABLE t (id int PRIMARY KEY, n varchar(9)); INSERT INTO t VALUES (1, 'far too long'::varchar(9));"
	files := split(t, before, "ALTER TABLE t ALTER n TYPE varchar(3)")
	c := connect(t, labtest.Postgres(t), before)
	require.NoError(t, runFile(t, c, &files[0]))
	require.ErrorContains(t, runFile(t, c, &files[1]), "22001")
	require.ErrorContains(t, runFile(t, c, &files[2]), "require_failed", "and the contract would not drop it either")
	require.Equal(t, "far too l", text(t, c, "SELECT {c} FROM t", "n"))
}

// TestFixNotNull: a column that is NOT NULL at once becomes one that waits for the values that only a person knows.
func TestFixNotNull(t *testing.T) {
	const before = `CREATE TABLE "T" (id int PRIMARY KEY); INSERT INTO "T" VALUES (1);`
	const refused = `ALTER TABLE "T" ADD COLUMN "State" varchar(5) NOT NULL CHECK ("State" <> '') UNIQUE`
	files := split(t, before, refused)
	c := connect(t, labtest.Postgres(t), before)
	runFiles(t, c, files, policies.PhaseExpand)
	execute(t, c, `INSERT INTO "T" (id) VALUES (2)`) // the old version does not know the column
	execute(t, c, `INSERT INTO "T" (id, "State") VALUES (3, 'new')`)
	first := files[slices.IndexFunc(files, func(f policies.File) bool { return strings.HasPrefix(string(f.Body), "-- teal:contract") })]
	require.ErrorContains(t, runFile(t, c, &first), "require_failed")
	require.Contains(t, string(first.Body), `-- UPDATE "T" SET "State" = … WHERE "State" IS NULL;`)
	execute(t, c, `UPDATE "T" SET "State" = 's' || id WHERE "State" IS NULL`)
	runFiles(t, c, files, policies.PhaseContract)

	want := connect(t, labtest.Postgres(t), before)
	execute(t, want, `TRUNCATE "T"`) // with rows the refused file cannot run at all
	execute(t, want, refused)
	execute(t, want, `INSERT INTO "T" VALUES (1, 's1'), (2, 's2'), (3, 'new')`)
	l := life{table: `"T"`}
	require.Equal(t, l.end(t, want, `"State"`), l.end(t, c, `"State"`))
}

// TestFixRenameTable: the old version goes on through a view of the old name, with the rights that were granted.
func TestFixRenameTable(t *testing.T) {
	for refused, target := range map[string]string{`ALTER TABLE "Note" RENAME TO "select"`: `"select"`, `ALTER TABLE "Note" SET SCHEMA s`: `s."Note"`} {
		const before = `CREATE SCHEMA s; CREATE TABLE "Note" (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, body text DEFAULT 'x'); GRANT SELECT, INSERT ON "Note" TO public; INSERT INTO "Note" (body) VALUES ('a');`
		files := split(t, before, refused)
		c := connect(t, labtest.Postgres(t), before)
		runFiles(t, c, files, policies.PhaseExpand)
		execute(t, c, `INSERT INTO "Note" (body) VALUES ('b'); UPDATE "Note" SET body = 'c' WHERE id = 1; INSERT INTO "Note" (body) VALUES (DEFAULT) RETURNING id; SELECT * FROM "Note" WHERE id = 1 FOR UPDATE`)
		execute(t, c, "INSERT INTO "+target+" (body) VALUES ('new'); DELETE FROM "+target+" WHERE body = 'b'")
		require.Equal(t, "1:c,3:x,4:new", text(t, c, `SELECT string_agg(id || ':' || body, ',' ORDER BY id) FROM "Note"`, ""))
		require.Equal(t, "INSERT,SELECT", text(t, c, `SELECT string_agg(privilege_type, ',' ORDER BY privilege_type) FROM information_schema.role_table_grants JOIN information_schema.views USING (table_schema, table_name) WHERE grantee = 'PUBLIC' AND table_schema = 'public'`, ""))
		runFiles(t, c, files, policies.PhaseContract)
		require.Equal(t, "42P01", fails(t, c, `SELECT FROM public."Note"`))
		want := connect(t, labtest.Postgres(t), before)
		execute(t, want, refused)
		execute(t, want, "DELETE FROM "+target)
		execute(t, c, "DELETE FROM "+target)
		l := life{table: target}
		require.Equal(t, l.end(t, want, "body"), l.end(t, c, "body"))
	}
}

// TestFixTwoColumns: several changes of one file, on one table and with names that are alike for the first 63 bytes.
func TestFixTwoColumns(t *testing.T) {
	long := strings.Repeat("x", 62)
	before := "CREATE TABLE t (id int PRIMARY KEY, " + long + "1 int NOT NULL, " + long + "2 int NOT NULL, n int NOT NULL); INSERT INTO t VALUES (1, 1, 2, 3);"
	refused := "ALTER TABLE t ALTER " + long + "1 TYPE bigint, ALTER " + long + "2 TYPE bigint; ALTER TABLE t RENAME n TO m"
	files := split(t, before, refused)
	c := connect(t, labtest.Postgres(t), before)
	runFiles(t, c, files, policies.PhaseExpand)
	execute(t, c, "INSERT INTO t (id, "+long+"1, "+long+"2, n) VALUES (2, 21, 22, 23)")
	runFiles(t, c, files, policies.PhaseContract)
	require.Equal(t, "id:integer,m:integer,bigint,bigint", text(t, c, "SELECT string_agg(CASE WHEN length(column_name) < 9 THEN column_name || ':' ELSE '' END || data_type, ',' ORDER BY length(column_name) > 9, column_name) FROM information_schema.columns WHERE table_name = 't' AND is_nullable = 'NO'", ""))
	require.Equal(t, "21,22,23", text(t, c, "SELECT (SELECT string_agg(value, ',' ORDER BY value) FROM jsonb_each_text(to_jsonb(t) - 'id')) FROM t WHERE id = 2", ""))
}

// TestFixEveryRule: for the bad example of every rule that is refused there is a split that passes the gate and runs on a real
// server, or a reason that says what a person does.
func TestFixEveryRule(t *testing.T) {
	c := connect(t, labtest.Postgres(t), "DO $$ BEGIN CREATE ROLE clerk; EXCEPTION WHEN duplicate_object THEN NULL; END $$")
	splits := []string{}
	for _, r := range policies.Rules() {
		in := policies.Input{Policy: set(t), Server: r.Bad.Server, Now: day("2026-11-23 12:00")}
		if r.Bad.Before != "" {
			in.Files = append(in.Files, policies.File{Path: "m/0001_a.up.sql", Body: []byte(r.Bad.Before), Applied: true})
		}
		if r.Bad.Expand != "" {
			in.Files = append(in.Files, policies.File{Path: "m/0002_b.up.sql", Body: []byte(r.Bad.Expand)})
		}
		in.Files = append(in.Files, policies.File{Path: "m/0003_c.up.sql", Phase: r.Bad.Phase, Body: []byte(r.Bad.SQL)})
		last := len(in.Files) - 1
		if files := policies.Check(in).Files; len(files) == 0 || files[len(files)-1].Decision != policies.Deny {
			continue
		}
		s, err := policies.Fix(in, last)
		if err != nil {
			t.Logf("%s: %v", r.ID, err)
			require.Regexp(t, `teal explain|--against|file of its own|by hand|never closed; add`, err.Error())
			continue
		}
		splits = append(splits, r.ID)
		in.Files = append(in.Files[:last], s.Files...)
		require.NotEqual(t, policies.Deny, policies.Check(in).Decision, r.ID)
		plannable(t, s.Files)
		execute(t, c, "DROP SCHEMA public CASCADE; CREATE SCHEMA public; "+r.Bad.Before)
		runFiles(t, c, s.Files, policies.PhaseExpand)
		if r.ID != "add-column-not-null" { // its contract waits for a person
			runFiles(t, c, s.Files, policies.PhaseContract)
		}
	}
	t.Log(splits)
	require.Subset(t, splits, []string{"add-column-not-null", "rename-column", "alter-column-type", "alter-column-type-using", "rename-table", "create-index", "set-not-null", "add-unique", "drop-column"})
}
