package e2e

import (
	"testing"

	"github.com/stretchr/testify/require"

	"teal.dev/teal/daemon"
	"teal.dev/teal/release"
)

// TestPostgresDies kills the database before a vetting and in the middle of an expand and of a contract: teal says that it
// waits, and goes on when the database is back.
func TestPostgresDies(t *testing.T) {
	t.Parallel()
	w := newTown(t, plan{own: true})
	first := w.release("shop", "1.0", with(w.folder("v1"), "0002_note.up.sql", "ALTER TABLE orders ADD COLUMN note_0 text;"))
	w.reach(first, release.OutFinished)
	w.logDDL("shop")

	require.NoError(t, w.postgres.Kill())
	vetting := w.release("shop", "1.1", w.chain(1))
	w.waitsForDatabase(vetting)
	require.Equal(t, release.A, w.app("shop").Live)
	require.NoError(t, w.postgres.Start(t.Context()))
	w.reach(vetting, release.OutContracted)
	w.account(vetting)

	w.lock("orders") // until the server dies
	id := w.release("shop", "1.2", w.chain(2))
	w.blocked(id, release.Expand)
	require.NoError(t, w.postgres.Kill())
	w.waitsForDatabase(id)
	require.NoError(t, w.postgres.Start(t.Context()))
	w.reach(id, release.OutBaking)

	w.lock("orders")
	w.blocked(id, release.Contract)
	require.NoError(t, w.postgres.Kill())
	down := w.awaitApp("shop", "the contract to fail", func(s daemon.AppStatus) bool { return s.Job == nil })
	require.Nil(t, down.Hold, "a database that is down is no matter for a person")
	require.Equal(t, release.ClassForwardOnly, down.Class)
	require.NoError(t, w.postgres.Start(t.Context()))
	w.reach(id, release.OutContracted)
	w.account(id)
	w.appliedOnce(w.connect("shop"), "shop", 2)
}

func (w *town) waitsForDatabase(id release.ID) {
	w.t.Helper()
	waiting := w.reach(id, release.OutWaiting)
	require.Equal(w.t, "database", waiting.Code)
	require.Regexp(w.t, "refused|session ended", waiting.Text, "it says what is the matter")
}

// TestFirstInstallWaitsForItsDatabase: without the database nobody knows whether this is a first install.
func TestFirstInstallWaitsForItsDatabase(t *testing.T) {
	t.Parallel()
	w := newTown(t, plan{own: true})
	require.NoError(t, w.postgres.Stop())
	id := w.release("shop", "v1", w.folder("v1"))
	w.waitsForDatabase(id)
	require.NoError(t, w.postgres.Start(t.Context()))
	w.reach(id, release.OutFinished)
	w.account(id)
}
