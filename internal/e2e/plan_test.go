package e2e

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"

	"teal.dev/teal/daemon"
	"teal.dev/teal/events"
	"teal.dev/teal/release"
)

// plainWord stands in the environment of an app as a plain text: for its process, and for nobody who asks teal.
const plainWord = "plain-word-of-the-app"

// edit puts an app's file in force with other words in it: old, new, …
func (w *town) edit(app string, words ...string) {
	w.t.Helper()
	text := w.appFile(app)
	for i := 0; i < len(words); i += 2 {
		require.Contains(w.t, text, words[i])
		text = strings.ReplaceAll(text, words[i], words[i+1])
	}
	w.write("config/apps/"+app+".yaml", text)
	_, err := w.api.Reload(w.t.Context())
	require.NoError(w.t, err)
}

// crash kills what runs in the live slot, and waits until it is ready again as another process.
func (w *town) crash(app string) {
	w.t.Helper()
	before := w.awaitApp(app, "the live version to be ready", func(s daemon.AppStatus) bool { return s.Slots[s.Live].Ready == release.Yes })
	pid := before.Slots[before.Live].PID
	require.Positive(w.t, pid)
	require.NoError(w.t, syscall.Kill(pid, syscall.SIGKILL))
	w.awaitApp(app, "the live version to be started again", func(s daemon.AppStatus) bool {
		require.Nil(w.t, s.Hold)
		live := s.Slots[before.Live]
		return s.Live == before.Live && live.Ready == release.Yes && live.PID != pid && live.Version == before.Version
	})
}

// replace puts other bytes in the place of a version's executable, which run as well.
func (w *town) replace(version string) (undo func()) {
	w.t.Helper()
	path := w.path("releases", version, "bin", "shop")
	text, err := os.ReadFile(path)
	require.NoError(w.t, err)
	require.NoError(w.t, os.Rename(path, path+".old"))
	require.NoError(w.t, os.WriteFile(path, append(text, "other bytes"...), 0o755))
	return func() { require.NoError(w.t, os.Rename(path+".old", path)) }
}

// TestThePlanOutlivesTheConfig edits the app's file for the next version while one runs, is baking, crashes, and is gone
// back to: each time it is run as its release said.
func TestThePlanOutlivesTheConfig(t *testing.T) {
	t.Parallel()
	w := newTown(t, plan{settings: map[string]string{"bake": "{for: 12s, max_errors: 1%, few_requests: pass}", "warm": "{for: 10m, auto_rollback: true}"}})
	env := []string{"SHOP_WITNESS:", "SHOP_WORD: " + plainWord + ", SHOP_WITNESS:"}
	w.edit("shop", env...)
	first := w.release("shop", "v1", w.folder("v1"))
	w.promote(first)
	w.reach(first, release.OutFinished)

	// The next version has its executable elsewhere, and wants more of its environment.
	next := append(env, "[bin/shop]", "[bin/shop2, serve]", "SHOP_WITNESS:", "SHOP_MORE: \"1\", SHOP_WITNESS:")
	w.edit("shop", next...)
	w.crash("shop")
	w.kill()
	w.serve()
	w.crash("shop")
	w.install("v1-next", "")
	require.NoError(t, os.Rename(w.path("releases/v1-next/bin/shop"), w.path("releases/v1-next/bin/shop2")))
	id, raw := w.event(w.data("shop", "v1-next", w.folder("v1")), w.key)
	w.send("shop", id, raw)
	w.reach(id, release.OutBaking)

	// And the one after that another address. The bake is longer than a blue that does not answer is endured.
	w.edit("shop", append(next, fmt.Sprintf("127.0.0.1:%d", w.shops["shop"].b), fmt.Sprintf("127.0.0.1:%d", w.lab.FreePort()),
		"/healthz", "/health-of-tomorrow")...)
	w.awaitPhase("shop", id, release.Warm)
	w.crash("shop")
	require.Equal(t, "b", w.side("shop"))
	require.Contains(t, w.environ("shop"), "SHOP_WORD="+plainWord)
	require.Contains(t, w.environ("shop"), "SHOP_MORE=1")

	// With the old path again, which is HAProxy's: it is v1 that comes back, by the command of its own day.
	w.edit("shop", next...)
	_, err := w.api.Order(t.Context(), "shop", release.VerbRetire, daemon.Order{Reason: "it is good"})
	require.NoError(t, err)
	w.reach(id, release.OutFinished)
	_, err = w.api.Order(t.Context(), "shop", release.VerbRollback, daemon.Order{Reason: "it is not"})
	require.NoError(t, err)
	back := w.awaitApp("shop", "the cold rollback", func(s daemon.AppStatus) bool { return s.Current != nil && s.Current.Rollback }).Current.ID
	w.reach(back, release.OutSwitched)
	require.Equal(t, "a", w.side("shop"))
	require.NotContains(t, w.environ("shop"), "SHOP_MORE=1")
	for _, path := range []string{"/v1/status", "/v1/apps/shop", "/v1/apps/shop/timeline?limit=1000", "/v1/history/shop", "/v1/releases/" + string(id)} {
		_, body := w.get(path)
		require.NotContains(t, body, plainWord, path)
	}
}

// environ is the environment of what runs in the live slot.
func (w *town) environ(app string) string {
	w.t.Helper()
	status := w.app(app)
	text, err := os.ReadFile(filepath.Join("/proc", fmt.Sprint(status.Slots[status.Live].PID), "environ"))
	require.NoError(w.t, err)
	return string(text)
}

// TestTheBytesThatWereVetted: a version whose directory arrives after its event is known by its bytes all the same.
func TestTheBytesThatWereVetted(t *testing.T) {
	t.Parallel()
	w := newTown(t, plan{})
	w.reach(w.release("shop", "v1", w.folder("v1")), release.OutFinished)
	order := func(verb release.Verb) {
		t.Helper()
		_, err := w.api.Order(t.Context(), "shop", verb, daemon.Order{Reason: "the copy is late"})
		require.NoError(t, err)
	}
	order(release.VerbHold)
	id, raw := w.event(w.data("shop", "v1-next", w.folder("v1")), w.key)
	w.send("shop", id, raw)
	w.reach(id, release.OutAccepted)
	w.install("v1-next", "")
	order(release.VerbResume)
	w.reach(id, release.OutFinished)

	undo := w.replace("v1-next")
	held := w.awaitApp("shop", "the hold", func(s daemon.AppStatus) bool { return s.Hold != nil })
	require.Equal(t, "artifact_changed", held.Hold.Code)
	require.Positive(t, held.Slots[release.B].PID)
	require.NoError(t, syscall.Kill(held.Slots[release.B].PID, syscall.SIGKILL))
	w.awaitApp("shop", "a start that is refused", func(s daemon.AppStatus) bool {
		require.Contains(t, []int{0, held.Slots[release.B].PID}, s.Slots[release.B].PID, "other bytes were started")
		return s.Slots[release.B].Running == release.No && s.Slots[release.B].Tries > 1
	})
	undo()
	order(release.VerbResume)
	w.awaitApp("shop", "the old bytes to run again", func(s daemon.AppStatus) bool { return s.Slots[release.B].Ready == release.Yes })
}

// TestWhatCannotRunTouchesNothing: it is refused with its reason before a migration is applied.
func TestWhatCannotRunTouchesNothing(t *testing.T) {
	t.Parallel()
	w := newTown(t, plan{})
	w.reach(w.release("shop", "v1", w.folder("v1")), release.OutFinished)
	before := w.standing("shop")
	require.NoError(t, os.MkdirAll(w.path("releases/plain/bin"), 0o755))
	w.write("releases/plain/bin/shop", "not to be run")
	for _, c := range []struct {
		code     string
		artifact *events.Artifact
		parts    []string
	}{
		{"artifact_missing", &events.Artifact{Kind: events.KindDir, Ref: "nowhere"}, []string{w.path("releases/nowhere/bin/shop"), "copy"}},
		{"artifact_refused", &events.Artifact{Kind: events.KindDir, Ref: "plain"}, []string{"chmod +x"}},
		{"artifact_changed", &events.Artifact{Kind: events.KindDir, Ref: "v1", Digest: "sha256:" + strings.Repeat("0", 64)}, []string{"sha256:0000"}},
		{"artifact_kind", &events.Artifact{Kind: events.KindOCI, Ref: "registry.example/shop", Digest: "sha256:" + strings.Repeat("0", 64)}, []string{"oci", "dir"}},
		{"artifact_kind", &events.Artifact{Kind: events.KindNone}, []string{"none", "dir", "apps/shop.yaml"}},
	} {
		data := w.data("shop", "v2", w.folder("v2"))
		data.Artifact = c.artifact
		id, raw := w.event(data, w.key)
		w.send("shop", id, raw)
		out := w.reach(id, release.OutRejected)
		require.Equal(t, c.code, out.Code, out.Text)
		for _, part := range c.parts {
			require.Contains(t, out.Text, part)
		}
		w.account(id)
	}
	require.Equal(t, before, w.standing("shop"))
	_, err := os.Stat(w.path("releases/v2"))
	require.ErrorIs(t, err, os.ErrNotExist)
}
