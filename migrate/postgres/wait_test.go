package postgres_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"teal.dev/teal/events"
	"teal.dev/teal/internal/lab/labtest"
	"teal.dev/teal/migrate/postgres"
	"teal.dev/teal/release"
)

// applying runs a folder in the background and passes on what it says.
func applying(t *testing.T, db *postgres.Database, f events.Folder) (said chan string, done chan error) {
	t.Helper()
	said, done = make(chan string, 10000), make(chan error, 1)
	go func() { done <- db.Apply(t.Context(), ask(1, f), f, func(s string) { said <- s }) }()
	return said, done
}

// hear waits until something is said that holds a text; meanwhile do is done again and again.
func hear(t *testing.T, said chan string, text string, do func()) string {
	t.Helper()
	last := ""
	for deadline := time.Now().Add(limit); time.Now().Before(deadline); {
		do()
		select {
		case last = <-said:
			if strings.Contains(last, text) {
				return last
			}
		case <-time.After(tick):
		}
	}
	require.Fail(t, "never said", "%s; the last was: %s", text, last)
	return ""
}

// Whatever lock a statement needs, on the table that it names or on another one, and in whatever transaction of its own it
// takes it: nobody queues behind it for longer than 50 ms.
func TestNothingQueuesBehindAnyStatement(t *testing.T) {
	const tables = base + `CREATE TABLE b (id int); ALTER TABLE b ADD CONSTRAINT positive CHECK (id > 0) NOT VALID; CREATE INDEX users_mail ON users (mail);
		CREATE TABLE child (id int REFERENCES users (id));
		CREATE TABLE p (id int) PARTITION BY LIST (id); CREATE TABLE p1 PARTITION OF p FOR VALUES IN (1);`
	for name, one := range map[string]struct{ sql, holder, app string }{
		"vacuum full":                    {"VACUUM FULL users;", "SELECT * FROM users LIMIT 1", "SELECT count(*) FROM users"},
		"cluster":                        {"CLUSTER users USING users_mail;", "SELECT * FROM users LIMIT 1", "SELECT count(*) FROM users"},
		"detach concurrently":            {"ALTER TABLE p DETACH PARTITION p1 CONCURRENTLY;", "SELECT * FROM p1", "SELECT count(*) FROM p1"},
		"drop index":                     {"DROP INDEX users_mail;", "SELECT * FROM users LIMIT 1", "SELECT count(*) FROM users"},
		"the table that is referred to":  {"CREATE TABLE c (id int REFERENCES users (id));", "UPDATE users SET mail = mail WHERE id = 1", "UPDATE users SET mail = mail WHERE id = 2"},
		"the table that was referred to": {"DROP TABLE child;", "SELECT * FROM users LIMIT 1", "SELECT count(*) FROM users"},
		"trigger":                        {"CREATE TRIGGER t BEFORE UPDATE ON users FOR EACH ROW EXECUTE FUNCTION suppress_redundant_updates_trigger();", "UPDATE users SET mail = mail WHERE id = 1", "UPDATE users SET mail = mail WHERE id = 2"},
		"attach":                         {"CREATE TABLE p2 (id int); ALTER TABLE p ATTACH PARTITION p2 FOR VALUES IN (2);", "LOCK TABLE p IN SHARE UPDATE EXCLUSIVE MODE", "SELECT count(*) FROM p"},
		"a second lock, of the slow":     {"ALTER TABLE users ADD COLUMN n int; ALTER TABLE b VALIDATE CONSTRAINT positive;", "LOCK TABLE b IN SHARE UPDATE EXCLUSIVE MODE", "SELECT count(*) FROM users"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dsn := labtest.Postgres(t)
			conn, db := outside(t, dsn), open(t, dsn)
			f := files("1_a.up.sql", tables, "2_b.up.sql", one.sql)
			require.NoError(t, apply(t, db, f[:1]))
			holder, app := outside(t, dsn), outside(t, dsn)
			exec(t, holder, "SET application_name = 'a-long-report'; BEGIN; "+one.holder)
			exec(t, app, "SET lock_timeout = '5s'") // far above teal's 50 ms: it only ends a queue that should not be there
			said, done := applying(t, db, f)
			hear(t, said, "a-long-report", func() { exec(t, app, one.app) })
			for range 100 {
				exec(t, app, one.app)
			}
			require.Empty(t, done, "it cannot have been applied")
			exec(t, holder, "ROLLBACK")
			require.NoError(t, <-done)
			requireClean(t, db, conn, f, 2)
		})
	}
}

// While the transaction that was in the way goes on, to try again would only make others queue.
func TestWhoIsInTheWayIsWaitedOut(t *testing.T) {
	dsn := labtest.Postgres(t)
	conn, db := outside(t, dsn), open(t, dsn)
	f := files("1_a.up.sql", base, "2_b.up.sql", "ALTER TABLE users ADD COLUMN n int;")
	require.NoError(t, apply(t, db, f[:1]))
	exec(t, conn, `CREATE SEQUENCE attempts; CREATE FUNCTION count_it() RETURNS event_trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM nextval('attempts'); END $$;
		CREATE EVENT TRIGGER count_it ON ddl_command_start WHEN TAG IN ('ALTER TABLE') EXECUTE FUNCTION count_it()`)
	unlock := block(t, dsn, "users")
	said, done := applying(t, db, f)
	require.Regexp(t, `held by pid \d+ \(a-long-report, 4s\): .*SELECT \* FROM users`, hear(t, said, ", 4s)", func() {}))
	require.LessOrEqual(t, get[int](t, conn, "SELECT last_value FROM attempts"), 3)
	unlock()
	require.NoError(t, <-done)
	requireClean(t, db, conn, f, 2)
}

// A plain role cannot make an autovacuum yield, and says what would help; with the right it passes at once.
func TestAutovacuumYields(t *testing.T) {
	server := labtest.PostgresOwn(t, "autovacuum_naptime=1s", "autovacuum_vacuum_threshold=1", "autovacuum_vacuum_scale_factor=0",
		"autovacuum_vacuum_cost_delay=100ms", "autovacuum_vacuum_cost_limit=1", "fsync=off", "max_prepared_transactions=2")
	require.NoError(t, server.CreateDatabase(t.Context(), "shop"))
	conn := outside(t, server.DSN("shop"))
	exec(t, conn, "CREATE ROLE plain LOGIN; GRANT CREATE, USAGE ON SCHEMA public TO plain")
	dsn := server.DSNAs("plain", "shop")
	f := files("1_a.up.sql", "CREATE TABLE users AS SELECT n AS id, repeat('x', 200) AS mail FROM generate_series(1, 50000) n;", "2_b.up.sql", "ALTER TABLE users ADD COLUMN n int;")
	require.NoError(t, apply(t, open(t, dsn), f[:1]))
	exec(t, conn, "DELETE FROM users WHERE id % 2 = 0")
	vacuuming := func() bool {
		return get[bool](t, conn, `SELECT EXISTS (SELECT FROM pg_locks JOIN pg_stat_activity USING (pid) WHERE backend_type = 'autovacuum worker' AND relation = 'users'::regclass AND granted)`)
	}
	require.Eventually(t, vacuuming, limit, tick)
	impatient := func(c *postgres.Config) { c.LockBudget = 3 * time.Second }
	text := requireFault(t, apply(t, open(t, dsn, impatient), f), release.Budget, "lock_budget")
	require.Contains(t, text, "(autovacuum, ")
	require.Contains(t, text, `GRANT SET ON PARAMETER deadlock_timeout TO "plain"`)
	require.True(t, vacuuming())
	exec(t, conn, "GRANT SET ON PARAMETER deadlock_timeout TO plain")
	require.NoError(t, apply(t, open(t, dsn, impatient), f))
	requireClean(t, open(t, dsn), conn, f, 2)

	exec(t, conn, "ALTER TABLE users SET (autovacuum_enabled = off)")
	exec(t, conn, "BEGIN; LOCK TABLE users; PREPARE TRANSACTION 'left-behind'")
	g := append(f[:2:2], files("3_c.up.sql", "ALTER TABLE users ADD COLUMN m int;")...)
	text = requireFault(t, apply(t, open(t, dsn, impatient), g), release.Budget, "lock_budget")
	require.Contains(t, text, "the prepared transaction left-behind")
	exec(t, conn, "ROLLBACK PREPARED 'left-behind'")
}

// What waits by design has no lock_timeout and a deadline of six hours; all else has the short one.
func TestDeadlinesAndTimeouts(t *testing.T) {
	dsn := labtest.Postgres(t)
	conn, db := outside(t, dsn), open(t, dsn)
	const patient = `CREATE FUNCTION patient(v text) RETURNS bool IMMUTABLE LANGUAGE sql AS $$SELECT current_setting('lock_timeout') = '0' AND current_setting('statement_timeout') = '6h'$$;
		CREATE FUNCTION hasty(v text) RETURNS bool IMMUTABLE LANGUAGE sql AS $$SELECT current_setting('lock_timeout') = '50ms' AND current_setting('deadlock_timeout') = '20ms' AND current_setting('statement_timeout') = '0'$$;
		CREATE FUNCTION must_be_patient(v text) RETURNS bool IMMUTABLE LANGUAGE plpgsql AS $$BEGIN IF patient(v) THEN RETURN true; END IF; RAISE EXCEPTION 'hasty'; END$$;`
	f := files("1_a.up.sql", base+patient, "2_b.up.sql", "ALTER TABLE users ADD CONSTRAINT a CHECK (hasty(mail));", "3_c.up.sql", "ALTER TABLE users DROP CONSTRAINT a; ALTER TABLE users ADD CONSTRAINT b CHECK (patient(mail)) NOT VALID;",
		"4_d.up.sql", "ALTER TABLE users VALIDATE CONSTRAINT b;", "5_e.up.sql", "CREATE INDEX CONCURRENTLY i ON users (must_be_patient(mail));")
	require.NoError(t, apply(t, db, f))
	requireClean(t, db, conn, f, 5)
}

// A CREATE INDEX CONCURRENTLY says for whom it waits; when its deadline is over it is stopped and leaves nothing.
func TestDeadlineOfAConcurrentIndex(t *testing.T) {
	dsn := labtest.Postgres(t)
	conn := outside(t, dsn)
	db := open(t, dsn, func(c *postgres.Config) { c.Deadline = 3 * time.Second })
	require.NoError(t, apply(t, db, indexed[:1]))
	writer := outside(t, dsn)
	exec(t, writer, "SET application_name = 'a-long-writer'; BEGIN; UPDATE users SET mail = mail WHERE id = 1")
	said, done := applying(t, db, indexed)
	hear(t, said, "a-long-writer", func() {})
	require.Eventually(t, func() bool { // DROP INDEX CONCURRENTLY waits for the writer as well
		return get[bool](t, conn, `SELECT EXISTS (SELECT FROM pg_stat_activity WHERE query LIKE 'DROP INDEX CONCURRENTLY%' AND datname = current_database())`)
	}, limit, tick)
	exec(t, writer, "ROLLBACK")
	requireFault(t, <-done, release.Budget, "deadline")
	require.False(t, get[bool](t, conn, `SELECT to_regclass('users_mail') IS NOT NULL`))
	requireClean(t, db, conn, indexed, 1)
}

// The file works for longer than it may wait, and then finds its lock taken.
func TestBudgetCountsWaitingOnly(t *testing.T) {
	dsn := labtest.Postgres(t)
	conn := outside(t, dsn)
	db := open(t, dsn, func(c *postgres.Config) { c.LockBudget = 1500 * time.Millisecond })
	f := files("1_a.up.sql", base, "2_b.up.sql", "SELECT pg_sleep(2); ALTER TABLE users ADD COLUMN n int;")
	require.NoError(t, apply(t, db, f[:1]))
	unlock := block(t, dsn, "users")
	said, done := applying(t, db, f)
	hear(t, said, "a-long-report", func() {})
	unlock()
	require.NoError(t, <-done)
	requireClean(t, db, conn, f, 2)
}

// A detachment that is given up between its two transactions can only go forward: the next attempt finishes it.
func TestAbandonedDetachment(t *testing.T) {
	dsn := labtest.Postgres(t)
	conn, db := outside(t, dsn), open(t, dsn)
	f := files("1_a.up.sql", "CREATE TABLE p (id int) PARTITION BY LIST (id); CREATE TABLE p1 PARTITION OF p FOR VALUES IN (1);", "2_b.up.sql", "ALTER TABLE p DETACH PARTITION p1 CONCURRENTLY;")
	require.NoError(t, apply(t, db, f[:1]))
	unlock := block(t, dsn, "p1")
	ctx, cancel := context.WithCancel(t.Context())
	said, done := make(chan string, 10000), make(chan error, 1)
	go func() { done <- db.Apply(ctx, ask(1, f), f, func(s string) { said <- s }) }()
	hear(t, said, "a-long-report", func() {})
	require.True(t, get[bool](t, conn, "SELECT inhdetachpending FROM pg_inherits WHERE inhrelid = 'p1'::regclass"))
	cancel()
	requireFault(t, <-done, release.Retry, "cancelled")
	schema, err := db.Observe(t.Context(), f)
	require.NoError(t, err)
	require.True(t, schema.Expand.Dirty)
	require.Empty(t, schema.Hold, "teal can prove it: no hold")
	unlock()
	require.NoError(t, apply(t, db, f))
	require.Zero(t, get[int](t, conn, "SELECT count(*) FROM pg_inherits WHERE inhrelid = 'p1'::regclass"))
	requireClean(t, db, conn, f, 2)
}

// One session does the work and holds the locks, golang-migrate's own among them.
func TestTheWorkerHoldsTheLocks(t *testing.T) {
	dsn := labtest.Postgres(t)
	conn := outside(t, dsn)
	f := files("1_a.up.sql", "CREATE TABLE b (id int); SELECT pg_sleep(60);")
	ctx, cancel := context.WithCancel(t.Context())
	pid, done := inTheMiddle(t, ctx, open(t, dsn), conn, f, "%pg_sleep(60)%")
	require.Equal(t, 5, get[int](t, conn, `SELECT count(DISTINCT (classid, objid)) FROM pg_locks WHERE pid = $1 AND locktype = 'advisory' AND granted`, pid))
	require.True(t, get[bool](t, conn, `SELECT EXISTS (SELECT FROM pg_locks WHERE pid = $1 AND locktype = 'transactionid' AND granted)`, pid), "the same session has the transaction")

	// Another app in the same database waits for it, and does not end it.
	other := open(t, dsn, func(c *postgres.Config) {
		c.App, c.Table, c.LockBudget = "other", "other_migrations", 500*time.Millisecond
	})
	m := release.Migration{App: "other", Release: "01JD0000000000000000000002", Epoch: 1, Track: "expand"}
	text := requireFault(t, other.Apply(t.Context(), m, files("1_o.up.sql", "SELECT 1;"), func(string) {}), release.Budget, "lock_budget")
	require.Contains(t, text, fmt.Sprintf("pid %d (teal/shop/", pid))
	require.Empty(t, done)
	require.Zero(t, get[int](t, conn, `SELECT count(*) FROM pg_stat_activity WHERE application_name LIKE 'teal/other%' AND datname = current_database()`), "who gave up leaves no waiter")
	cancel()
	requireFault(t, <-done, release.Retry, "cancelled")
}
