package policies_test

import (
	"cmp"
	"context"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"teal.dev/teal/internal/lab/labtest"
	"teal.dev/teal/migrate/postgres"
	"teal.dev/teal/migrate/statement"
	"teal.dev/teal/policies"
)

// life is a release that changes a column: what was there, the refused file, and what both versions do between expand and
// contract. {c} is the column by the name that the version at hand knows.
type life struct {
	name, before, refused string
	table                 string // as SQL
	old, new              string // the column's names while both versions run
	final                 string // and the name that the refused file gives it
	steps                 []step
}

// step is a statement of one version, and what the other one reads then.
type step struct {
	who  version
	sql  string
	sees string // by the other version's {c}, as text, of the row with the highest id
	as   string // the same statement where only the new column is, if the text differs
}

type version bool

const (
	oldVersion version = false
	newVersion version = true
)

// renames and retypes: the names of the tables are odd on purpose.
func lives() []life {
	const long = "a_column_with_a_name_that_uses_every_single_byte_it_may_have_x"
	const tableLong = "a_table_with_a_name_that_uses_every_single_byte_it_may_have_xx"
	return []life{
		{name: "rename, nullable", before: "CREATE TABLE t (id int PRIMARY KEY, n int); CREATE INDEX t_n ON t (n); CREATE INDEX ON t USING hash (n); INSERT INTO t VALUES (1, 10), (2, NULL);",
			refused: "ALTER TABLE t RENAME COLUMN n TO m", table: "t", old: "n", new: "m", final: "m", steps: []step{
				{oldVersion, "INSERT INTO t (id, {c}) VALUES (3, 30)", "30", ""}, {newVersion, "INSERT INTO t (id, {c}) VALUES (4, 40)", "40", ""},
				{oldVersion, "UPDATE t SET {c} = 41 WHERE id = 4", "41", ""}, {newVersion, "UPDATE t SET {c} = NULL WHERE id = 4", "NULL", ""},
				{oldVersion, "INSERT INTO t (id) VALUES (5)", "NULL", ""}, {newVersion, "UPDATE t SET {c} = id", "5", ""}, {oldVersion, "UPDATE t SET id = id", "5", ""}}},
		{name: "rename, NOT NULL, keyed, checked, referring", before: `CREATE TABLE p (k varchar(9) PRIMARY KEY); INSERT INTO p SELECT 'k' || n FROM generate_series(1, 9) n;
				CREATE TABLE t (id int PRIMARY KEY, n varchar(9) NOT NULL UNIQUE CHECK (n <> '') REFERENCES p ON UPDATE CASCADE, x int, CONSTRAINT both_of UNIQUE (n, x));
				CREATE INDEX part ON t (lower(n), x DESC) WHERE n > 'a'; CREATE INDEX other ON t (x) INCLUDE (n); INSERT INTO t VALUES (1, 'k1', 1);`,
			refused: "ALTER TABLE t RENAME COLUMN n TO m", table: "t", old: "n", new: "m", final: "m", steps: []step{
				{oldVersion, "INSERT INTO t (id, {c}) VALUES (2, 'k2')", "k2", ""}, {newVersion, "INSERT INTO t (id, {c}) VALUES (3, 'k3') ON CONFLICT ({c}) DO NOTHING", "k3", ""},
				{newVersion, "INSERT INTO t (id, {c}) VALUES (4, 'k3') ON CONFLICT ({c}) DO UPDATE SET {c} = 'k5'", "k5", ""},
				{oldVersion, "UPDATE p SET k = 'k0' WHERE k = 'k5'", "k0", ""}, {oldVersion, "UPDATE t SET {c} = 'k6' WHERE id = 3", "k6", ""}}},
		{name: "rename, default", before: "CREATE TABLE t (id int PRIMARY KEY, n text NOT NULL DEFAULT 'd', at timestamptz); INSERT INTO t VALUES (1, 'a'), (2, 'd');",
			refused: "ALTER TABLE t RENAME COLUMN n TO m", table: "t", old: "n", new: "m", final: "m", steps: []step{
				{oldVersion, "INSERT INTO t (id) VALUES (3)", "d", ""}, {newVersion, "INSERT INTO t (id) VALUES (4)", "d", ""},
				{oldVersion, "INSERT INTO t (id, {c}) VALUES (5, 'x')", "x", ""}, {newVersion, "INSERT INTO t (id, {c}) VALUES (6, 'y')", "y", ""},
				{newVersion, "UPDATE t SET {c} = DEFAULT WHERE id = 6", "d", ""}, {oldVersion, "INSERT INTO t (id, {c}) VALUES (7, 'd')", "d", ""}}},
		{name: "rename, nullable with a default of now", before: "CREATE TABLE t (id int PRIMARY KEY, n date DEFAULT current_date, j json DEFAULT '{}'); INSERT INTO t VALUES (1, '2020-01-01'), (2, NULL);",
			refused: "ALTER TABLE t RENAME COLUMN n TO m", table: "t", old: "n", new: "m", final: "m", steps: []step{
				{newVersion, "INSERT INTO t (id, {c}) VALUES (3, NULL)", "NULL", ""}, {oldVersion, "INSERT INTO t (id, {c}) VALUES (4, NULL)", "NULL", ""},
				{oldVersion, "INSERT INTO t (id, {c}) VALUES (5, '2021-01-01')", "2021-01-01", ""}, {newVersion, "INSERT INTO t (id, {c}) VALUES (6, '2022-01-01')", "2022-01-01", ""}}},
		{name: "rename, a type without =", before: `CREATE TABLE t (id int PRIMARY KEY, n json NOT NULL DEFAULT '{}'); INSERT INTO t VALUES (1, '{"a": 1}');`,
			refused: "ALTER TABLE t RENAME COLUMN n TO m", table: "t", old: "n", new: "m", final: "m", steps: []step{
				{oldVersion, `INSERT INTO t (id, {c}) VALUES (3, '{"b":  1}')`, `{"b":  1}`, ""}, {newVersion, `UPDATE t SET {c} = '{"b": 1}'`, `{"b": 1}`, ""}, {newVersion, "INSERT INTO t (id) VALUES (4)", "{}", ""}}},
		{name: "rename, values equal and not the same", before: "CREATE TABLE t (id int PRIMARY KEY, n numeric); INSERT INTO t VALUES (1, 1.50);",
			refused: "ALTER TABLE t RENAME COLUMN n TO m", table: "t", old: "n", new: "m", final: "m", steps: []step{{oldVersion, "UPDATE t SET {c} = 1.500", "1.500", ""}, {newVersion, "UPDATE t SET {c} = 1.5", "1.5", ""}}},
		{name: "rename, odd names", before: `CREATE SCHEMA "My Audit"; CREATE TABLE "My Audit"."Order" (id int PRIMARY KEY, "Select" int NOT NULL, "a""b" int, CHECK ("Select" > "a""b")); CREATE INDEX "I x" ON "My Audit"."Order" ("Select", "a""b");
				INSERT INTO "My Audit"."Order" VALUES (1, 10, 5);`,
			refused: `ALTER TABLE "My Audit"."Order" RENAME COLUMN "Select" TO "from"`, table: `"My Audit"."Order"`, old: `"Select"`, new: `"from"`, final: `"from"`, steps: []step{
				{oldVersion, `INSERT INTO "My Audit"."Order" (id, {c}) VALUES (2, 20)`, "20", ""}, {newVersion, `INSERT INTO "My Audit"."Order" (id, {c}) VALUES (3, 30)`, "30", ""},
				{newVersion, `UPDATE "My Audit"."Order" SET {c} = 7`, "7", ""}, {oldVersion, `UPDATE "My Audit"."Order" SET {c} = 8`, "8", ""}}},
		{name: "rename, a quote in the name", before: `CREATE TABLE t (id int PRIMARY KEY, "a""b'c" text DEFAULT 'it''s $sync$'); INSERT INTO t VALUES (1, 'x');`,
			refused: `ALTER TABLE t RENAME COLUMN "a""b'c" TO "é ""x"`, table: "t", old: `"a""b'c"`, new: `"é ""x"`, final: `"é ""x"`, steps: []step{
				{oldVersion, "INSERT INTO t (id, {c}) VALUES (2, 'y')", "y", ""}, {newVersion, "INSERT INTO t (id) VALUES (3)", "it's $sync$", ""}}},
		{name: "rename, long names", before: "CREATE TABLE " + tableLong + " (id int PRIMARY KEY, " + long + "1 int NOT NULL UNIQUE CHECK (" + long + "1 > 0)); INSERT INTO " + tableLong + " VALUES (1, 1);",
			refused: "ALTER TABLE " + tableLong + " RENAME COLUMN " + long + "1 TO " + long + "2", table: tableLong, old: long + "1", new: long + "2", final: long + "2", steps: []step{
				{oldVersion, "INSERT INTO " + tableLong + " (id, {c}) VALUES (2, 2)", "2", ""}, {newVersion, "INSERT INTO " + tableLong + " (id, {c}) VALUES (3, 3)", "3", ""}}},
		{name: "rename, a trigger of its own", before: `CREATE TABLE t (id int PRIMARY KEY, n int, seen int DEFAULT 0); CREATE FUNCTION see() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN NEW.seen := NEW.seen + 1; RETURN NEW; END';
				CREATE TRIGGER z_see BEFORE UPDATE OF id ON t FOR EACH ROW EXECUTE FUNCTION see(); INSERT INTO t VALUES (1, 1);`,
			refused: "ALTER TABLE t RENAME COLUMN n TO m", table: "t", old: "n", new: "m", final: "m", steps: []step{{oldVersion, "UPDATE t SET {c} = 2, id = 1", "2", ""}}},
		{name: "wider", before: "CREATE TABLE t (id int PRIMARY KEY, n int NOT NULL UNIQUE DEFAULT 0, CHECK (n >= 0)); INSERT INTO t VALUES (1, 10);",
			refused: "ALTER TABLE t ALTER COLUMN n TYPE bigint", table: "t", old: "n", new: "n_new", final: "n", steps: []step{
				{oldVersion, "INSERT INTO t (id, {c}) VALUES (2, 20)", "20", ""}, {newVersion, "INSERT INTO t (id, {c}) VALUES (3, 30)", "30", ""}, {newVersion, "INSERT INTO t (id) VALUES (4)", "0", ""},
				{newVersion, "UPDATE t SET {c} = 5 WHERE id = 4", "5", ""}, {oldVersion, "UPDATE t SET {c} = 6 WHERE id = 4", "6", ""}}},
		{name: "narrower", before: "CREATE TABLE t (id int PRIMARY KEY, n bigint); INSERT INTO t VALUES (1, 10), (2, NULL);",
			refused: "ALTER TABLE t ALTER n TYPE int", table: "t", old: "n", new: "n_new", final: "n", steps: []step{
				{oldVersion, "INSERT INTO t (id, {c}) VALUES (3, 30)", "30", ""}, {newVersion, "INSERT INTO t (id, {c}) VALUES (4, 40)", "40", ""}, {oldVersion, "UPDATE t SET {c} = NULL", "NULL", ""}}},
		{name: "text to int", before: "CREATE TABLE t (id int PRIMARY KEY, n text NOT NULL); INSERT INTO t VALUES (1, '007');",
			refused: "ALTER TABLE t ALTER n TYPE int USING n::int", table: "t", old: "n", new: "n_new", final: "n", steps: []step{
				{oldVersion, "INSERT INTO t (id, {c}) VALUES (2, '008')", "8", ""}, {newVersion, "INSERT INTO t (id, {c}) VALUES (3, 9)", "9", ""}, {newVersion, "UPDATE t SET {c} = 11 WHERE id = 3", "11", ""}}},
		{name: "shorter", before: "CREATE TABLE t (id int PRIMARY KEY, n varchar(9)); INSERT INTO t VALUES (1, 'a');", refused: "ALTER TABLE t ALTER n TYPE char(3)", table: "t", old: "n", new: "n_new", final: "n",
			steps: []step{{oldVersion, "INSERT INTO t (id, {c}) VALUES (2, 'b')", "b", ""}, {newVersion, "INSERT INTO t (id, {c}) VALUES (3, 'c')", "c", ""}}},
		{name: "in a zone", before: "CREATE TABLE t (id int PRIMARY KEY, n timestamp); INSERT INTO t VALUES (1, '2020-07-01 12:00');",
			refused: "ALTER TABLE t ALTER n TYPE timestamptz USING n AT TIME ZONE 'Europe/Berlin'", table: "t", old: "n", new: "n_new", final: "n", steps: []step{
				{oldVersion, "INSERT INTO t (id, {c}) VALUES (2, '2020-01-01 12:00')", "2020-01-01 11:00:00+00", "INSERT INTO t (id, {c}) VALUES (2, '2020-01-01 11:00Z')"}, {newVersion, "INSERT INTO t (id, {c}) VALUES (3, '2020-07-01 10:00Z')", "2020-07-01 12:00:00", ""}}},
		{name: "numbers", before: "CREATE TABLE t (id int PRIMARY KEY, n numeric(10,4) DEFAULT 1); CREATE INDEX ON t (n); INSERT INTO t VALUES (1, 1.2345);",
			refused: "ALTER TABLE t ALTER n TYPE numeric(6,2)", table: "t", old: "n", new: "n_new", final: "n", steps: []step{
				{oldVersion, "INSERT INTO t (id, {c}) VALUES (2, 9.999)", "10.00", ""}, {newVersion, "INSERT INTO t (id, {c}) VALUES (3, 3.25)", "3.2500", ""}, {oldVersion, "INSERT INTO t (id) VALUES (4)", "1.00", ""}}},
		{name: "a type of theirs", before: `CREATE SCHEMA s; CREATE TYPE mood AS ENUM ('sad', 'ok'); CREATE TABLE s.t (id int PRIMARY KEY, n text NOT NULL); INSERT INTO s.t VALUES (1, 'ok');`,
			refused: "ALTER TABLE s.t ALTER n TYPE mood USING n::mood", table: "s.t", old: "n", new: "n_new", final: "n", steps: []step{
				{oldVersion, "SET search_path = s; INSERT INTO t (id, {c}) VALUES (2, 'sad'); RESET search_path", "sad", ""}, {newVersion, "INSERT INTO s.t (id, {c}) VALUES (3, 'sad')", "sad", ""}}},
		{name: "json", before: `CREATE TABLE t (id int PRIMARY KEY, n json); INSERT INTO t VALUES (1, '{"a":  1}');`, refused: "ALTER TABLE t ALTER n TYPE jsonb", table: "t", old: "n", new: "n_new", final: "n", steps: []step{
			{oldVersion, `INSERT INTO t (id, {c}) VALUES (2, '{"b":1}')`, `{"b": 1}`, ""}, {newVersion, `INSERT INTO t (id, {c}) VALUES (3, '[1]')`, `[1]`, ""}}},
	}
}

// TestFixLives: a split runs on a real server with both versions writing between its parts, each sees at once what the other
// writes, and in the end the database is as the refused file would have left it. What teal knows of the column comes from the
// files, or from the database.
func TestFixLives(t *testing.T) {
	one, other := labtest.Postgres(t), labtest.Postgres(t)
	for _, l := range lives() {
		for _, against := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s, against a database %v", l.name, against), func(t *testing.T) {
				want, got := connect(t, one, l.before), connect(t, other, l.before)
				in := policies.Input{Policy: set(t), Now: day("2026-11-23 12:00"), Files: []policies.File{{Path: "m/0001_a.up.sql", Applied: true, Body: []byte(l.before)},
					{Path: "m/0002_b.up.sql", Body: []byte(l.refused)}}}
				if against {
					in.Schema = schemaOf(t, other)
				}
				require.Equal(t, policies.Deny, policies.Check(in).Decision)
				split, err := policies.Fix(in, 1)
				require.NoError(t, err)
				in.Files = append(in.Files[:1], split.Files...)
				report := policies.Check(in)
				require.NotEqual(t, policies.Deny, report.Decision, report.Text())

				execute(t, want, l.refused)
				for _, s := range l.steps {
					execute(t, want, strings.ReplaceAll(cmp.Or(s.as, s.sql), "{c}", l.final))
				}
				l.both(t, got, split.Files)
				runFiles(t, got, split.Files, policies.PhaseContract)
				require.Equal(t, l.end(t, want, l.final), l.end(t, got, l.new))
			})
		}
	}
}

func schemaOf(t *testing.T, dsn string) []byte {
	db, err := postgres.Open(postgres.Config{App: "shop", URL: dsn})
	require.NoError(t, err)
	schema, err := db.Schema(t.Context())
	require.NoError(t, err)
	return []byte(schema.SQL)
}

// both runs the expand files, none of which changes what the old version reads, and lets the two versions write: the old one
// from the first file on.
func (l *life) both(t *testing.T, c *pgx.Conn, files []policies.File) {
	all := "SELECT coalesce(string_agg({c}::text, ',' ORDER BY id), '') FROM " + l.table
	steps := l.steps
	for _, f := range files {
		if policies.PhaseOf(f.Path, f.Phase, f.Body) == policies.PhaseExpand {
			before := text(t, c, all, l.old)
			runFiles(t, c, []policies.File{f}, policies.PhaseExpand)
			require.Equal(t, before, text(t, c, all, l.old), "the old version's values changed")
			for ; len(steps) > 0 && steps[0].who == oldVersion; steps = steps[1:] {
				l.step(t, c, steps[0])
			}
		}
	}
	for _, s := range steps {
		l.step(t, c, s)
	}
}

func (l *life) step(t *testing.T, c *pgx.Conn, s step) {
	mine, other := l.old, l.new
	if s.who == newVersion {
		mine, other = l.new, l.old
	}
	execute(t, c, strings.ReplaceAll(s.sql, "{c}", mine))
	require.Equal(t, s.sees, text(t, c, "SELECT coalesce({c}::text, 'NULL') FROM "+l.table+" ORDER BY id DESC LIMIT 1", other), s.sql)
}

// end is all that is left: columns, constraints, indexes, triggers, functions and rows, without the names that teal gives.
func (l *life) end(t *testing.T, c *pgx.Conn, column string) []string {
	const where = " WHERE table_schema NOT IN ('pg_catalog', 'information_schema')"
	bare := strings.ReplaceAll(strings.Trim(column, `"`), `""`, `"`)
	literal := "'" + strings.ReplaceAll(bare, "'", "''") + "'"
	var out []string
	for _, q := range []string{
		"SELECT concat_ws(' ', table_name, CASE column_name WHEN " + literal + " THEN '{c}' ELSE column_name END, data_type, udt_schema, udt_name, character_maximum_length, numeric_precision, numeric_scale, is_nullable, column_default) FROM information_schema.columns" + where + " ORDER BY 1",
		"SELECT conrelid::regclass || ' ' || replace(pg_get_constraintdef(oid), quote_ident(" + literal + "), '{c}') || convalidated FROM pg_constraint WHERE conrelid > 0 AND connamespace <> 'pg_catalog'::regnamespace ORDER BY 1",
		"SELECT replace(pg_get_indexdef(indexrelid), quote_ident(" + literal + "), '{c}') || indisvalid FROM pg_index JOIN pg_class c ON c.oid = indrelid WHERE c.relnamespace::regnamespace::text !~ '^(pg_|information_schema)' ORDER BY 1",
		"SELECT tgname || '' FROM pg_trigger WHERE NOT tgisinternal ORDER BY 1", "SELECT proname || '' FROM pg_proc WHERE pronamespace::regnamespace::text !~ '^(pg_catalog|information_schema)$' ORDER BY 1",
		"SELECT (to_jsonb(t) - " + literal + " || jsonb_build_object('c', t." + column + "::text))::text FROM " + l.table + " t ORDER BY id",
	} {
		rows, err := c.Query(t.Context(), q)
		require.NoError(t, err, q)
		lines, err := pgx.CollectRows(rows, pgx.RowTo[string])
		require.NoError(t, err)
		for i := range lines { // the names of indexes
			lines[i] = regexp.MustCompile(`INDEX (".*?"|\S+) ON`).ReplaceAllString(lines[i], "INDEX ON")
		}
		slices.Sort(lines)
		out = append(append(out, "--"), lines...)
	}
	return out
}

// connect empties a database.
func connect(t *testing.T, dsn, before string) *pgx.Conn {
	t.Helper()
	c, err := pgx.Connect(t.Context(), dsn)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, c.Close(context.Background())) })
	execute(t, c, `SET timezone = 'UTC'; SET client_min_messages = error; DROP SCHEMA IF EXISTS public, s, "My Audit" CASCADE; CREATE SCHEMA public; `+before)
	return c
}

func execute(t *testing.T, c *pgx.Conn, sql string) {
	t.Helper()
	_, err := c.Exec(t.Context(), sql)
	require.NoError(t, err, sql)
}

func text(t *testing.T, c *pgx.Conn, query, column string) (out string) {
	t.Helper()
	require.NoError(t, c.QueryRow(t.Context(), strings.ReplaceAll(query, "{c}", column)).Scan(&out), query)
	return out
}

// runFiles runs the files of one track as teal does, and asks what they require.
func runFiles(t *testing.T, c *pgx.Conn, files []policies.File, phase policies.Phase) {
	t.Helper()
	for _, f := range files {
		if policies.PhaseOf(f.Path, f.Phase, f.Body) == phase {
			require.NoError(t, runFile(t, c, &f), string(f.Body))
		}
	}
}

func runFile(t *testing.T, c *pgx.Conn, f *policies.File) error {
	t.Helper()
	parsed, err := statement.Parse(f.Body, statement.Postgres)
	require.NoError(t, err)
	for _, r := range parsed.Requires() {
		var holds bool
		require.NoError(t, c.QueryRow(t.Context(), r.Value).Scan(&holds), r.Value)
		if !holds {
			return fmt.Errorf("require_failed: %s", r.Value)
		}
	}
	list := []string{}
	for _, s := range parsed.Statements {
		require.True(t, s.Transactional() || len(parsed.Statements) == 1)
		list = append(list, s.SQL)
	}
	_, err = c.Exec(t.Context(), strings.Join(list, ";\n"))
	return err
}
