package main

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"teal.dev/teal/internal/lab/labtest"
	"teal.dev/teal/policies"
)

// teal runs a command line and returns its exit code and what it wrote.
func tealRun(t *testing.T, args ...string) (code int, out, complaint string) {
	t.Helper()
	var stdout, stderr bytes.Buffer
	code = run(t.Context(), args, stdio{out: &stdout, err: &stderr})
	return code, stdout.String(), stderr.String()
}

func write(t *testing.T, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, body := range files {
		require.NoError(t, os.MkdirAll(filepath.Dir(filepath.Join(dir, name)), 0o755))
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), []byte(body), 0o644))
	}
	return dir
}

// TestCheckAgainstADatabase: a real database says what is applied, how large the tables are, and what they look like.
func TestCheckAgainstADatabase(t *testing.T) {
	server := labtest.PostgresOwn(t)
	dsn := server.DSN("postgres")
	conn, err := pgx.Connect(t.Context(), dsn)
	require.NoError(t, err)
	defer func() { require.NoError(t, conn.Close(t.Context())) }()
	_, err = conn.Exec(t.Context(), `CREATE TABLE small (id bigint PRIMARY KEY, title varchar(10), CONSTRAINT positive CHECK (id > 0));
		CREATE TABLE large AS SELECT n AS id, n AS m FROM generate_series(1, 5000) n;
		CREATE TABLE schema_migrations (version bigint PRIMARY KEY, dirty boolean NOT NULL); INSERT INTO schema_migrations VALUES (1, false);
		ANALYZE small, large`)
	require.NoError(t, err)
	dir := write(t, map[string]string{
		"0001_applied.up.sql": "ALTER TABLE small RENAME COLUMN a TO b;",
		"0002_small.up.sql":   "CREATE INDEX small_title ON small (title);",
		"0003_large.up.sql":   "CREATE INDEX large_m ON large (m);",
		"0004_widen.up.sql":   "ALTER TABLE small ALTER COLUMN title TYPE varchar(20);",
		"0005_check.up.sql":   "ALTER TABLE small DROP CONSTRAINT positive;",
	})
	t.Setenv("TEAL_TEST_DSN", dsn)
	code, out, complaint := tealRun(t, "check", "--format", "json", "--against", "env:TEAL_TEST_DSN", dir)
	require.Equal(t, exitRefused, code, complaint)
	var report policies.Report
	require.NoError(t, json.Unmarshal([]byte(out), &report))
	got := map[string]policies.Action{}
	for _, f := range report.Files {
		got[filepath.Base(f.Path)+" "+f.Statements[0].Rule] = f.Decision
	}
	require.Equal(t, map[string]policies.Action{"0002_small.up.sql create-index": policies.Allow, "0003_large.up.sql create-index": policies.Deny,
		"0004_widen.up.sql widen-column-type": policies.Warn, "0005_check.up.sql drop-check": policies.Warn}, got)
	require.Contains(t, out, "large has about 5,000 rows")

	code, _, _ = tealRun(t, "check", "--format", "json", "--against", "env:TEAL_TEST_DSN", "--applied", "3", dir)
	require.Equal(t, exitDone, code, "by hand: only the last two are judged")
	code, _, complaint = tealRun(t, "check", "--against", "postgres://nobody:secret@127.0.0.1:1/x", dir)
	require.Equal(t, exitFailed, code)
	require.NotContains(t, complaint, "secret")
}
