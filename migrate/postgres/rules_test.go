package postgres_test

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"teal.dev/teal/internal/lab/labtest"
	"teal.dev/teal/migrate"
	"teal.dev/teal/migrate/postgres"
	"teal.dev/teal/release"
)

func TestRequire(t *testing.T) {
	dsn := labtest.Postgres(t)
	conn, db := outside(t, dsn), open(t, dsn)
	f := files("1_a.up.sql", base, "2_b.up.sql", "-- teal:require SELECT count(*) = 0 FROM users WHERE mail IS NULL\nCREATE TABLE b (id int);")
	require.NoError(t, apply(t, db, f[:1]))
	exec(t, conn, "UPDATE users SET mail = NULL WHERE id = 1")
	text := requireFault(t, apply(t, db, f), release.Permanent, "require_failed")
	require.Contains(t, text, "2_b.up.sql:1:")
	requireClean(t, db, conn, f, 1)
	exec(t, conn, "UPDATE users SET mail = '' WHERE id = 1")
	require.NoError(t, apply(t, db, f))
	requireClean(t, db, conn, f, 2)

	for _, bad := range []string{"SELECT NULL::bool", "SELECT true WHERE false", "SELECT 7", "INSERT INTO users VALUES (1000) RETURNING true", "SELECT true; DROP TABLE users", "SELECT nothing"} {
		g := append(f[:2:2], files("3_c.up.sql", "-- teal:require "+bad+"\nSELECT 1;")...)
		require.Error(t, apply(t, db, g), bad)
		requireClean(t, db, conn, g, 2)
	}
	require.Equal(t, 100, get[int](t, conn, "SELECT count(*) FROM users"))
	alone := append(f[:2:2], files("3_c.up.sql", "-- teal:require SELECT false\nCREATE INDEX CONCURRENTLY i ON users (mail);")...)
	requireFault(t, apply(t, db, alone), release.Permanent, "require_failed")
	requireClean(t, db, conn, alone, 2)
}

func TestBackfillLimit(t *testing.T) {
	dsn := labtest.Postgres(t)
	conn := outside(t, dsn)
	db := open(t, dsn, func(c *postgres.Config) { c.MaxRows = 50 })
	f := files("1_a.up.sql", "CREATE TABLE users (id int PRIMARY KEY, mail text);")
	require.NoError(t, apply(t, db, f))
	exec(t, conn, "INSERT INTO users SELECT n FROM generate_series(1, 1000) n; ANALYZE users")
	t.Cleanup(func() { _ = os.Remove(copied(t)) })
	exec(t, conn, "COPY (SELECT n + 9000 FROM generate_series(1, 51) n) TO '"+copied(t)+"'")
	for _, sql := range []string{"COPY users (id) FROM '" + copied(t) + "';", "CREATE TABLE copy AS SELECT * FROM users;", "SELECT * INTO copy FROM users;", "MERGE INTO users u USING users n ON u.id = n.id WHEN MATCHED THEN UPDATE SET mail = 'x';", "UPDATE users SET mail = 'x';", "DELETE FROM users;", "INSERT INTO users SELECT id + 5000 FROM users;", "WITH gone AS (DELETE FROM users RETURNING id) SELECT count(*) FROM gone;"} {
		g := append(f[:1:1], files("2_b.up.sql", sql)...)
		err := apply(t, db, g)
		require.Error(t, err, sql)
		text := requireFault(t, err, release.Permanent, "backfill_too_large")
		require.Contains(t, text, "backfill.max_rows")
		requireClean(t, db, conn, g, 1)
	}
	stdin := append(f[:1:1], files("2_b.up.sql", "COPY users (id) FROM STDIN;")...)
	require.Contains(t, requireFault(t, apply(t, db, stdin), release.Permanent, "migration_failed"), "INSERT")
	g := append(f[:1:1], files("2_b.up.sql", "UPDATE users SET mail = 'x' WHERE id < 20; CREATE TABLE few AS SELECT * FROM users WHERE id < 10;", "3_c.up.sql", "COPY users (id) FROM PROGRAM 'echo 9000';")...)
	require.NoError(t, apply(t, db, g))
	require.Equal(t, 19, get[int](t, conn, "SELECT count(*) FROM users WHERE mail = 'x'"))
}

// copied is a file that the server may write and read.
func copied(t *testing.T) string {
	t.Helper()
	return filepath.Join(os.TempDir(), "teal-copy-"+strings.ReplaceAll(t.Name(), "/", "-"))
}

func TestPostState(t *testing.T) {
	for name, one := range map[string]struct {
		before, sql string
		refused     bool
	}{
		"column of the same type":    {"ALTER TABLE users ADD COLUMN n varchar(10)", "ALTER TABLE users ADD COLUMN IF NOT EXISTS n varchar(10);", false},
		"new column":                 {"SELECT 1", "ALTER TABLE users ADD COLUMN IF NOT EXISTS n numeric(10,2)[];", false},
		"column of another type":     {"ALTER TABLE users ADD COLUMN n varchar(20)", "ALTER TABLE users ADD COLUMN IF NOT EXISTS n varchar(10);", true},
		"column of another nullness": {"ALTER TABLE users ADD COLUMN n int NOT NULL DEFAULT 1", "ALTER TABLE users ADD COLUMN IF NOT EXISTS n int;", true},
		"own type":                   {`CREATE TYPE "Mood" AS ENUM ('a'); ALTER TABLE users ADD COLUMN n "Mood"`, `ALTER TABLE users ADD COLUMN IF NOT EXISTS n "Mood";`, false},
		"same index":                 {"CREATE INDEX i ON users (mail)", "CREATE INDEX IF NOT EXISTS i ON users (mail);", false},
		"same index, concurrently":   {"CREATE INDEX i ON users (mail)", "CREATE INDEX CONCURRENTLY IF NOT EXISTS i ON users (mail);", false},
		"index on another column":    {"CREATE INDEX i ON users (id)", "CREATE INDEX IF NOT EXISTS i ON users (mail);", true},
		"index that is not unique":   {"CREATE INDEX i ON users (mail)", "CREATE UNIQUE INDEX IF NOT EXISTS i ON users (mail);", true},
		"other, concurrently":        {"CREATE INDEX i ON users (id)", "CREATE INDEX CONCURRENTLY IF NOT EXISTS i ON users (mail);", true},
		"invalid index":              {"CREATE INDEX i ON users (mail); UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'i'::regclass", "CREATE INDEX IF NOT EXISTS i ON users (mail);", true},
		"same table":                 {"CREATE TABLE b (id bigserial PRIMARY KEY, more text)", "CREATE TABLE IF NOT EXISTS b (id bigserial PRIMARY KEY);", false},
		"table without the column":   {"CREATE TABLE b (id int)", "CREATE TABLE IF NOT EXISTS b (id int, name text);", true},
		"a view of that name":        {"CREATE VIEW b AS SELECT 1 AS id", "CREATE TABLE IF NOT EXISTS b (id int);", true},
		"new table":                  {"SELECT 1", "CREATE TABLE IF NOT EXISTS b (id int, name text);", false},
		"column of another default":  {"ALTER TABLE users ADD COLUMN n int DEFAULT 1", "ALTER TABLE users ADD COLUMN IF NOT EXISTS n int DEFAULT 2;", true},
		"column of the same default": {"ALTER TABLE users ADD COLUMN n int DEFAULT 1 + 1", "ALTER TABLE users ADD COLUMN IF NOT EXISTS n int DEFAULT (1 + 1);", false},
		"column without its default": {"ALTER TABLE users ADD COLUMN n int", "ALTER TABLE users ADD COLUMN IF NOT EXISTS n int DEFAULT 2;", true},
		"column that is computed":    {"ALTER TABLE users ADD COLUMN n int GENERATED ALWAYS AS (id * 2) STORED", "ALTER TABLE users ADD COLUMN IF NOT EXISTS n int;", true},
		"column without its key":     {"ALTER TABLE users ADD COLUMN n int", "ALTER TABLE users ADD COLUMN IF NOT EXISTS n int REFERENCES users (id);", true},
		"column with its key":        {"ALTER TABLE users ADD COLUMN n int REFERENCES users (id)", "ALTER TABLE users ADD COLUMN IF NOT EXISTS n int REFERENCES users (id);", false},
		"same expression":            {"CREATE INDEX i ON users (lower(mail)) WHERE id > 5", "CREATE INDEX IF NOT EXISTS i ON public.users USING btree (lower( mail )) WHERE (id>5);", false},
		"another expression":         {"CREATE INDEX i ON users (lower(mail))", "CREATE INDEX IF NOT EXISTS i ON users (upper(mail));", true},
		"another condition":          {"CREATE INDEX i ON users (mail) WHERE id > 5", "CREATE INDEX IF NOT EXISTS i ON users (mail) WHERE id > 6;", true},
		"another order":              {"CREATE INDEX i ON users (mail DESC)", "CREATE INDEX IF NOT EXISTS i ON users (mail);", true},
		"another method":             {"CREATE INDEX i ON users USING hash (mail)", "CREATE INDEX IF NOT EXISTS i ON users (mail);", true},
		"other expression, alone":    {"CREATE INDEX i ON users (lower(mail))", "CREATE INDEX CONCURRENTLY IF NOT EXISTS i ON users (upper(mail));", true},
		"more included":              {"CREATE INDEX i ON users (mail) INCLUDE (id)", "CREATE INDEX IF NOT EXISTS i ON users (mail);", true},
		"table without the check":    {"CREATE TABLE b (id int)", "CREATE TABLE IF NOT EXISTS b (id int CHECK (id > 0));", true},
		"table with another check":   {"CREATE TABLE b (id int CHECK (id > 1))", "CREATE TABLE IF NOT EXISTS b (id int CHECK (id > 0));", true},
		"table with the check":       {"CREATE TABLE b (id int CONSTRAINT positive CHECK (id > 0))", "CREATE TABLE IF NOT EXISTS b (id int, CHECK (0 < id), CHECK (id > 0));", true},
		"table with its checks":      {"CREATE TABLE b (id int CONSTRAINT positive CHECK (id > 0))", "CREATE TABLE IF NOT EXISTS b (id int, CHECK (id > 0));", false},
		"table that allows NULL":     {"CREATE TABLE b (id int)", "CREATE TABLE IF NOT EXISTS b (id int NOT NULL);", true},
		"table without its key":      {"CREATE TABLE b (id int)", "CREATE TABLE IF NOT EXISTS b (id int REFERENCES users (id));", true},
		"table with its key":         {"CREATE TABLE b (id int REFERENCES users (id), n text NOT NULL)", "CREATE TABLE IF NOT EXISTS b (id int REFERENCES users (id), n text NOT NULL);", false},
		"partition, other bounds":    {"CREATE TABLE p (d date) PARTITION BY RANGE (d); CREATE TABLE b PARTITION OF p FOR VALUES FROM ('2026-01-01') TO ('2026-02-01')", "CREATE TABLE IF NOT EXISTS b PARTITION OF p FOR VALUES FROM ('2026-02-01') TO ('2026-03-01');", true},
		"partition, same bounds":     {"CREATE TABLE p (d date) PARTITION BY RANGE (d); CREATE TABLE b PARTITION OF p FOR VALUES FROM ('2026-01-01') TO ('2026-02-01')", "CREATE TABLE IF NOT EXISTS b PARTITION OF p FOR VALUES FROM ('20260101') TO ('2026-02-01');", false},
		"no partition at all":        {"CREATE TABLE p (d date) PARTITION BY RANGE (d); CREATE TABLE b (d date)", "CREATE TABLE IF NOT EXISTS b PARTITION OF p DEFAULT;", true},
		"same materialized view":     {"CREATE MATERIALIZED VIEW b AS SELECT id FROM users", "CREATE MATERIALIZED VIEW IF NOT EXISTS b AS SELECT id FROM users WITH NO DATA;", false},
		"other materialized view":    {"CREATE MATERIALIZED VIEW b AS SELECT id FROM users", "CREATE MATERIALIZED VIEW IF NOT EXISTS b AS SELECT id FROM users WHERE id > 1;", true},
		"same table by query":        {"CREATE TABLE b AS SELECT id FROM users", "CREATE TABLE IF NOT EXISTS b AS SELECT id FROM users;", false},
		"other table by query":       {"CREATE TABLE b AS SELECT mail FROM users", "CREATE TABLE IF NOT EXISTS b AS SELECT id FROM users;", true},
		"same sequence":              {"CREATE SEQUENCE b", "CREATE SEQUENCE IF NOT EXISTS b;", false},
		"other sequence":             {"CREATE SEQUENCE b", "CREATE SEQUENCE IF NOT EXISTS b INCREMENT 2;", true},
		"same extension":             {"SELECT 1", "CREATE EXTENSION IF NOT EXISTS plpgsql;", false},
		"other extension":            {"SELECT 1", "CREATE EXTENSION IF NOT EXISTS plpgsql VERSION '9.9';", true},
		"value where it should be":   {"CREATE TYPE m AS ENUM ('a', 'b')", "ALTER TYPE m ADD VALUE IF NOT EXISTS 'a' BEFORE 'b';", false},
		"value elsewhere":            {"CREATE TYPE m AS ENUM ('a', 'b')", "ALTER TYPE m ADD VALUE IF NOT EXISTS 'b' BEFORE 'a';", true},
		"in another schema":          {"CREATE SCHEMA other; CREATE TABLE other.b (x int)", "SET search_path = public, other; CREATE TABLE IF NOT EXISTS b (id int);", false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dsn := labtest.Postgres(t)
			conn, db := outside(t, dsn), open(t, dsn)
			f := files("1_a.up.sql", base, "2_b.up.sql", one.sql)
			require.NoError(t, apply(t, db, f[:1]))
			exec(t, conn, one.before)
			if one.refused {
				requireFault(t, apply(t, db, f), release.Permanent, "post_state")
				requireClean(t, db, conn, f, 1)
				return
			}
			require.NoError(t, apply(t, db, f))
			requireClean(t, db, conn, f, 2)
		})
	}
}

// A long reader is in the way of an ALTER TABLE. Whoever reads meanwhile must never queue behind teal for longer than its
// lock_timeout, and teal names the reader.
func TestNobodyQueuesBehindTeal(t *testing.T) {
	dsn := labtest.Postgres(t)
	conn, db := outside(t, dsn), open(t, dsn)
	f := files("1_a.up.sql", base, "2_b.up.sql", "ALTER TABLE users ADD COLUMN n int;")
	require.NoError(t, apply(t, db, f[:1]))
	unlock := block(t, dsn, "users")
	app := outside(t, dsn)
	exec(t, app, "SET lock_timeout = '5s'") // far above teal's 50 ms: it only ends a queue that should not be there
	said := make(chan string, 1000)
	done := make(chan error, 1)
	go func() { done <- db.Apply(t.Context(), ask(1, f), f, func(s string) { said <- s }) }()
	named := ""
	for deadline := time.Now().Add(limit); !strings.Contains(named, "a-long-report"); {
		require.True(t, time.Now().Before(deadline), "the reader is never named: %s", named)
		exec(t, app, "SELECT count(*) FROM users")
		select {
		case named = <-said:
		default:
		}
	}
	require.Regexp(t, `waiting for a lock that 2_b.up.sql needs, held by pid \d+ \(a-long-report, .*SELECT \* FROM users`, named)
	for range 200 {
		exec(t, app, "SELECT count(*) FROM users")
	}
	select {
	case err := <-done:
		require.Fail(t, "it cannot have been applied", "%v", err)
	default:
	}
	unlock()
	require.NoError(t, <-done)
	requireClean(t, db, conn, f, 2)
}

func TestLockBudget(t *testing.T) {
	dsn := labtest.Postgres(t)
	conn := outside(t, dsn)
	db := open(t, dsn, func(c *postgres.Config) { c.LockBudget = time.Second })
	f := files("1_a.up.sql", base, "2_b.up.sql", "CREATE TABLE b (id int); ALTER TABLE users ADD COLUMN n int;")
	require.NoError(t, apply(t, db, f[:1]))
	unlock := block(t, dsn, "users")
	text := requireFault(t, apply(t, db, f), release.Budget, "lock_budget")
	require.Contains(t, text, "a-long-report")
	requireClean(t, db, conn, f, 1)
	unlock()
	require.NoError(t, apply(t, db, f))
}

func TestDeferredConstraintFailsInsideTheFile(t *testing.T) {
	dsn := labtest.Postgres(t)
	conn, db := outside(t, dsn), open(t, dsn)
	f := files("1_a.up.sql", "CREATE TABLE p (id int PRIMARY KEY); CREATE TABLE c (p int REFERENCES p DEFERRABLE INITIALLY DEFERRED);", "2_b.up.sql", "INSERT INTO c VALUES (7);")
	requireFault(t, apply(t, db, f), release.Permanent, "migration_failed")
	requireClean(t, db, conn, f, 1)
}

// What a file sets does not reach the next one, nor teal's own records.
func TestSettingsDoNotLeak(t *testing.T) {
	dsn := labtest.Postgres(t)
	conn, db := outside(t, dsn), open(t, dsn)
	exec(t, conn, "CREATE SCHEMA other; CREATE ROLE nobody_"+get[string](t, conn, "SELECT current_database()"))
	f := files("1_a.up.sql", "SET search_path = other; SET lock_timeout = '1h'; SET ROLE nobody_"+get[string](t, conn, "SELECT current_database()")+"; CREATE TEMP TABLE scratch (id int);",
		"2_b.up.sql", "CREATE TABLE b (id int); CREATE TEMP TABLE scratch (id int);")
	require.NoError(t, apply(t, db, f))
	require.True(t, get[bool](t, conn, `SELECT to_regclass('public.b') IS NOT NULL`))
	requireClean(t, db, conn, f, 2)
}

func TestAdoption(t *testing.T) {
	dsn := labtest.Postgres(t)
	conn, db := outside(t, dsn), open(t, dsn)
	f := files("1_a.up.sql", base, "2_b.up.sql", "-- teal:contract\nALTER TABLE users DROP COLUMN gone;", "3_c.up.sql", "ALTER TABLE users ADD COLUMN n int;", "4_d.up.sql", "CREATE TABLE d (id int);")
	exec(t, conn, base+"ALTER TABLE users ADD n int; CREATE TABLE schema_migrations (version bigint NOT NULL PRIMARY KEY, dirty boolean NOT NULL); INSERT INTO schema_migrations VALUES (3, false)")
	schema, err := db.Observe(t.Context(), f)
	require.NoError(t, err)
	require.Equal(t, "unknown_history", schema.Hold)
	require.Contains(t, schema.Why, "teal adopt shop")
	requireFault(t, apply(t, db, f), release.Unproven, "unknown_history")
	requireFault(t, db.Baseline(t.Context(), f, 2, 1), release.Permanent, "version_mismatch")

	require.NoError(t, db.Baseline(t.Context(), f, 3, 1))
	ledger, err := db.Ledger(t.Context())
	require.NoError(t, err)
	require.Len(t, ledger, 3)
	for _, row := range ledger {
		require.Equal(t, migrate.Baselined, row.State)
	}
	schema, err = db.Observe(t.Context(), f)
	require.NoError(t, err)
	require.Empty(t, schema.Hold, schema.Why)
	require.Equal(t, release.Track{Version: 3, Pending: []uint64{4}}, schema.Expand)
	require.Equal(t, release.Track{Version: 2}, schema.Contract)
	require.NoError(t, apply(t, db, f))
	requireClean(t, db, conn, f, 4)
	require.NoError(t, db.Baseline(t.Context(), f, 4, 1), "again: nothing changes")
}

func TestCopiedDatabaseIsHeld(t *testing.T) {
	dsn := labtest.Postgres(t)
	conn, db := outside(t, dsn), open(t, dsn, func(c *postgres.Config) { c.StoreID = "store-1" })
	f := files("1_a.up.sql", base, "2_b.up.sql", "CREATE TABLE b (id int);")
	require.NoError(t, apply(t, db, f[:1]))
	// The same rows in another database, as pg_dump and psql would leave them.
	exec(t, conn, "UPDATE teal_installation SET database_oid = database_oid + 1")
	schema, err := db.Observe(t.Context(), f)
	require.NoError(t, err)
	require.Equal(t, "copied_database", schema.Hold)
	requireFault(t, apply(t, db, f), release.Unproven, "copied_database")
	require.NoError(t, db.Claim(t.Context(), 1))
	require.NoError(t, apply(t, db, f))

	other := open(t, dsn, func(c *postgres.Config) { c.StoreID = "store-2" })
	requireFault(t, apply(t, other, f), release.Unproven, "foreign_store")
}

func TestFacts(t *testing.T) {
	dsn := labtest.Postgres(t)
	db := open(t, dsn)
	require.NoError(t, apply(t, db, files("1_a.up.sql", "CREATE TABLE a (id int NOT NULL DEFAULT 1, t varchar(3)); CREATE TABLE e ();")))
	facts, err := db.Facts(context.Background())
	require.NoError(t, err)
	require.Len(t, facts.Tables, 2)
	require.Equal(t, map[string]postgres.Column{"id": {Type: "integer", NotNull: true, Default: true}, "t": {Type: "character varying(3)"}}, facts.Tables["public.a"].Columns)
}

// A partitioned table is as large as its partitions, and of unknown size when one of them is.
func TestFactsOfPartitions(t *testing.T) {
	dsn := labtest.Postgres(t)
	conn := outside(t, dsn)
	exec(t, conn, `CREATE TABLE log (n int) PARTITION BY RANGE (n);
		CREATE TABLE log_1 PARTITION OF log FOR VALUES FROM (0) TO (5000) PARTITION BY RANGE (n);
		CREATE TABLE log_1a PARTITION OF log_1 FOR VALUES FROM (0) TO (5000);
		CREATE TABLE log_2 PARTITION OF log FOR VALUES FROM (5000) TO (90000);
		CREATE TABLE parent (n int); CREATE TABLE heir () INHERITS (parent);
		INSERT INTO log SELECT generate_series(0, 4999); INSERT INTO heir SELECT generate_series(1, 300); ANALYZE log_1a, log_2, heir, parent`)
	rows := func(table string) int64 {
		facts, err := open(t, dsn).Facts(t.Context())
		require.NoError(t, err)
		return facts.Tables["public."+table].Rows
	}
	require.Equal(t, int64(5000), rows("log"))
	require.Equal(t, int64(5000), rows("log_1"))
	require.Equal(t, int64(300), rows("parent"))
	exec(t, conn, `ALTER TABLE log_2 SET (autovacuum_enabled = false); INSERT INTO log SELECT generate_series(5000, 80000)`)
	require.Equal(t, int64(-1), rows("log"))
	require.Equal(t, int64(5000), rows("log_1"))
}

// A table that was counted when it was small is as large as it is now, also as a partition.
func TestFactsOfGrownTables(t *testing.T) {
	dsn := labtest.Postgres(t)
	conn := outside(t, dsn)
	exec(t, conn, `CREATE TABLE one (n int) WITH (autovacuum_enabled = false); CREATE TABLE half (n int) WITH (autovacuum_enabled = false); CREATE TABLE less (n int) WITH (autovacuum_enabled = false);
		CREATE TABLE log (n int) PARTITION BY RANGE (n); CREATE TABLE log_1 PARTITION OF log FOR VALUES FROM (0) TO (90000) WITH (autovacuum_enabled = false);
		INSERT INTO one VALUES (1); INSERT INTO half SELECT generate_series(1, 10000); INSERT INTO log VALUES (1); INSERT INTO less SELECT generate_series(1, 50000); ANALYZE one, half, log_1, less;
		INSERT INTO one SELECT generate_series(1, 300000); INSERT INTO half SELECT generate_series(1, 10000); INSERT INTO log SELECT generate_series(1, 50000);
		DELETE FROM less WHERE n > 2000`)
	exec(t, conn, "SELECT pg_stat_force_next_flush()") // else the server counts up to a second later
	exec(t, conn, "VACUUM less")
	rows := func(table string) float64 {
		facts, err := open(t, dsn).Facts(t.Context())
		require.NoError(t, err)
		return float64(facts.Tables["public."+table].Rows)
	}
	require.InEpsilon(t, 300001, rows("one"), 0.05)
	require.InEpsilon(t, 20000, rows("half"), 0.05)
	require.InEpsilon(t, 50001, rows("log"), 0.05)
	require.InEpsilon(t, 2000, rows("less"), 0.05)
	planned := get[float64](t, conn, "SELECT reltuples / relpages * (pg_relation_size(oid) / 8192) FROM pg_class WHERE relname = 'half'")
	exec(t, conn, "SELECT pg_stat_reset()") // as after a crash of the server
	require.InEpsilon(t, rows("half"), planned, 0.01)
	require.Greater(t, rows("one"), 1000.0)
}

// A role without any special right can migrate what it owns.
func TestPlainRole(t *testing.T) {
	dsn := labtest.Postgres(t)
	conn := outside(t, dsn)
	name := get[string](t, conn, "SELECT current_database()")
	exec(t, conn, "CREATE ROLE plain_"+name+" LOGIN; GRANT CREATE, USAGE ON SCHEMA public TO plain_"+name)
	db := open(t, labtest.Server(t).DSNAs("plain_"+name, name))
	f := files("1_a.up.sql", base, "2_i.up.sql", "CREATE INDEX CONCURRENTLY users_mail ON users (mail);")
	require.NoError(t, apply(t, db, f))
	requireClean(t, db, conn, f, 2)
	exec(t, conn, "DROP OWNED BY plain_"+name+"; DROP ROLE plain_"+name)
}

// A leader that is replaced while it waits for a lock finds out inside the transaction that would have changed something.
func TestReplacedWhileWaiting(t *testing.T) {
	dsn := labtest.Postgres(t)
	conn, db := outside(t, dsn), open(t, dsn)
	f := files("1_a.up.sql", base, "2_b.up.sql", "ALTER TABLE users ADD COLUMN n int;")
	require.NoError(t, apply(t, db, f[:1]))
	unlock := block(t, dsn, "users")
	said := make(chan string, 1000)
	done := make(chan error, 1)
	go func() { done <- db.Apply(t.Context(), ask(1, f), f, func(s string) { said <- s }) }()
	require.Eventually(t, func() bool { return len(said) > 1 }, limit, tick)
	exec(t, conn, "UPDATE teal_installation SET epoch = 2")
	unlock()
	requireFault(t, <-done, release.Permanent, "fenced")
	requireClean(t, db, conn, f, 1)
}
