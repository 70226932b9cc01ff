package e2e

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"teal.dev/teal/haproxy"
	"teal.dev/teal/haproxy/haproxytest"
	"teal.dev/teal/release"
)

// fake puts an app on an HAProxy in memory that misbehaves on demand.
func (w *town) fake(app string) *haproxytest.Fake {
	w.t.Helper()
	s := w.shops[app]
	f := haproxytest.New(w.mapFile(app), w.mapFile(app), haproxy.Backend(app, release.A), haproxy.Backend(app, release.B))
	listener, err := f.Listen(w.path(app + ".sock"))
	require.NoError(w.t, err)
	w.t.Cleanup(func() {
		f.Well()
		f.Release()
		_ = listener.Close()
	})
	s.node = "fake-" + app
	w.nodes[s.node] = fmt.Sprintf("{socket: %s}", w.path(app+".sock"))
	return f
}

func commits(f *haproxytest.Fake) int {
	n := 0
	for _, line := range f.Commands() {
		if strings.Contains(line, "commit map") {
			n++
		}
	}
	return n
}

// TestHAProxyLies: whatever HAProxy answers, a switch is told only when the map that it shows has the new line; and when it
// is well again, both are the same.
func TestHAProxyLies(t *testing.T) {
	t.Parallel()
	var f *haproxytest.Fake
	w := newTown(t, plan{prepare: func(w *town) { f = w.fake("shop") },
		settings: map[string]string{"bake": "{for: 300ms, max_errors: 1%, few_requests: pass}", "warm": "{for: 300ms, auto_rollback: true}"}})
	w.reach(w.release("shop", "v1", w.folder("v1")), release.OutFinished)
	require.Equal(t, "a:a:0:1", f.Lookup("shop"))
	for n, fault := range []struct {
		kind  haproxytest.Kind
		match string
		times int // 1<<30: as long as we look
	}{
		{haproxytest.Lie, "commit map", 1 << 30}, {haproxytest.Close, "commit map", 1 << 30}, {haproxytest.Stall, "commit map", 1},
		{haproxytest.Dead, "commit map", 1}, {haproxytest.Truncate, "show map", 3}, {haproxytest.Late, "commit map", 1},
		{haproxytest.Reload, "commit map", 1}, {haproxytest.Restart, "prepare map", 1},
	} {
		name := fmt.Sprintf("%s of %s", fault.kind, fault.match)
		live, other := release.Slots()[n%2], release.Slots()[(n+1)%2]
		before := f.Lookup("shop")
		f.Plan(fault.kind, fault.match, fault.times)
		served := f.Served()
		id := w.release("shop", fmt.Sprintf("v1-%d", n), nil)
		if fault.times > 3 {
			w.awaitPhase("shop", id, release.Switching)
			w.await(long, "teal to have tried again after a "+name, func() (bool, string) {
				tries := 0
				for _, e := range w.lines("shop") {
					if e.Action.Kind == release.Send && e.Action.Slot == other && e.Took > 0 {
						tries++
					}
				}
				return tries >= 2 && f.Served() > served, fmt.Sprint(tries, " tries")
			})
			past, ok := w.past(id)
			require.True(t, ok)
			require.NotContains(t, kinds(past.Outcomes), release.OutSwitched, name)
			require.Equal(t, before, f.Lookup("shop"), name)
			require.Equal(t, release.Switching, w.app("shop").Phase)
			f.Well()
		}
		w.reach(id, release.OutSwitched)
		require.Equal(t, other, w.app("shop").Live, name)
		require.True(t, strings.HasPrefix(f.Lookup("shop"), fmt.Sprintf("%s:%s:0:", other, other)), "%s: told as switched from %s, and HAProxy says %q", name, live, f.Lookup("shop"))
		f.Release()
		w.reach(id, release.OutFinished)
		w.account(id)
		require.Equal(t, fmt.Sprintf("%s:%s:0:%d", other, other, w.app("shop").Rev), f.Lookup("shop"), name)
		f.Well()
	}
	require.Greater(t, commits(f), 8)
}

// TestTheOtherAppGoesOn: pay has a database that nobody answers for, and then an HAProxy that answers nothing. shop does
// not notice (I11).
func TestTheOtherAppGoesOn(t *testing.T) {
	t.Parallel()
	var f *haproxytest.Fake
	w := newTown(t, plan{apps: []string{"shop", "pay"}, prepare: func(w *town) {
		f = w.fake("pay")
		w.write("pay.dsn", fmt.Sprintf("postgres://postgres:%s@127.0.0.1:%d/nowhere?sslmode=disable", canary, w.lab.FreePort()))
	}})
	stuck := w.release("pay", "v1", w.folder("v1"))
	w.waitsForDatabase(stuck)
	w.reach(w.release("shop", "v1", w.folder("v1")), release.OutFinished)
	require.Empty(t, f.Lookup("pay"))

	f.Plan(haproxytest.Stall, "", 1<<30)
	w.write("pay.dsn", w.dsn("pay", w.shops["pay"].database)) // the secret is read at every use
	w.awaitPhase("pay", stuck, release.Checking)
	next := w.release("shop", "v1-next", w.folder("v1"))
	w.reach(next, release.OutFinished)
	w.account(next)
	past, ok := w.past(stuck)
	require.True(t, ok)
	require.NotContains(t, kinds(past.Outcomes), release.OutSwitched)
	require.NotEmpty(t, w.app("pay").Traffic[0].Problem)
	f.Well()
	f.Release()
	w.reach(stuck, release.OutFinished)
	w.account(stuck)
	require.Equal(t, "a:a:0:1", f.Lookup("pay"))
}
