package postgres_test

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	engine "github.com/golang-migrate/migrate/v4"
	_ "github.com/golang-migrate/migrate/v4/database/pgx/v5"
	_ "github.com/golang-migrate/migrate/v4/source/file"
	"github.com/stretchr/testify/require"

	"teal.dev/teal/events"
	"teal.dev/teal/internal/lab/labtest"
	"teal.dev/teal/migrate/postgres"
	"teal.dev/teal/release"
)

// stock is golang-migrate as its command line makes it, over a folder.
func stock(t testing.TB, dsn string, f events.Folder) *engine.Migrate {
	t.Helper()
	dir := t.TempDir()
	for _, file := range f {
		require.NoError(t, os.WriteFile(filepath.Join(dir, file.Name), file.Body, 0o600))
	}
	m, err := engine.New("file://"+dir, strings.Replace(dsn, "postgres://", "pgx5://", 1))
	require.NoError(t, err)
	t.Cleanup(func() { _, _ = m.Close() })
	return m
}

func TestStockToolReadsAndForces(t *testing.T) {
	dsn := labtest.Postgres(t)
	f := files("1_a.up.sql", base, "2_b.up.sql", "CREATE TABLE b (id int);")
	require.NoError(t, apply(t, open(t, dsn), f))
	m := stock(t, dsn, f)
	version, dirty, err := m.Version()
	require.NoError(t, err)
	require.Equal(t, uint(2), version)
	require.False(t, dirty)
	require.ErrorIs(t, m.Up(), engine.ErrNoChange)
	require.NoError(t, m.Force(1))
	requireFault(t, apply(t, open(t, dsn), f), release.Unproven, "unknown_history")
	require.NoError(t, m.Force(2))
	require.NoError(t, apply(t, open(t, dsn), f))
}

// Its command line and a program that gives it a database compute different lock ids; both exclude teal, and teal them.
func TestStockToolAndTealExcludeEachOther(t *testing.T) {
	dsn := labtest.Postgres(t)
	conn := outside(t, dsn)
	f := files("1_a.up.sql", base, "2_b.up.sql", "CREATE TABLE b (id int); SELECT pg_sleep(60);")
	require.NoError(t, apply(t, open(t, dsn), f[:1]))
	m := stock(t, dsn, f)
	go func() { _ = m.Up() }()
	require.Eventually(t, func() bool {
		return get[bool](t, conn, `SELECT EXISTS (SELECT FROM pg_stat_activity WHERE query LIKE '%pg_sleep(60)%' AND pid <> pg_backend_pid() AND datname = current_database())`)
	}, limit, tick)
	impatient := open(t, dsn, func(c *postgres.Config) { c.LockBudget = 500 * time.Millisecond })
	text := requireFault(t, apply(t, impatient, f), release.Budget, "lock_budget")
	require.Contains(t, text, "pg_sleep(60)", "the holder is named")
	exec(t, conn, `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE '%pg_sleep(60)%' AND pid <> pg_backend_pid()`)
	requireFault(t, apply(t, open(t, dsn), f), release.Unproven, "dirty")
	exec(t, conn, `UPDATE schema_migrations SET version = 1, dirty = false`)

	// And the other way round: while teal works the stock tool waits, and gives up.
	other := stock(t, dsn, f)
	other.LockTimeout = 200 * time.Millisecond
	ctx, cancel := context.WithCancel(t.Context())
	_, done := inTheMiddle(t, ctx, open(t, dsn), conn, f, "%pg_sleep(60)%")
	require.ErrorIs(t, other.Up(), engine.ErrLockTimeout)
	cancel()
	requireFault(t, <-done, release.Retry, "cancelled")
}

// golang-migrate's waiter holds a snapshot, for which CREATE INDEX CONCURRENTLY waits: a deadlock that somebody must lose.
func TestConcurrentIndexWhileTheStockToolWaits(t *testing.T) {
	dsn := labtest.Postgres(t)
	conn := outside(t, dsn)
	_, done, unlock := waitingIndex(t, t.Context(), dsn, conn, indexed)
	m := stockInBackground(t, dsn)
	require.Eventually(t, func() bool {
		return get[bool](t, conn, `SELECT EXISTS (SELECT FROM pg_locks WHERE locktype = 'advisory' AND NOT granted AND database = (SELECT oid FROM pg_database WHERE datname = current_database()))`)
	}, limit, tick)
	unlock()
	require.NoError(t, <-done)
	require.Error(t, <-m, "the stock tool loses the deadlock")
	require.True(t, get[bool](t, conn, `SELECT indisvalid FROM pg_index WHERE indexrelid = 'users_mail'::regclass`))
	requireClean(t, open(t, dsn), conn, indexed, 2)
}

// A waiter whose own look for deadlocks is over never loses one. Then teal does, says who is in the way, and leaves nothing.
func TestConcurrentIndexGivesWayInTheEnd(t *testing.T) {
	dsn := labtest.Postgres(t)
	conn := outside(t, dsn)
	name := get[string](t, conn, "SELECT current_database()")
	exec(t, conn, "CREATE ROLE plain_"+name+" LOGIN; GRANT CREATE, USAGE ON SCHEMA public TO plain_"+name)
	plain := labtest.Server(t).DSNAs("plain_"+name, name)
	_, done, unlock := waitingIndexWith(t, plain, conn, func(c *postgres.Config) { c.LockBudget = time.Second })
	waiter := outside(t, dsn)
	exec(t, waiter, "SET application_name = 'stuck-migrate'; SET deadlock_timeout = '1h'")
	id := get[int64](t, conn, "SELECT (classid::bigint << 32) | objid::bigint FROM pg_locks WHERE locktype = 'advisory' AND granted AND database = (SELECT oid FROM pg_database WHERE datname = current_database()) LIMIT 1")
	ended := make(chan struct{})
	go func() { defer close(ended); _, _ = waiter.Exec(t.Context(), "SELECT pg_advisory_lock($1)", id) }()
	require.Eventually(t, func() bool {
		return get[bool](t, conn, `SELECT EXISTS (SELECT FROM pg_locks WHERE locktype = 'advisory' AND NOT granted AND database = (SELECT oid FROM pg_database WHERE datname = current_database()))`)
	}, limit, tick)
	unlock()
	require.Contains(t, requireFault(t, <-done, release.Budget, "lock_budget"), "stuck-migrate")
	<-ended // teal's lock went with its session
	requireClean(t, open(t, plain), conn, indexed, 1)
	require.False(t, get[bool](t, conn, `SELECT to_regclass('users_mail') IS NOT NULL`))
	exec(t, conn, "DROP OWNED BY plain_"+name+"; DROP ROLE plain_"+name)
}

// stockInBackground starts the stock tool, which waits for the lock in its constructor already.
func stockInBackground(t *testing.T, dsn string) chan error {
	t.Helper()
	done := make(chan error, 1)
	dir := t.TempDir()
	go func() {
		m, err := engine.New("file://"+dir, strings.Replace(dsn, "postgres://", "pgx5://", 1))
		if err == nil {
			_, _ = m.Close()
		}
		done <- err
	}()
	return done
}
