package e2e

import (
	"fmt"
	"net"
	"os"
	"slices"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"teal.dev/teal/daemon"
	"teal.dev/teal/release"
)

// chain is the folder of the n-th of a row of releases: each adds a column and a table in expand, and drops the column of
// the one before in contract.
func (w *town) chain(n int) map[string]string {
	files := with(w.folder("v1"), "0002_note.up.sql", "ALTER TABLE orders ADD COLUMN note_0 text;")
	for k := 1; k <= n; k++ {
		files = with(files,
			fmt.Sprintf("%04d_note.up.sql", 3*k), fmt.Sprintf("ALTER TABLE orders ADD COLUMN note_%d text;", k),
			fmt.Sprintf("%04d_extra.up.sql", 3*k+1), fmt.Sprintf("CREATE TABLE extra_%d (id bigint PRIMARY KEY);", k),
			fmt.Sprintf("%04d_drop.up.sql", 3*k+2), fmt.Sprintf("-- teal:contract\nALTER TABLE orders DROP COLUMN note_%d;", k-1))
	}
	return files
}

// logDDL writes down every statement that changes the schema, in the transaction that does it.
func (w *town) logDDL(app string) *pgx.Conn {
	w.t.Helper()
	db := w.connect(app)
	_, err := db.Exec(w.t.Context(), `CREATE TABLE ddl_log (tag text, object text);
		CREATE FUNCTION log_ddl() RETURNS event_trigger LANGUAGE plpgsql AS $$
		DECLARE one record;
		BEGIN
			FOR one IN SELECT * FROM pg_event_trigger_ddl_commands() LOOP
				INSERT INTO ddl_log VALUES (one.command_tag, one.object_identity);
			END LOOP;
		END $$;
		CREATE EVENT TRIGGER log_ddl ON ddl_command_end EXECUTE FUNCTION log_ddl();`)
	require.NoError(w.t, err)
	return db
}

func (w *town) lines(app string) []release.Entry {
	lines, err := w.api.Timeline(w.t.Context(), app, 0, 1000)
	if err != nil {
		return nil
	}
	return lines
}

// killAfter kills the daemon once a rule has spoken for a release, and starts it again. "next line" is any line that the
// restarted daemon writes, "at once" the moment in which it has begun to start.
func (w *town) killAfter(app string, id release.ID, rule string, since uint64) (last uint64) {
	w.t.Helper()
	if rule == "at once" {
		w.killStarting()
		return since
	}
	w.await(long, "the rule "+rule, func() (bool, string) {
		lines := w.lines(app)
		seen := ""
		for _, e := range lines {
			if e.N <= since {
				continue
			}
			seen = e.Action.Rule + ": " + e.Action.Why
			// The first such line: on a busy machine later ones, and what is waited for next, may be there already.
			if last == 0 && e.Action.Release == id && (rule == "next line" || e.Action.Rule == rule) {
				last = e.N
			}
		}
		return last > 0, seen
	})
	w.kill()
	w.serve()
	if rule == "next line" {
		return since // the line may be that of the rule that is waited for next
	}
	return last
}

// killStarting kills the daemon again while it starts.
func (w *town) killStarting() {
	w.t.Helper()
	require.NoError(w.t, w.daemon.kill())
	size := func() int64 {
		info, err := os.Stat(w.path("daemon.log"))
		require.NoError(w.t, err)
		return info.Size()
	}
	before := size()
	require.NoError(w.t, w.daemon.start())
	w.await(long, "the daemon to begin", func() (bool, string) { return size() > before, "no new line in its log" })
	require.NoError(w.t, w.daemon.kill())
	w.serve()
}

// TestKilledAtEveryStep: whenever the daemon dies, the next one goes on where it stopped, and nothing is done twice.
func TestKilledAtEveryStep(t *testing.T) {
	t.Parallel()
	w := newTown(t, plan{})
	first := w.release("shop", "1.0", with(w.folder("v1"), "0002_note.up.sql", "ALTER TABLE orders ADD COLUMN note_0 text;"))
	w.reach(first, release.OutFinished)
	db := w.logDDL("shop")
	load := w.load("shop")
	load.begin()
	for i, rules := range [][]string{
		{"vet", "start-blue"},
		{"judge", "next line", "switch"},
		{"expand", "at once", "settle-switch", "contract-owed"},
		{"expanded", "blue-ready", "at once", "bake-over", "next line"},
		{"begin", "warm-over", "next line", "stop-green", "contract-done"},
	} {
		n := i + 1
		since := w.last("shop")
		id := w.release("shop", fmt.Sprintf("1.%d", n), w.chain(n))
		for _, rule := range rules {
			since = w.killAfter("shop", id, rule, since)
		}
		w.reach(id, release.OutContracted)
		w.account(id)
		w.appliedOnce(db, "shop", n)
		status := w.awaitApp("shop", "the first turn after the last kill", func(s daemon.AppStatus) bool { return s.Degraded == "" })
		require.Equal(t, uint64(n+1), status.Rev, "one rev per release")
		require.Equal(t, release.Slots()[n%2], status.Live)
		require.Equal(t, fmt.Sprintf("%s:%s:0:%d", status.Live, status.Live, n+1), w.mapLine("shop"))
		conn, err := net.DialTimeout("tcp", w.shops["shop"].slots()[status.Live.Other()], time.Second)
		if err == nil {
			_ = conn.Close()
		}
		require.Error(t, err, "green is stopped")
	}
	load.finish()
}

// appliedOnce compares the ledger, and what PostgreSQL itself has seen, with the folder of the n-th release.
func (w *town) appliedOnce(db *pgx.Conn, app string, n int) {
	w.t.Helper()
	ledger := w.ledger(app)
	require.Len(w.t, ledger, 2+3*n)
	for _, r := range ledger {
		require.Equal(w.t, "applied", r.State, "%+v", r)
	}
	var alters, creates int
	require.NoError(w.t, db.QueryRow(w.t.Context(), `SELECT count(*) FILTER (WHERE tag = 'ALTER TABLE' AND object = 'public.orders'),
		count(*) FILTER (WHERE tag = 'CREATE TABLE' AND object LIKE 'public.extra_%') FROM ddl_log`).Scan(&alters, &creates))
	require.Equal(w.t, []int{2 * n, n}, []int{alters, creates})
}

// TestKilledInTheMiddleOfAMigration holds the table, so that the kill meets a file under way, in expand and in contract.
func TestKilledInTheMiddleOfAMigration(t *testing.T) {
	t.Parallel()
	w := newTown(t, plan{})
	first := w.release("shop", "1.0", with(w.folder("v1"), "0002_note.up.sql", "ALTER TABLE orders ADD COLUMN note_0 text;"))
	w.reach(first, release.OutFinished)
	db := w.logDDL("shop")
	load := w.load("shop")
	load.begin()
	files := w.chain(1)
	// The first file of the expand goes through, the second waits for the lock.
	files["0003_note.up.sql"], files["0004_extra.up.sql"] = files["0004_extra.up.sql"], files["0003_note.up.sql"]

	blocker := w.lock("customers", "orders")
	id := w.release("shop", "1.1", files)
	w.blocked(id, "expand")
	require.Len(t, w.ledgerApplied("shop"), 3, "one file is through")
	w.kill()
	w.serve()
	w.blocked(id, "expand")
	require.NoError(t, w.daemon.stop()) // in order, this time
	w.serve()
	w.blocked(id, "expand")
	w.kill()
	require.NoError(t, blocker.Rollback(t.Context()))
	w.serve()
	w.reach(id, release.OutBaking)
	blocker = w.lock("orders")
	w.blocked(id, "contract")
	w.kill()
	w.serve()
	w.blocked(id, "contract")
	require.NoError(t, blocker.Rollback(t.Context()))
	w.reach(id, release.OutContracted)
	w.account(id)
	w.appliedOnce(db, "shop", 1)
	load.finish()
}

// lock holds tables as a forgotten psql session would.
func (w *town) lock(tables ...string) pgx.Tx {
	w.t.Helper()
	tx, err := w.connect("shop").Begin(w.t.Context())
	require.NoError(w.t, err)
	for _, table := range tables {
		_, err = tx.Exec(w.t.Context(), "LOCK TABLE "+table+" IN ACCESS SHARE MODE")
		require.NoError(w.t, err)
	}
	return tx
}

// blocked waits until a job of a release says that it waits for a lock.
func (w *town) blocked(id release.ID, kind release.Kind) {
	w.t.Helper()
	w.await(long, "the "+string(kind)+" to wait for the lock", func() (bool, string) {
		app, err := w.api.App(w.t.Context(), "shop")
		if err != nil {
			return false, err.Error()
		}
		if app.Job == nil || app.Job.Kind != kind || app.Job.Release != id {
			return false, app.Rule + ": " + app.Why
		}
		return app.Job.Text != "", app.Job.Text
	})
}

func (w *town) ledgerApplied(app string) []row {
	return slices.DeleteFunc(w.ledger(app), func(r row) bool { return r.State != "applied" })
}

// TestTheHostDies kills everything at once, in the bake and at rest, and starts it again in an order that nobody planned.
func TestTheHostDies(t *testing.T) {
	t.Parallel()
	// The 503s of a host that comes up are errors of blue, and with two slots that come up together they would be a hold
	// (no_ready_target); what is looked at here is that everything comes back.
	w := newTown(t, plan{own: true, settings: map[string]string{"bake": "{for: 2s, max_errors: 100%, few_requests: pass}"}})
	w.reach(w.release("shop", "v1", w.folder("v1")), release.OutFinished)
	id := w.release("shop", "v1-next", w.folder("v1"))
	for _, phase := range []release.Phase{release.Baking, release.Finished} {
		if phase == release.Baking {
			w.awaitPhase("shop", id, phase)
		} else {
			w.reach(id, release.OutFinished)
		}
		app := w.app("shop")
		require.NoError(t, w.daemon.kill())
		require.NoError(t, w.proxy.Kill())
		require.NoError(t, w.postgres.Kill())
		for _, slot := range app.Slots {
			if slot.Running == release.Yes {
				require.NoError(t, syscall.Kill(slot.PID, syscall.SIGKILL))
			}
		}
		w.serve()
		require.NoError(t, w.proxy.Start(t.Context()))
		require.NoError(t, w.postgres.Start(t.Context()))
		w.await(long, "the live version to answer", func() (bool, string) { s := w.side("shop"); return s == "b", s })
	}
	w.account(id)
	require.Equal(t, "b:b:0:2", w.mapLine("shop"))
	require.Equal(t, uint64(2), w.app("shop").Rev)
}
