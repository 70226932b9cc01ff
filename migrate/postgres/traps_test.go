package postgres_test

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"

	"teal.dev/teal/internal/lab/labtest"
	"teal.dev/teal/release"
)

// What golang-migrate's multi-statement mode cuts in two.
func TestSemicolonsThatEndNothing(t *testing.T) {
	dsn := labtest.Postgres(t)
	conn, db := outside(t, dsn), open(t, dsn)
	f := files("1_a.up.sql", "CREATE TABLE t (v text);", "2_b.up.sql", "DO $$ BEGIN INSERT INTO t VALUES ('a;b'); INSERT INTO t VALUES ($x$;$x$); END; $$;", "3_c.up.sql", `
		CREATE FUNCTION f() RETURNS int LANGUAGE sql BEGIN ATOMIC SELECT 1; SELECT 2; END;
		/* ; */ INSERT INTO t VALUES (E'\';'); -- ;
		`, "4_d.up.sql", `CREATE RULE r AS ON DELETE TO t DO INSTEAD (UPDATE t SET v = ''; SELECT 1);`)
	require.NoError(t, apply(t, db, f))
	require.Equal(t, 3, get[int](t, conn, "SELECT count(*) FROM t"))
	require.Equal(t, 2, get[int](t, conn, "SELECT f()"))
}

// A transaction that a file hides in its code cannot end teal's.
func TestHiddenTransactionControl(t *testing.T) {
	dsn := labtest.Postgres(t)
	conn, db := outside(t, dsn), open(t, dsn)
	for _, sql := range []string{"CREATE TABLE b (id int); DO $$ BEGIN COMMIT; END $$;", "CREATE PROCEDURE p() LANGUAGE plpgsql AS $$ BEGIN ROLLBACK; END $$; CALL p();"} {
		f := files("1_a.up.sql", sql)
		require.Contains(t, requireFault(t, apply(t, db, f), release.Permanent, "migration_failed"), "2D000")
		require.False(t, get[bool](t, conn, "SELECT to_regclass('b') IS NOT NULL"))
		requireClean(t, db, conn, f, 0)
	}
}

// The first line of a dump empties the search path, for good in the stock tool; here for its file.
func TestSessionOfAFileIsItsOwn(t *testing.T) {
	dsn := labtest.Postgres(t)
	conn, db := outside(t, dsn), open(t, dsn)
	f := files("1_a.up.sql", "SELECT pg_catalog.set_config('search_path', '', false); CREATE TABLE public.a (id int); CREATE TABLE IF NOT EXISTS public.a (id int); PREPARE q AS SELECT 1; LISTEN x; SELECT pg_advisory_unlock_all();",
		"2_b.up.sql", "CREATE TABLE b (id int); PREPARE q AS SELECT 1; SELECT pg_sleep(60);")
	ctx, cancel := context.WithCancel(t.Context())
	pid, done := inTheMiddle(t, ctx, db, conn, f, "%pg_sleep(60)%")
	require.Equal(t, 5, get[int](t, conn, `SELECT count(DISTINCT (classid, objid)) FROM pg_locks WHERE pid = $1 AND locktype = 'advisory' AND granted`, pid), "the locks that the first file gave back")
	cancel()
	requireFault(t, <-done, release.Retry, "cancelled")
	requireClean(t, db, conn, f, 1)
}

// A server that only reads (a standby, a switch-over under way) is no fault of the file.
func TestReadOnlyServer(t *testing.T) {
	dsn := labtest.Postgres(t)
	conn, db := outside(t, dsn), open(t, dsn)
	f := files("1_a.up.sql", base, "2_b.up.sql", "CREATE TABLE b (id int);")
	require.NoError(t, apply(t, db, f[:1]))
	require.NoError(t, apply(t, db, append(f[:1:1], files("2_r.up.sql", "SET default_transaction_read_only = on;")...)), "and it does not reach the next one")
	g := append(f[:1:1], files("2_r.up.sql", "SET default_transaction_read_only = on;", "3_b.up.sql", "SET LOCAL transaction_read_only = on; CREATE TABLE b (id int);")...)
	require.Contains(t, requireFault(t, apply(t, db, g), release.Retry, "read_only"), "primary")
	requireClean(t, db, conn, g, 2)
}
