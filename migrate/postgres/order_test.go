package postgres_test

import (
	"context"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"teal.dev/teal/events"
	"teal.dev/teal/internal/lab/labtest"
	"teal.dev/teal/migrate"
	"teal.dev/teal/migrate/postgres"
	"teal.dev/teal/release"
)

func ledger(t *testing.T, db *postgres.Database) []migrate.Row {
	t.Helper()
	rows, err := db.Ledger(t.Context())
	require.NoError(t, err)
	return rows
}

func problems(t *testing.T, db *postgres.Database, f events.Folder, options migrate.Options) (codes []string, plan migrate.Plan) {
	t.Helper()
	plan = migrate.NewPlan(f, ledger(t, db), options)
	for _, p := range plan.Problems {
		codes = append(codes, string(p.Code))
	}
	return codes, plan
}

func track(name string, epoch uint64, f events.Folder, numbers ...uint64) release.Migration {
	return release.Migration{App: "shop", Release: "01JD0000000000000000000001", Epoch: epoch, Folder: f.Digest(), Track: name, Numbers: numbers}
}

// Both layouts mean the same to the database.
func TestBothLayouts(t *testing.T) {
	const drop = "ALTER TABLE users DROP COLUMN mail;"
	for name, f := range map[string]events.Folder{
		"flat":        files("1_a.up.sql", base, "1_a.down.sql", "DROP TABLE users;", "2_b.up.sql", "-- teal:contract\n"+drop, "3_c.up.sql", "CREATE TABLE c (id int);"),
		"directories": files("expand/1_a.up.sql", base, "expand/1_a.down.sql", "DROP TABLE users;", "contract/2_b.up.sql", drop, "expand/3_c.up.sql", "CREATE TABLE c (id int);"),
	} {
		t.Run(name, func(t *testing.T) {
			dsn := labtest.Postgres(t)
			conn, db := outside(t, dsn), open(t, dsn)
			require.NoError(t, apply(t, db, f))
			requireClean(t, db, conn, f, 3)
			require.Equal(t, 100, get[int](t, conn, "SELECT count(mail) FROM users"), "neither the contract nor the .down.sql has run")
			require.NoError(t, db.Apply(t.Context(), track("contract", 1, f, 2), f, func(string) {}))
			require.Equal(t, 2, get[int](t, conn, "SELECT version FROM schema_migrations_contract WHERE NOT dirty"))
			require.False(t, get[bool](t, conn, "SELECT EXISTS (SELECT FROM pg_attribute WHERE attrelid = 'users'::regclass AND attname = 'mail')"))
		})
	}
}

// What is wrong with a folder is said before anything of it runs.
func TestRefusedBeforeAnythingRuns(t *testing.T) {
	first := files("1_a.up.sql", base)
	more := append(first[:1:1], files("2_ok.up.sql", "CREATE TABLE ok (id int);")...)
	for code, f := range map[string]events.Folder{
		"checksum":            files("1_a.up.sql", base+" ", "2_ok.up.sql", "CREATE TABLE ok (id int);"),
		"track_changed":       files("contract/1_a.up.sql", base, "expand/2_ok.up.sql", "CREATE TABLE ok (id int);"),
		"duplicate":           append(more[:2:2], files("02_twice.up.sql", "SELECT 1;")...),
		"near_miss":           append(more[:2:2], files("3-dash.up.sql", "SELECT 1;")...),
		"mixed_layout":        append(more[:2:2], files("expand/3_c.up.sql", "SELECT 1;")...),
		"not_alone":           append(more[:2:2], files("3_c.up.sql", "SET lock_timeout = '1s'; CREATE INDEX CONCURRENTLY i ON users (mail);")...),
		"transaction_control": append(more[:2:2], files("3_c.up.sql", "BEGIN; CREATE TABLE c (id int);")...),
		"mixed_data":          append(more[:2:2], files("3_c.up.sql", "ALTER TABLE users ADD COLUMN n int; UPDATE users SET n = 1;")...),
		"unnamed_index":       append(more[:2:2], files("3_c.up.sql", "CREATE INDEX CONCURRENTLY ON users (mail);")...),
		"unparsable":          append(more[:2:2], files("3_c.up.sql", "SELECT 'open")...),
		"annotation":          append(more[:2:2], files("3_c.up.sql", "-- teal:requires SELECT true\nSELECT 1;")...),
		"empty":               append(more[:2:2], files("3_c.up.sql", "-- nothing")...),
		"not_utf8":            append(more[:2:2], files("3_c.up.sql", "SELECT '\xff';")...),
	} {
		t.Run(code, func(t *testing.T) {
			t.Parallel()
			dsn := labtest.Postgres(t)
			conn, db := outside(t, dsn), open(t, dsn)
			require.NoError(t, apply(t, db, first))
			requireFault(t, apply(t, db, f), release.Permanent, code)
			require.False(t, get[bool](t, conn, "SELECT to_regclass('ok') IS NOT NULL"))
			requireClean(t, db, conn, first, 1)
		})
	}
}

func TestRenumberingAndOrphans(t *testing.T) {
	dsn := labtest.Postgres(t)
	gone := release.ID("01JD0000000000000000000001")
	ended := false
	hasEnded := func(id release.ID) bool { return ended && id == gone }
	db := open(t, dsn)
	conn := outside(t, dsn)
	f := files("1_a.up.sql", base, "2_b.up.sql", "CREATE TABLE b (id int);", "3_c.up.sql", "CREATE TABLE c (id nosuchtype);")
	requireFault(t, apply(t, db, f), release.Permanent, "migration_failed")
	requireClean(t, db, conn, f, 2)
	renumbered := append(f[:2:2], files("7_c.up.sql", "CREATE TABLE c (id int);")...)
	codes, _ := problems(t, db, renumbered, migrate.Options{})
	require.Empty(t, codes, "what was never applied may be renumbered")
	require.NoError(t, apply(t, db, renumbered))
	requireClean(t, db, conn, renumbered, 7)
	codes, _ = problems(t, db, append(renumbered[:2:2], files("8_c.up.sql", "CREATE TABLE c (id int);")...), migrate.Options{})
	require.Equal(t, []string{"orphan"}, codes, "what was applied may not")

	shorter := renumbered[:1]
	codes, _ = problems(t, db, shorter, migrate.Options{Ended: hasEnded})
	require.Equal(t, []string{"orphan", "orphan"}, codes, "not in the folder: it is not nothing to do")
	ended = true
	codes, plan := problems(t, db, shorter, migrate.Options{Ended: hasEnded})
	require.Empty(t, codes)
	require.Len(t, plan.Warnings, 2, "its release was abandoned or rolled back: a warning")
}

func TestTracksAgainstTheLedger(t *testing.T) {
	dsn := labtest.Postgres(t)
	conn, db := outside(t, dsn), open(t, dsn)
	old := files("1_a.up.sql", base+" ALTER TABLE users ADD COLUMN c int;", "3_c.up.sql", "-- teal:contract\nALTER TABLE users DROP COLUMN c;")
	require.NoError(t, apply(t, db, old))
	owed := migrate.Options{Owed: []migrate.Owed{{Release: "r9", Folder: old, Numbers: []uint64{3}}}}
	next := append(old[:2:2], files("4_d.up.sql", "ALTER TABLE users ADD COLUMN d int;")...)
	_, plan := problems(t, db, next, owed)
	require.Empty(t, plan.Problems)
	require.Equal(t, []release.ID{"r9"}, plan.After, "it touches what the owed contract touches, and waits")
	codes, _ := problems(t, db, next, migrate.Options{})
	require.Equal(t, []string{"interleaved"}, codes, "nobody owes it (its release was abandoned): it would run behind 4 here, and before 4 elsewhere")
	apart := append(old[:2:2], files("4_d.up.sql", "CREATE TABLE d (id int);")...)
	_, plan = problems(t, db, apart, owed)
	require.Empty(t, plan.After)
	blind := append(old[:2:2], files("4_d.up.sql", "DO $$BEGIN END$$;")...)
	_, plan = problems(t, db, blind, owed)
	require.Equal(t, []release.ID{"r9"}, plan.After, "opaque touches all")

	require.NoError(t, db.Apply(t.Context(), track("contract", 1, old, 3), old, func(string) {}))
	_, plan = problems(t, db, next, owed)
	require.Empty(t, plan.After, "it has run")
	require.NoError(t, apply(t, db, next))
	requireClean(t, db, conn, next, 4)
}

// The ledger holds what golang-migrate's table does not, and a transaction that the server confirms.
func TestWhatTheLedgerHolds(t *testing.T) {
	dsn := labtest.Postgres(t)
	conn := outside(t, dsn)
	db := open(t, dsn, func(c *postgres.Config) { c.Table = "my_versions" })
	f := files("1_a.up.sql", base, "2_b.up.sql", "CREATE INDEX CONCURRENTLY i ON users (mail);")
	require.NoError(t, db.Apply(t.Context(), track("expand", 7, f), f, func(string) {}))
	rows := ledger(t, db)
	require.Len(t, rows, 2)
	for i, row := range rows {
		require.Equal(t, migrate.Row{Number: uint64(i + 1), Track: migrate.Expand, Name: f[i].Name, Sum: row.Sum, Release: "01JD0000000000000000000001", Epoch: 7, XID: row.XID, State: migrate.Applied, Started: row.Started, Finished: row.Finished}, row)
		require.Equal(t, "committed", get[string](t, conn, "SELECT pg_xact_status($1::text::xid8)", row.XID))
		require.False(t, row.Finished.Before(row.Started))
		require.True(t, strings.HasPrefix(row.Sum, "sha256:"))
	}
	require.Equal(t, 2, get[int](t, conn, "SELECT version FROM my_versions"))
	require.False(t, get[bool](t, conn, "SELECT to_regclass('schema_migrations') IS NOT NULL"))
}

func TestAdoptionIsOneTransaction(t *testing.T) {
	dsn := labtest.Postgres(t)
	conn, db := outside(t, dsn), open(t, dsn)
	f := files("1_a.up.sql", "broken 'and never read", "2_b.up.sql", "-- teal:contract\nnor this", "3_c.up.sql", "CREATE TABLE c (id int);")
	exec(t, conn, `CREATE TABLE schema_migrations (version bigint NOT NULL PRIMARY KEY, dirty boolean NOT NULL); INSERT INTO schema_migrations VALUES (2, true);
		CREATE TABLE schema_migrations_contract (version bigint NOT NULL PRIMARY KEY, dirty boolean NOT NULL); INSERT INTO schema_migrations_contract VALUES (9, false)`)
	schema, err := db.Observe(t.Context(), f)
	require.NoError(t, err)
	require.Equal(t, "dirty", schema.Hold)
	requireFault(t, db.Baseline(t.Context(), f, 2, 1), release.Unproven, "dirty")
	exec(t, conn, "UPDATE schema_migrations SET dirty = false")
	requireFault(t, db.Baseline(t.Context(), f, 2, 1), release.Permanent, "version_mismatch") // the contract track, which comes second
	require.Empty(t, ledger(t, db), "nothing of the first track stays")
	exec(t, conn, "DELETE FROM schema_migrations_contract")
	require.NoError(t, db.Baseline(t.Context(), f, 2, 1))
	require.Len(t, ledger(t, db), 2)
	require.NoError(t, apply(t, db, f), "baselined files are neither read nor run")
	requireClean(t, db, conn, f, 3)
}

// A real copy, as CREATE DATABASE makes it and as a dump does: the ledger in it was written elsewhere.
func TestARealCopyIsHeld(t *testing.T) {
	dsn := labtest.Postgres(t)
	f := files("1_a.up.sql", base, "2_b.up.sql", "CREATE TABLE b (id int);")
	require.NoError(t, apply(t, open(t, dsn), f[:1]))
	config, err := pgx.ParseConfig(dsn)
	require.NoError(t, err)
	copied := config.Database + "_copy"
	admin := outside(t, labtest.Server(t).DSN("postgres"))
	exec(t, admin, "CREATE DATABASE "+copied+" TEMPLATE "+config.Database)
	t.Cleanup(func() { require.NoError(t, labtest.Server(t).DropDatabase(context.Background(), copied)) })
	other := labtest.Server(t).DSN(copied)
	db := open(t, other)
	schema, err := db.Observe(t.Context(), f)
	require.NoError(t, err)
	require.Equal(t, "copied_database", schema.Hold)
	requireFault(t, apply(t, db, f), release.Unproven, "copied_database")
	requireFault(t, db.Adopt(t.Context(), ask(1, f), nil), release.Permanent, "copied_database")
	m := ask(1, f)
	m.Claim = true
	require.NoError(t, db.Adopt(t.Context(), m, nil))
	require.NoError(t, apply(t, db, f))
	conn := outside(t, other)
	requireClean(t, db, conn, f, 2)
	require.NoError(t, conn.Close(t.Context()))
	require.NoError(t, apply(t, open(t, dsn), f), "the original is as it was")
}
