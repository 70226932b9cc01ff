package postgres_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"teal.dev/teal/internal/lab"
	"teal.dev/teal/internal/lab/labtest"
	"teal.dev/teal/release"
)

// revive starts a killed server. Its orphaned sessions may hold its shared memory for a moment.
func revive(t *testing.T, server *lab.Postgres) {
	t.Helper()
	require.Eventually(t, func() bool { return server.Start(t.Context()) == nil }, limit, tick)
}

// The server dies in the middle of a COMMIT that is still at work on deferred triggers: nothing of the file is there.
func TestServerKilledInTheCommit(t *testing.T) {
	server := labtest.PostgresOwn(t)
	require.NoError(t, server.CreateDatabase(t.Context(), "shop"))
	dsn := server.DSN("shop")
	conn, db := outside(t, dsn), open(t, dsn)
	f := files("1_a.up.sql", base+` CREATE TABLE slow (id int);
		CREATE FUNCTION sleep() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN PERFORM pg_sleep(60); RETURN NULL; END$$;
		CREATE CONSTRAINT TRIGGER sleep AFTER INSERT ON slow DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION sleep();`,
		"2_b.up.sql", "CREATE TABLE b (id int); INSERT INTO slow VALUES (1);")
	require.NoError(t, apply(t, db, f[:1]))
	_, done := inTheMiddle(t, t.Context(), db, conn, f, "commit%")
	require.NoError(t, server.Kill())
	requireFault(t, <-done, release.Retry, "connection_lost")
	revive(t, server)
	conn = outside(t, dsn)
	require.False(t, get[bool](t, conn, "SELECT to_regclass('b') IS NOT NULL"))
	requireClean(t, db, conn, f, 1)
	exec(t, conn, "CREATE OR REPLACE FUNCTION sleep() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN RETURN NULL; END$$")
	require.NoError(t, apply(t, db, f))
	requireClean(t, db, conn, f, 2)
}

// The session dies in the middle of a COMMIT that waits for a standby: the server has committed, and the ledger row that is
// in the same transaction says so. What pg_xact_status says goes into the error.
func TestSessionKilledInTheCommit(t *testing.T) {
	server := labtest.PostgresOwn(t, "synchronous_standby_names=nobody", "synchronous_commit=local")
	require.NoError(t, server.CreateDatabase(t.Context(), "shop"))
	dsn := server.DSN("shop")
	conn, db := outside(t, dsn), open(t, dsn)
	f := files("1_a.up.sql", base, "2_b.up.sql", "SET LOCAL synchronous_commit = on; CREATE TABLE b (id int);")
	require.NoError(t, apply(t, db, f[:1]))
	pid, done := inTheMiddle(t, t.Context(), db, conn, f, "commit%")
	require.True(t, get[bool](t, conn, "SELECT pg_terminate_backend($1)", pid))
	text := requireFault(t, <-done, release.Retry, "connection_lost")
	require.Regexp(t, `transaction \d+ is committed$`, text)
	requireNoSessions(t, conn)
	requireClean(t, db, conn, f, 2)
	require.NoError(t, apply(t, db, f), "nothing is done twice")
}

// The server dies while a CREATE INDEX CONCURRENTLY is at work: it left an invalid index, which the next attempt drops.
func TestServerKilledInAConcurrentIndex(t *testing.T) {
	server := labtest.PostgresOwn(t)
	require.NoError(t, server.CreateDatabase(t.Context(), "shop"))
	dsn := server.DSN("shop")
	_, done, _ := waitingIndex(t, t.Context(), dsn, outside(t, dsn), indexed)
	require.NoError(t, server.Kill())
	requireFault(t, <-done, release.Retry, "connection_lost")
	revive(t, server)
	conn, db := outside(t, dsn), open(t, dsn)
	require.True(t, get[bool](t, conn, "SELECT NOT indisvalid FROM pg_index WHERE indexrelid = 'users_mail'::regclass"))
	schema, err := db.Observe(t.Context(), indexed)
	require.NoError(t, err)
	require.True(t, schema.Expand.Dirty)
	require.NoError(t, apply(t, db, indexed))
	require.True(t, get[bool](t, conn, "SELECT indisvalid FROM pg_index WHERE indexrelid = 'users_mail'::regclass"))
	requireClean(t, db, conn, indexed, 2)
}
