package e2e

import (
	"os"
	"testing"

	"github.com/stretchr/testify/require"

	"teal.dev/teal/daemon"
	"teal.dev/teal/release"
)

// TestTheWayBack ends releases in every bad way, with the daemon killed in the middle of each: the version that was live
// answers all the time.
func TestTheWayBack(t *testing.T) {
	t.Parallel()
	w := newTown(t, plan{settings: map[string]string{
		"health": "{path: /healthz, every: 50ms, timeout: 1s, passes: 3, stable: 200ms, deadline: 3s}",
		"bake":   "{for: 10s, max_errors: 1%, few_requests: pass}",
		"warm":   "{for: 10m, auto_rollback: true}",
	}})
	w.install("v1-bad", "errors-after-switch=0.5")
	w.install("v1-sick", "never-healthy")
	w.install("v1-crash", "crash-at-start")
	require.NoError(t, os.MkdirAll(w.path("releases/v1-script/bin"), 0o755))
	require.NoError(t, os.WriteFile(w.path("releases/v1-script/bin/shop"), []byte("#!/no/such/shell\n"), 0o755)) // only its start can tell
	first := w.release("shop", "v1", w.folder("v1"))
	w.reach(first, release.OutSwitched)
	w.promote(first)
	w.reach(first, release.OutFinished)

	for _, c := range []struct{ version, kill, end, code string }{
		{"v1-bad", "roll-back-on-errors", release.OutRolledBack, "errors"},
		{"v1-sick", "start-blue", release.OutAbandoned, "not_ready"},
		{"v1-crash", "start-blue", release.OutAbandoned, ""},
		{"v1-script", "start-blue", release.OutAbandoned, "exec_failed"},
	} {
		since := w.last("shop")
		id := w.release("shop", c.version, w.folder("v1"))
		ask := w.watchSides("shop")
		w.killAfter("shop", id, c.kill, since)
		out := w.reach(id, c.end)
		ask()
		t.Logf("%s: %s: %s", c.version, out.Code, out.Text)
		if c.code != "" {
			require.Equal(t, c.code, out.Code)
		}
		require.Equal(t, "a", w.side("shop"))
		w.account(id)
	}

	warm := w.release("shop", "v1-good", w.folder("v1"))
	w.reach(warm, release.OutSwitched)
	w.promote(warm)
	w.awaitPhase("shop", warm, release.Warm)
	require.Equal(t, release.ClassInstant, w.app("shop").Class)
	since := w.last("shop")
	_, err := w.api.Order(t.Context(), "shop", release.VerbRollback, daemon.Order{Reason: "checkout fails"})
	require.NoError(t, err)
	w.killAfter("shop", warm, "person-rolls-back", since)
	w.reach(warm, release.OutRolledBack)
	require.Equal(t, "a", w.side("shop"))
	w.account(warm)
	w.cold()
}

// cold goes back to a version that is stopped.
func (w *town) cold() {
	id := w.release("shop", "v1-better", w.folder("v1"))
	w.reach(id, release.OutSwitched)
	w.promote(id)
	w.awaitPhase("shop", id, release.Warm)
	_, err := w.api.Order(w.t.Context(), "shop", release.VerbRetire, daemon.Order{Reason: "it is good"})
	require.NoError(w.t, err)
	w.reach(id, release.OutFinished)
	require.Equal(w.t, release.ClassCold, w.app("shop").Class)
	since := w.last("shop")
	_, err = w.api.Order(w.t.Context(), "shop", release.VerbRollback, daemon.Order{Reason: "it is not"})
	require.NoError(w.t, err)
	back := w.awaitApp("shop", "the cold rollback", func(s daemon.AppStatus) bool { return s.Current != nil && s.Current.Rollback }).Current.ID
	w.killAfter("shop", back, "next line", since)
	w.reach(back, release.OutSwitched)
	require.Equal(w.t, "a", w.side("shop"))
	w.promote(back)
	w.awaitPhase("shop", back, release.Warm)
	require.Equal(w.t, release.Version("v1"), w.app("shop").Version)
}

func (w *town) promote(id release.ID) {
	w.t.Helper()
	w.awaitPhase("shop", id, release.Baking)
	_, err := w.api.Order(w.t.Context(), "shop", release.VerbPromote, daemon.Order{Reason: "the test has no time"})
	require.NoError(w.t, err)
}

// last is the number of the newest line of an app's timeline.
func (w *town) last(app string) uint64 {
	w.t.Helper()
	lines := w.lines(app)
	require.NotEmpty(w.t, lines)
	return lines[len(lines)-1].N
}
