package e2e

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"

	"teal.dev/teal/daemon"
	"teal.dev/teal/release"
)

// awaitConfig waits until the daemon has something new to say of its config: problem is a part of it, "" = none.
func (w *town) awaitConfig(what, problem string) daemon.ConfigStatus {
	w.t.Helper()
	var last daemon.ConfigStatus
	w.await(long, what, func() (bool, string) {
		status, err := w.api.Status(w.t.Context())
		if err != nil {
			return false, err.Error()
		}
		last = status.Config
		return strings.Contains(last.Problem, problem) && (problem != "") == (last.Problem != ""), fmt.Sprintf("%+v", last)
	})
	return last
}

// refusedConfig checks that a set is refused: with its place, the same words as config check has, and nothing taken of it.
func (w *town) refusedConfig(what, place string) {
	w.t.Helper()
	before, err := w.api.Status(w.t.Context())
	require.NoError(w.t, err)
	now := w.awaitConfig(what, place)
	require.Equal(w.t, before.Config.Hash, now.Hash, "the old set stays in force")
	require.True(w.t, now.Tried.After(now.Loaded))
	_, metrics := w.get("/metrics")
	require.Contains(w.t, metrics, "teal_config_reload_success 0")
	code, out := w.command(nil, "config", "check", w.daemon.config)
	want := 1
	if strings.Contains(now.Problem, "not YAML") {
		want = 2 // it could not be read
	}
	require.Equal(w.t, want, code)
	require.Contains(w.t, out, strings.TrimSpace(now.Problem), "config check says the same as the daemon")
	status, body := w.post("/v1/reload", nil)
	require.Equal(w.t, 422, status)
	require.Contains(w.t, body, place)
	code, out = w.command(nil, "status")
	require.Equal(w.t, 0, code, out)
	require.Contains(w.t, out, place, "teal status says it too")
}

// TestConfigUnderARelease changes the config directory in every bad and good way while a release waits for a word.
func TestConfigUnderARelease(t *testing.T) {
	t.Parallel()
	w := newTown(t, plan{apps: []string{"shop", "pay"}, settings: map[string]string{"switch": "{approval: operator}"}, prepare: func(w *town) {
		require.NoError(t, os.Symlink("config", w.path("current")))
		w.configAt = w.path("current")
	}})
	first := w.release("shop", "v1", w.folder("v1"))
	w.approve("shop", first, "switch")
	w.reach(first, release.OutFinished)
	id := w.release("shop", "v1-next", w.folder("v1"))
	w.reach(id, release.OutBlueReady)

	pay := w.appFile("pay")
	w.write("config/apps/pay.yaml", "version: 1\nslots: [a, b\n")
	w.refusedConfig("broken YAML", "apps/pay.yaml:")
	w.write("config/apps/pay.yaml", pay+"colour: red\n")
	w.refusedConfig("an unknown key", fmt.Sprintf("apps/pay.yaml:%d", strings.Count(pay, "\n")+1))
	w.shops["shop"].settings["drain"] = "2s"
	w.writeApp("shop")
	w.write("config/apps/pay.yaml", strings.Replace(pay, "drain: 1s", "drain: soon", 1))
	w.refusedConfig("a bad file beside a good one", "drain")
	w.write("config/apps/pay.yaml", pay)
	w.awaitConfig("the good set", "")
	w.write("config/policies/site.yaml", "version: 1\nhazards: {new-values: perhaps}\n")
	w.refusedConfig("a bad policy", "policies/site.yaml:2")
	w.write("config/policies/site.yaml", "version: 1\nhazards: {new-values: approve}\n")
	good := w.awaitConfig("the good set", "")
	_, metrics := w.get("/metrics")
	require.Contains(t, metrics, "teal_config_reload_success 1")

	w.renamed()

	// The whole directory at once, as a deployer does it.
	require.NoError(t, os.CopyFS(w.path("config2"), os.DirFS(w.path("config"))))
	w.write("config2/policies/site.yaml", "version: 1\nhazards: {new-values: deny}\n")
	require.NoError(t, os.Symlink("config2", w.path("current.new")))
	require.NoError(t, os.Rename(w.path("current.new"), w.path("current")))
	w.await(long, "the swapped directory", func() (bool, string) {
		now := w.awaitConfig("no problem", "")
		return now.Hash != good.Hash, now.Hash
	})
	require.Equal(t, release.Checking, w.app("shop").Phase, "the release waits as if nothing had happened")
	w.removed(id)
}

// renamed gives teal another name, which waits for a restart: the audience and the consumer change together or not at all.
func (w *town) renamed() {
	w.t.Helper()
	before, err := os.ReadFile(w.path("config/teal.yaml"))
	require.NoError(w.t, err)
	w.write("config/teal.yaml", strings.Replace(string(before), "name: "+audience, "name: another", 1))
	w.await(long, "the name to wait for a restart", func() (bool, string) {
		now := w.awaitConfig("no problem", "")
		return slices.Equal(now.PendingRestart, []string{"name"}), fmt.Sprint(now.PendingRestart)
	})
	status, err := w.api.Status(w.t.Context())
	require.NoError(w.t, err)
	require.Equal(w.t, audience, status.Name, "the one that it was started with")
	_, out := w.command(nil, "status")
	require.Contains(w.t, out, "teal.yaml has new values that wait for a restart: name")
	_, metrics := w.get("/metrics")
	require.Contains(w.t, metrics, `teal_config_pending_restart{key="name"} 1`)
	w.write("config/teal.yaml", string(before))
	w.await(long, "the old name", func() (bool, string) {
		now := w.awaitConfig("no problem", "")
		return len(now.PendingRestart) == 0, fmt.Sprint(now.PendingRestart)
	})
}

// removed takes the app's file away in mid-release: a hold, and nothing stops.
func (w *town) removed(id release.ID) {
	t := w.t
	require.NoError(t, os.Remove(w.path("config2/apps/shop.yaml")))
	held := w.awaitApp("shop", "the hold", func(s daemon.AppStatus) bool { return s.Hold != nil })
	require.Equal(t, "app_removed", held.Hold.Code)
	require.Contains(t, held.Hold.Why, "apps/shop.yaml")
	require.True(t, held.Removed)
	require.Equal(t, "a", w.side("shop"))
	pid := held.Slots[release.A].PID
	require.NoError(t, syscall.Kill(pid, syscall.SIGKILL))
	w.awaitApp("shop", "the live version to be started again", func(s daemon.AppStatus) bool {
		return s.Slots[release.A].Ready == release.Yes && s.Slots[release.A].PID != pid
	})
	w.write("config2/apps/shop.yaml", w.appFile("shop"))
	w.awaitApp("shop", "the file to be back", func(s daemon.AppStatus) bool { return !s.Removed })
	_, err := w.api.Order(t.Context(), "shop", release.VerbResume, daemon.Order{Reason: "the file is back"})
	require.NoError(t, err)
	w.approve("shop", id, "switch")
	w.await(long, "the end", func() (bool, string) {
		past, _ := w.past(id)
		return past.Release.Terminal == release.OutFinished, w.now(id, past)
	})
	told := kinds(w.account(id))
	require.Subset(t, told, []string{"held:app_removed", "resumed:app_removed", "finished"})
}
