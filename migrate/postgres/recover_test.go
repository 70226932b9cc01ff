package postgres_test

import (
	"fmt"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"teal.dev/teal/events"
	"teal.dev/teal/internal/lab/labtest"
	"teal.dev/teal/migrate"
	"teal.dev/teal/release"
)

// begun leaves the records of a last file that was begun and of which nobody has said how it ended.
func begun(t *testing.T, conn *pgx.Conn, f events.Folder) {
	t.Helper()
	plan := migrate.NewPlan(f, nil, migrate.Options{})
	last := plan.Expand[len(plan.Expand)-1]
	exec(t, conn, fmt.Sprintf(`INSERT INTO teal_ledger VALUES ('shop', 'expand', %d, '%s', '%s', 'r', 1, '1', 'started', now());
		UPDATE schema_migrations SET version = %d, dirty = true`, last.Number, last.Name, last.Sum, last.Number))
}

func TestRecovery(t *testing.T) {
	const tables = base + " CREATE INDEX users_mail ON users (mail); CREATE TABLE p (id int) PARTITION BY LIST (id); CREATE TABLE p1 PARTITION OF p FOR VALUES IN (1);"
	const broken = "UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'users_mail'::regclass"
	const invalid = "SELECT count(*) FROM pg_index WHERE NOT indisvalid AND indrelid >= 16384"
	for name, one := range map[string]struct{ sql, crash, zero string }{
		"index not begun":      {"CREATE INDEX CONCURRENTLY i ON users (id);", "SELECT 1", invalid},
		"index broken":         {"CREATE INDEX CONCURRENTLY users_mail ON users (mail);", broken, invalid},
		"index built":          {"CREATE INDEX CONCURRENTLY users_mail ON users (mail);", "SELECT 1", invalid},
		"drop not begun":       {"DROP INDEX CONCURRENTLY users_mail;", "SELECT 1", "SELECT count(*) FROM pg_class WHERE relname = 'users_mail'"},
		"drop half done":       {"DROP INDEX CONCURRENTLY users_mail;", broken, "SELECT count(*) FROM pg_class WHERE relname = 'users_mail'"},
		"drop done":            {"DROP INDEX CONCURRENTLY users_mail;", "DROP INDEX users_mail", "SELECT 0"},
		"reindex broken":       {"REINDEX INDEX CONCURRENTLY users_mail;", "CREATE INDEX users_mail_ccnew ON users (mail); UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'users_mail_ccnew'::regclass", "SELECT count(*) FROM pg_class WHERE relname = 'users_mail_ccnew'"},
		"detach not begun":     {"ALTER TABLE p DETACH PARTITION p1 CONCURRENTLY;", "SELECT 1", "SELECT count(*) FROM pg_inherits WHERE inhrelid = 'p1'::regclass"},
		"detach half done":     {"ALTER TABLE p DETACH PARTITION p1 CONCURRENTLY;", "UPDATE pg_inherits SET inhdetachpending = true WHERE inhrelid = 'p1'::regclass", "SELECT count(*) FROM pg_inherits WHERE inhrelid = 'p1'::regclass"},
		"detach done":          {"ALTER TABLE p DETACH PARTITION p1 CONCURRENTLY;", "ALTER TABLE p DETACH PARTITION p1", "SELECT 0"},
		"vacuum can be redone": {"VACUUM users;", "SELECT 1", "SELECT 0"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dsn := labtest.Postgres(t)
			conn, db := outside(t, dsn), open(t, dsn)
			f := files("1_a.up.sql", tables, "2_b.up.sql", one.sql)
			require.NoError(t, apply(t, db, f[:1]))
			begun(t, conn, f)
			exec(t, conn, one.crash)
			require.NoError(t, apply(t, db, f))
			requireClean(t, db, conn, f, 2)
			require.Zero(t, get[int](t, conn, one.zero))
		})
	}
}

func TestWhatCannotBeProvenIsHeld(t *testing.T) {
	dsn := labtest.Postgres(t)
	conn, db := outside(t, dsn), open(t, dsn)
	f := files("1_a.up.sql", base, "2_b.up.sql", "CREATE INDEX CONCURRENTLY i ON users (mail);")
	require.NoError(t, apply(t, db, f[:1]))
	begun(t, conn, f)
	exec(t, conn, "CREATE INDEX i ON users (id)")
	text := requireFault(t, apply(t, db, f), release.Unproven, "dirty")
	require.Contains(t, text, "index i is btree (id), not btree (mail)")
	text = requireFault(t, apply(t, db, f[:1]), release.Unproven, "dirty")
	require.Contains(t, text, "does not hold that file")
}

func TestObserveNeverWaits(t *testing.T) {
	dsn := labtest.Postgres(t)
	db := open(t, dsn)
	require.NoError(t, apply(t, db, files("1_a.up.sql", base)))
	locker := outside(t, dsn)
	exec(t, locker, "BEGIN; LOCK TABLE teal_ledger IN ACCESS EXCLUSIVE MODE")
	_, err := db.Observe(t.Context(), nil)
	require.ErrorContains(t, err, "lock timeout")
	exec(t, locker, "ROLLBACK")
	_, err = db.Observe(t.Context(), nil)
	require.NoError(t, err)
}

func BenchmarkObserve(b *testing.B) {
	dsn := labtest.Postgres(b)
	f := files("1_a.up.sql", base)
	db := open(b, dsn)
	for b.Loop() {
		if _, err := db.Observe(b.Context(), f); err != nil {
			b.Fatal(err)
		}
	}
}
