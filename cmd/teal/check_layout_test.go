package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/rogpeppe/go-internal/txtar"
	"github.com/stretchr/testify/require"

	"teal.dev/teal/events"
	"teal.dev/teal/internal/lab/labtest"
	"teal.dev/teal/migrate"
	"teal.dev/teal/migrate/postgres"
	"teal.dev/teal/policies"
	"teal.dev/teal/release"
)

// checkJSON runs teal check and returns what it says, as "file rule decision" of what is more than allowed.
func checkJSON(t *testing.T, args ...string) (code int, said []string) {
	t.Helper()
	code, out, complaint := tealRun(t, append([]string{"check", "--format", "json"}, args...)...)
	require.NotEmpty(t, out, complaint)
	var report policies.Report
	require.NoError(t, json.Unmarshal([]byte(out), &report))
	for _, f := range report.Files {
		for _, e := range f.Statements {
			if e.Decision != policies.Allow {
				said = append(said, strings.Join([]string{filepath.Base(f.Path), e.Rule, string(e.Decision)}, " "))
			}
		}
	}
	return code, said
}

// TestCheckRefusesWhatTheDaemonRefuses: a folder that the daemon would reject at vetting is denied here, and what is wrong with
// the folder as a whole has the same code.
func TestCheckRefusesWhatTheDaemonRefuses(t *testing.T) {
	paths, err := filepath.Glob("../../testdata/migrations/*.txtar")
	require.NoError(t, err)
	compared := map[migrate.Code]bool{}
	for _, path := range paths {
		data, err := os.ReadFile(path)
		require.NoError(t, err)
		files, folder := map[string]string{}, events.Folder{}
		for _, f := range txtar.Parse(data).Files {
			files[f.Name] = string(f.Data)
			folder = append(folder, events.File{Name: f.Name, Body: f.Data})
		}
		plan := migrate.NewPlan(folder, nil, migrate.Options{})
		if len(plan.Problems) == 0 {
			continue
		}
		code, said := checkJSON(t, write(t, files))
		require.Equal(t, exitRefused, code, path)
		layout, _ := migrate.Layout(folder, nil, migrate.Options{})
		for _, p := range layout {
			if filepath.Dir(p.File) == "old" {
				require.Contains(t, said, "old folder deny", "no release can carry it")
				continue
			}
			want := "deny"
			if p.Code == migrate.Interleaved {
				want = "warn" // nobody has said what has run
			}
			require.Contains(t, said, filepath.Base(p.File)+" "+string(p.Code)+" "+want, path)
			compared[p.Code] = true
		}
	}
	require.GreaterOrEqual(t, len(compared), 6, "%v", compared)
}

// TestCheckComparesWithTheLedger: with a database at hand, what the daemon would find in its ledger is said in the same words.
func TestCheckComparesWithTheLedger(t *testing.T) {
	dsn := labtest.PostgresOwn(t).DSN("postgres")
	db, err := postgres.Open(postgres.Config{App: "shop", URL: dsn})
	require.NoError(t, err)
	files := map[string]string{"0001_a.up.sql": "CREATE TABLE a (id int, n int);", "0003_c.up.sql": "CREATE TABLE c (id int);", "0005_e.up.sql": "CREATE TABLE e (id int);",
		"0006_g.up.sql": "-- teal:contract\nALTER TABLE a DROP COLUMN n;"}
	dir := write(t, files)
	folder, err := readMigrations(dir)
	require.NoError(t, err)
	require.NoError(t, db.Apply(t.Context(), release.Migration{App: "shop", Release: "01JD0000000000000000000001", Epoch: 1, Folder: folder.Digest(), Track: "expand"}, folder, func(string) {}))
	code, said := checkJSON(t, "--against", dsn, dir)
	require.Equal(t, exitDone, code)
	require.Empty(t, said)

	put := func(name, body string) {
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), []byte(body), 0o644))
	}
	put("0003_c.up.sql", "CREATE TABLE c (id bigint);")
	put("0004_d.up.sql", "CREATE TABLE d (id int);")
	put("0007_h.up.sql", "ALTER TABLE a ALTER COLUMN n SET DEFAULT 1;")
	put(".hidden", "")
	require.NoError(t, os.Rename(filepath.Join(dir, "0005_e.up.sql"), filepath.Join(dir, "0009_e.up.sql")))
	code, said = checkJSON(t, "--against", dsn, dir)
	require.Equal(t, exitRefused, code)
	for _, want := range []string{"0003_c.up.sql checksum deny", "0004_d.up.sql out_of_order deny", "0005_e.up.sql orphan warn", "0006_g.up.sql interleaved warn",
		filepath.Base(dir) + " folder deny"} {
		require.Contains(t, said, want)
	}
	put("0008_i.up.sql", "ALTER TABLE a ADD COLUMN z int;\nCREATE INDEX a_z ON a (z);\nALTER TABLE a DROP COLUMN id;")
	_, _, complaint := tealRun(t, "check", "--fix", "--against", dsn, dir)
	require.Contains(t, complaint, "0008_i.up.sql is left as it is: 0006_g.up.sql works on the same tables and would have to move with it: a release may owe it")
	require.Contains(t, complaint, "compared with the ledger of shop, the only app that this database knows")
	require.NoFileExists(t, filepath.Join(dir, "0010_i_1.up.sql"))
	_, said = checkJSON(t, "--against", dsn, "--app", "other", dir)
	require.False(t, slices.ContainsFunc(said, func(s string) bool { return strings.Contains(s, "checksum") }), "another app's ledger")
	_, _, complaint = tealRun(t, "check", "--against", dsn, "--app", "other", dir)
	require.Contains(t, complaint, "the ledger of this database is about shop; --app says which one is meant")
	_, said = checkJSON(t, "--against", dsn, dir, write(t, files))
	require.False(t, slices.ContainsFunc(said, func(s string) bool { return strings.Contains(s, "checksum") }), "two folders and one ledger")

	conn, err := pgx.Connect(t.Context(), dsn)
	require.NoError(t, err)
	_, err = conn.Exec(t.Context(), "CREATE ROLE reader LOGIN; GRANT SELECT ON schema_migrations, schema_migrations_contract TO reader")
	require.NoError(t, err)
	require.NoError(t, conn.Close(t.Context()))
	reader := strings.Replace(dsn, "postgres://postgres", "postgres://reader", 1)
	require.NotEqual(t, dsn, reader)
	_, out, complaint := tealRun(t, "check", "--against", reader, dir)
	require.Contains(t, complaint, "may not read teal's ledger")
	require.NotContains(t, out, "checksum")
}

// TestARejectionReadsAsTealCheckPrints: who reads the outcome of a refused folder needs one format, whoever refused it.
func TestARejectionReadsAsTealCheckPrints(t *testing.T) {
	code, why, findings := refused([]migrate.Problem{{Code: migrate.Duplicate, File: "2_b.up.sql", Text: "taken"}, {Code: migrate.Checksum, File: "1_a.up.sql", Line: 3, Text: "changed"}})
	require.Equal(t, "duplicate", code)
	require.Equal(t, "2_b.up.sql: taken\n1_a.up.sql:3: changed", why)
	require.NotContains(t, string(findings), "null")
	var report policies.Report
	require.NoError(t, json.Unmarshal(findings, &report))
	require.Equal(t, policies.Deny, report.Decision)
	require.Len(t, report.Files, 2)
	require.Contains(t, report.Text(), "1_a.up.sql:3: deny: checksum\n  why: changed\n  policy: none; no policy and no waiver lets a folder pass with this (teal explain checksum)\n")
	require.NotContains(t, report.Text(), "next:")
}

// TestCheckAgainstAnotherDatabase: an empty database, or one whose version is dirty, is no reason to be silent.
func TestCheckAgainstAnotherDatabase(t *testing.T) {
	dsn := labtest.PostgresOwn(t).DSN("postgres")
	dir := write(t, map[string]string{"0001_a.up.sql": "CREATE TABLE a (id int, n int);", "0002_b.up.sql": "ALTER TABLE a DROP COLUMN n;"})
	_, _, complaint := tealRun(t, "check", "--against", dsn, dir)
	require.Contains(t, complaint, "note: this database has run no migration that teal can see (schema_migrations in public)")
	conn, err := pgx.Connect(t.Context(), dsn)
	require.NoError(t, err)
	_, err = conn.Exec(t.Context(), "CREATE TABLE schema_migrations (version bigint PRIMARY KEY, dirty boolean NOT NULL); INSERT INTO schema_migrations VALUES (1, true)")
	require.NoError(t, err)
	require.NoError(t, conn.Close(t.Context()))
	_, _, complaint = tealRun(t, "check", "--against", dsn, dir)
	require.NotContains(t, complaint, "has run no migration")
	require.Contains(t, complaint, "note: the version of this database is dirty")
}
