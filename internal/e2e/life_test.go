package e2e

import (
	"context"
	"os"
	"slices"
	"testing"
	"time"

	"github.com/golang-migrate/migrate/v4"
	_ "github.com/golang-migrate/migrate/v4/database/pgx/v5" // the stock driver
	_ "github.com/golang-migrate/migrate/v4/source/file"
	"github.com/stretchr/testify/require"

	"teal.dev/teal/daemon"
	"teal.dev/teal/release"
)

func contextLimit(limit time.Duration) (context.Context, context.CancelFunc) {
	return context.WithTimeout(context.Background(), limit)
}

// approve gives a role's word when it is asked for.
func (w *town) approve(app string, id release.ID, step string) {
	w.t.Helper()
	w.await(long, "the approval of the "+step+" to be asked for", func() (bool, string) {
		pending, err := w.api.Approvals(w.t.Context())
		if err != nil {
			return false, err.Error()
		}
		past, _ := w.past(id)
		return slices.ContainsFunc(pending, func(p daemon.Pending) bool { return p.Release == id && p.Step == step }), w.now(id, past)
	})
	_, err := w.api.Order(w.t.Context(), app, release.VerbApprove, daemon.Order{Reason: "I wrote the trigger"})
	require.NoError(w.t, err)
}

// TestTheWholeLife is the design's picture: a first install, then a release with expand, switch, warm and contract.
func TestTheWholeLife(t *testing.T) {
	w := newTown(t, plan{})
	load := w.load("shop")
	first := w.release("shop", "v1", w.folder("v1"))
	w.reach(first, release.OutFinished)
	load.begin()
	require.Equal(t, []string{"accepted", "expanding", "expanded", "blue_ready", "switched", "baking", "baking:passed", "finished"}, without(kinds(w.account(first)), "waiting:haproxy")) // which may just be starting

	second := w.release("shop", "v2", w.folder("v2"))
	w.approve("shop", second, "expand")
	w.reach(second, release.OutBaking)
	status := w.app("shop")
	require.Equal(t, release.B, status.Live)
	require.Equal(t, release.ClassInstant, status.Class)
	w.reach(second, release.OutFinished)
	require.Equal(t, release.ClassCold, w.app("shop").Class)
	w.approve("shop", second, "contract")
	w.reach(second, release.OutContracted)
	told := kinds(w.account(second))
	require.Equal(t, []string{"accepted", "waiting:approval", "expanding", "expanded", "blue_ready", "switched", "baking", "baking:passed", "retired", "finished", "waiting:approval", "contracting", "contracted"}, told)
	require.Equal(t, release.ClassForwardOnly, w.app("shop").Class)
	_, err := w.api.Order(t.Context(), "shop", release.VerbRollback, daemon.Order{Reason: "too late"})
	require.ErrorContains(t, err, "forward-only")

	require.Equal(t, []row{
		{"expand", 1, "applied", first}, {"expand", 2, "applied", second}, {"expand", 3, "applied", second},
		{"expand", 4, "applied", second}, {"contract", 5, "applied", second},
	}, w.ledger("shop"))
	require.Equal(t, "b:b:0:2", w.mapLine("shop"))
	w.stockVersion("shop", 4, "schema_migrations")
	w.stockVersion("shop", 5, "schema_migrations_contract")
	load.finish()
}

// stockVersion asks golang-migrate itself, with its own driver and a folder of its own.
func (w *town) stockVersion(app string, want uint, table string) {
	w.t.Helper()
	files := w.t.TempDir()
	require.NoError(w.t, os.WriteFile(files+"/0001_a.up.sql", []byte("SELECT 1;"), 0o644))
	stock, err := migrate.New("file://"+files, "pgx5"+w.postgres.DSN(w.shops[app].database)[len("postgres"):]+"&x-migrations-table="+table)
	require.NoError(w.t, err)
	defer stock.Close()
	version, dirty, err := stock.Version()
	require.NoError(w.t, err)
	require.Equal(w.t, want, version)
	require.False(w.t, dirty)
}

// without leaves what may or may not be told out.
func without(list []string, what string) []string {
	return slices.DeleteFunc(list, func(s string) bool { return s == what })
}
