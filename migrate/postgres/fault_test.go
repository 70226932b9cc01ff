package postgres_test

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"teal.dev/teal/events"
	"teal.dev/teal/internal/lab/labtest"
	"teal.dev/teal/migrate"
	"teal.dev/teal/migrate/postgres"
	"teal.dev/teal/release"
)

const limit, tick = 30 * time.Second, 10 * time.Millisecond

func files(pairs ...string) events.Folder {
	var f events.Folder
	for i := 0; i < len(pairs); i += 2 {
		f = append(f, events.File{Name: pairs[i], Body: []byte(pairs[i+1])})
	}
	return f
}

func ask(epoch uint64, f events.Folder) release.Migration {
	return release.Migration{App: "shop", Release: "01JD0000000000000000000001", Epoch: epoch, Folder: f.Digest(), Track: "expand"}
}

func apply(t *testing.T, db *postgres.Database, f events.Folder) error {
	t.Helper()
	ctx, stop := context.WithTimeout(t.Context(), limit)
	defer stop()
	return db.Apply(ctx, ask(1, f), f, func(string) {})
}

func requireFault(t *testing.T, err error, class release.Class, code string) string {
	t.Helper()
	var fault *release.Fault
	require.True(t, errors.As(err, &fault), "%v", err)
	require.Equal(t, string(class)+" "+code, string(fault.Class)+" "+fault.Code, fault.Text)
	return fault.Text
}

// clean says that nothing is dirty and that the two records agree at a version.
func requireClean(t *testing.T, db *postgres.Database, conn *pgx.Conn, f events.Folder, version int) {
	t.Helper()
	schema, err := db.Observe(t.Context(), f)
	require.NoError(t, err)
	require.Empty(t, schema.Hold, schema.Why)
	require.False(t, schema.Expand.Dirty)
	require.Equal(t, uint64(version), schema.Expand.Version)
	require.Equal(t, version, get[int](t, conn, `SELECT coalesce((SELECT version FROM schema_migrations WHERE NOT dirty), 0)`))
	require.Equal(t, 0, get[int](t, conn, `SELECT count(*) FROM teal_ledger WHERE state = 'started'`))
}

const base = "CREATE TABLE users (id int PRIMARY KEY, mail text); INSERT INTO users SELECT n, 'mail' || n FROM generate_series(1, 100) n;"

// inTheMiddle applies a folder in the background and returns when the backend runs a statement that matches like.
func inTheMiddle(t *testing.T, ctx context.Context, db *postgres.Database, conn *pgx.Conn, f events.Folder, like string) (pid int, done chan error) {
	t.Helper()
	done = make(chan error, 1)
	go func() { done <- db.Apply(ctx, ask(1, f), f, func(string) {}) }()
	require.Eventually(t, func() bool {
		return conn.QueryRow(context.Background(), `SELECT pid FROM pg_stat_activity WHERE application_name LIKE 'teal/shop/%' AND datname = current_database() AND query LIKE $1 AND state = 'active'`, like).Scan(&pid) == nil
	}, limit, tick)
	return pid, done
}

func requireNoSessions(t *testing.T, conn *pgx.Conn) {
	t.Helper()
	require.Equal(t, 0, get[int](t, conn, `SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND application_name LIKE 'teal/%'`))
}

func TestBackendKilledInTheMiddle(t *testing.T) {
	dsn := labtest.Postgres(t)
	conn, db := outside(t, dsn), open(t, dsn)
	f := files("1_a.up.sql", base, "2_b.up.sql", "CREATE TABLE b (id int);\nSELECT pg_sleep(60);\nCREATE TABLE c (id int);")
	pid, done := inTheMiddle(t, t.Context(), db, conn, f, "%pg_sleep(60)%")
	require.True(t, get[bool](t, conn, `SELECT pg_terminate_backend($1)`, pid))
	requireFault(t, <-done, release.Retry, "connection_lost")
	requireNoSessions(t, conn)
	requireClean(t, db, conn, f, 1)
	require.False(t, get[bool](t, conn, `SELECT to_regclass('b') IS NOT NULL`))
	quick := files("1_a.up.sql", base, "2_b.up.sql", "CREATE TABLE b (id int);")
	require.NoError(t, apply(t, db, quick))
	requireClean(t, db, conn, quick, 2)
}

func TestCancelledInTheMiddle(t *testing.T) {
	dsn := labtest.Postgres(t)
	conn, db := outside(t, dsn), open(t, dsn)
	f := files("1_a.up.sql", base, "2_b.up.sql", "CREATE TABLE b (id int);\nSELECT pg_sleep(60);")
	ctx, cancel := context.WithCancel(t.Context())
	_, done := inTheMiddle(t, ctx, db, conn, f, "%pg_sleep(60)%")
	cancel()
	requireFault(t, <-done, release.Retry, "cancelled")
	requireNoSessions(t, conn)
	requireClean(t, open(t, dsn), conn, f, 1)
	require.False(t, get[bool](t, conn, `SELECT to_regclass('b') IS NOT NULL`))
}

// A predecessor that hangs (its process is stopped, its backend works on) is ended by whoever comes next.
func TestPredecessorIsEnded(t *testing.T) {
	dsn := labtest.Postgres(t)
	conn := outside(t, dsn)
	f := files("1_a.up.sql", base, "2_b.up.sql", "CREATE TABLE b (id int);\nSELECT pg_sleep(60);")
	_, done := inTheMiddle(t, t.Context(), open(t, dsn), conn, f, "%pg_sleep(60)%")
	quick := files("1_a.up.sql", base, "2_b.up.sql", "CREATE TABLE b (id int);")
	require.NoError(t, open(t, dsn).Apply(t.Context(), ask(2, quick), quick, func(string) {}))
	requireFault(t, <-done, release.Retry, "connection_lost")
	requireClean(t, open(t, dsn), conn, quick, 2)
	requireFault(t, open(t, dsn).Apply(t.Context(), ask(1, f), f, func(string) {}), release.Permanent, "fenced")
}

// An older leader that is fenced must not end the sessions of the newer one.
func TestOlderLeaderEndsNobody(t *testing.T) {
	dsn := labtest.Postgres(t)
	conn, db := outside(t, dsn), open(t, dsn)
	one := files("1_a.up.sql", base)
	require.NoError(t, db.Apply(t.Context(), ask(2, one), one, func(string) {}))
	f := files("1_a.up.sql", base, "2_b.up.sql", "SELECT pg_sleep(60);")
	done := make(chan error, 1)
	ctx, cancel := context.WithCancel(t.Context())
	go func() { done <- db.Apply(ctx, ask(2, f), f, func(string) {}) }()
	require.Eventually(t, func() bool {
		return get[bool](t, conn, `SELECT count(*) = 1 FROM pg_stat_activity WHERE query LIKE 'SELECT pg_sleep(60)%' AND datname = current_database()`)
	}, limit, tick)
	requireFault(t, apply(t, open(t, dsn), f), release.Permanent, "fenced")
	require.True(t, get[bool](t, conn, `SELECT count(*) = 1 FROM pg_stat_activity WHERE query LIKE 'SELECT pg_sleep(60)%' AND datname = current_database()`))
	cancel()
	requireFault(t, <-done, release.Retry, "cancelled")
}

func TestConcurrentIndexAlone(t *testing.T) {
	dsn := labtest.Postgres(t)
	conn, db := outside(t, dsn), open(t, dsn)
	f := files("1_a.up.sql", base, "2_i.up.sql", "-- a comment\nCREATE INDEX CONCURRENTLY users_mail ON users (mail);", "3_d.up.sql", "DROP INDEX CONCURRENTLY users_mail;", "4_v.up.sql", "VACUUM users;")
	require.NoError(t, apply(t, db, f[:2]))
	require.True(t, get[bool](t, conn, `SELECT indisvalid FROM pg_index WHERE indexrelid = 'users_mail'::regclass`))
	requireClean(t, db, conn, f[:2], 2)
	require.NoError(t, apply(t, db, f))
	requireClean(t, db, conn, f, 4)
	require.NoError(t, apply(t, db, f))
}

func TestFailedConcurrentIndexLeavesNothing(t *testing.T) {
	dsn := labtest.Postgres(t)
	conn, db := outside(t, dsn), open(t, dsn)
	f := files("1_a.up.sql", base+" UPDATE users SET mail = 'same';", "2_i.up.sql", "CREATE UNIQUE INDEX CONCURRENTLY users_mail ON users (mail);")
	text := requireFault(t, apply(t, db, f), release.Permanent, "migration_failed")
	require.Contains(t, text, "2_i.up.sql:1: SQLSTATE 23505")
	require.False(t, get[bool](t, conn, `SELECT to_regclass('users_mail') IS NOT NULL`))
	requireClean(t, db, conn, f, 1)
}

// waitingIndex gets a CREATE INDEX CONCURRENTLY to the point at which its index exists and is invalid.
func waitingIndex(t *testing.T, ctx context.Context, dsn string, conn *pgx.Conn, f events.Folder) (pid int, done chan error, unlock func()) {
	t.Helper()
	require.NoError(t, apply(t, open(t, dsn), f[:1]))
	return waitingIndexOf(t, ctx, open(t, dsn), dsn, conn, f)
}

func waitingIndexWith(t *testing.T, dsn string, conn *pgx.Conn, change func(*postgres.Config)) (pid int, done chan error, unlock func()) {
	t.Helper()
	require.NoError(t, apply(t, open(t, dsn), indexed[:1]))
	return waitingIndexOf(t, t.Context(), open(t, dsn, change), dsn, conn, indexed)
}

func waitingIndexOf(t *testing.T, ctx context.Context, db *postgres.Database, dsn string, conn *pgx.Conn, f events.Folder) (pid int, done chan error, unlock func()) {
	t.Helper()
	writer := outside(t, dsn)
	exec(t, writer, "BEGIN; UPDATE users SET mail = mail WHERE id = 1")
	pid, done = inTheMiddle(t, ctx, db, conn, f, "CREATE INDEX CONCURRENTLY%")
	require.Eventually(t, func() bool {
		return get[bool](t, conn, `SELECT EXISTS (SELECT FROM pg_index WHERE indexrelid = to_regclass('users_mail') AND NOT indisvalid)`)
	}, limit, tick)
	return pid, done, func() { exec(t, writer, "ROLLBACK") }
}

var indexed = files("1_a.up.sql", base, "2_i.up.sql", "CREATE INDEX CONCURRENTLY users_mail ON users (mail);")

func TestConcurrentIndexKilledIsRecovered(t *testing.T) {
	dsn := labtest.Postgres(t)
	conn := outside(t, dsn)
	pid, done, unlock := waitingIndex(t, t.Context(), dsn, conn, indexed)
	require.True(t, get[bool](t, conn, `SELECT pg_terminate_backend($1)`, pid))
	requireFault(t, <-done, release.Retry, "connection_lost")
	schema, err := open(t, dsn).Observe(t.Context(), indexed)
	require.NoError(t, err)
	require.True(t, schema.Expand.Dirty)
	require.Empty(t, schema.Hold, "teal can prove it: no hold")
	require.Equal(t, []uint64{2}, schema.Expand.Pending)
	unlock()
	require.NoError(t, apply(t, open(t, dsn), indexed))
	require.True(t, get[bool](t, conn, `SELECT indisvalid FROM pg_index WHERE indexrelid = 'users_mail'::regclass`))
	requireClean(t, open(t, dsn), conn, indexed, 2)
}

func TestConcurrentIndexFinishedAlone(t *testing.T) {
	dsn := labtest.Postgres(t)
	conn := outside(t, dsn)
	require.NoError(t, apply(t, open(t, dsn), indexed[:1]))
	sum := migrate.NewPlan(indexed, nil, migrate.Options{}).Expand[1].Sum
	exec(t, conn, fmt.Sprintf(`INSERT INTO teal_ledger VALUES ('shop', 'expand', 2, '2_i.up.sql', '%s', 'r', 1, '1', 'started', now());
		UPDATE schema_migrations SET version = 2, dirty = true`, sum))
	exec(t, conn, "CREATE INDEX CONCURRENTLY users_mail ON users (mail)")
	require.NoError(t, apply(t, open(t, dsn), indexed))
	requireClean(t, open(t, dsn), conn, indexed, 2)
}

func TestAbandonedConcurrentIndexIsDropped(t *testing.T) {
	dsn := labtest.Postgres(t)
	conn := outside(t, dsn)
	ctx, cancel := context.WithCancel(t.Context())
	_, done, unlock := waitingIndex(t, ctx, dsn, conn, indexed)
	cancel()
	// DROP INDEX CONCURRENTLY waits for the writer as well.
	require.Eventually(t, func() bool {
		return get[bool](t, conn, `SELECT EXISTS (SELECT FROM pg_stat_activity WHERE query LIKE 'DROP INDEX CONCURRENTLY%' AND datname = current_database())`)
	}, limit, tick)
	unlock()
	requireFault(t, <-done, release.Retry, "cancelled")
	require.False(t, get[bool](t, conn, `SELECT to_regclass('users_mail') IS NOT NULL`))
	requireClean(t, open(t, dsn), conn, indexed, 1)
	requireNoSessions(t, conn)
}

func TestStockToolLeftDirty(t *testing.T) {
	dsn := labtest.Postgres(t)
	conn, db := outside(t, dsn), open(t, dsn)
	f := files("1_a.up.sql", base, "2_b.up.sql", "CREATE TABLE b (id int);")
	require.NoError(t, apply(t, db, f[:1]))
	exec(t, conn, `UPDATE schema_migrations SET version = 2, dirty = true`)
	schema, err := db.Observe(t.Context(), f)
	require.NoError(t, err)
	require.Equal(t, "dirty", schema.Hold)
	text := requireFault(t, apply(t, db, f), release.Unproven, "dirty")
	require.Contains(t, text, "b (not there)")
	require.Contains(t, text, "migrate force 1")
	exec(t, conn, `UPDATE schema_migrations SET version = 1, dirty = false`) // migrate force 1
	require.NoError(t, apply(t, db, f))
	requireClean(t, db, conn, f, 2)
}

func TestFailuresLeakNothing(t *testing.T) {
	dsn := labtest.Postgres(t)
	conn, db := outside(t, dsn), open(t, dsn)
	f := files("1_a.up.sql", base, "2_bad.up.sql", "CREATE TABLE x (id int); ALTER TABLE nowhere ADD c int;")
	for n := 3; n < 60; n++ {
		f = append(f, files(fmt.Sprintf("%d_more.up.sql", n), "SELECT 1;")...)
	}
	alone := files("1_a.up.sql", base, "2_bad.up.sql", "CREATE INDEX CONCURRENTLY i ON nowhere (c);")
	requireFault(t, apply(t, db, f), release.Permanent, "migration_failed")
	before := runtime.NumGoroutine()
	for range 5 {
		requireFault(t, apply(t, db, f), release.Permanent, "migration_failed")
		requireFault(t, apply(t, db, alone), release.Permanent, "migration_failed")
	}
	// Eventually itself takes two; golang-migrate alone would have left ten per failure.
	require.Eventually(t, func() bool { return runtime.NumGoroutine() <= before+3 }, limit, tick)
	requireNoSessions(t, conn)
}

func TestErrorNamesTheLine(t *testing.T) {
	dsn := labtest.Postgres(t)
	db := open(t, dsn)
	f := files("1_a.up.sql", "-- head\n\nCREATE TABLE a (\n  id int,\n  c nosuchtype\n);")
	text := requireFault(t, apply(t, db, f), release.Permanent, "migration_failed")
	require.True(t, strings.HasPrefix(text, "1_a.up.sql:5: SQLSTATE 42704"), text)
}
