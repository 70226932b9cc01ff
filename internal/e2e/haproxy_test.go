package e2e

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"teal.dev/teal/daemon"
	"teal.dev/teal/release"
)

// side asks the app through HAProxy who answers.
func (w *town) side(app string) string {
	c := http.Client{Timeout: 5 * time.Second, Transport: &http.Transport{DisableKeepAlives: true}}
	response, err := c.Get(fmt.Sprintf("http://127.0.0.1:%d/", w.shops[app].front))
	if err != nil {
		return err.Error()
	}
	defer func() { _ = response.Body.Close() }()
	var body [512]byte
	n, _ := response.Body.Read(body[:])
	for _, slot := range []string{"a", "b"} {
		if response.StatusCode == http.StatusOK && strings.Contains(string(body[:n]), `"slot":"`+slot+`"`) {
			return slot
		}
	}
	return fmt.Sprintf("status %d: %s", response.StatusCode, body[:n])
}

// watchSides asks until the function returned is called, which gives every side that has answered.
func (w *town) watchSides(app string) func() map[string]int {
	stop, sides := make(chan struct{}), make(chan map[string]int)
	go func() {
		seen := map[string]int{}
		for {
			select {
			case <-stop:
				sides <- seen
				return
			default:
				seen[w.side(app)]++
			}
		}
	}()
	return func() map[string]int {
		close(stop)
		return <-sides
	}
}

// TestHAProxyDies kills HAProxy, and reloads it, in the checks, in the bake and while green is warm. It always comes back on
// the side that is live, and the bake goes on with figures that make sense.
func TestHAProxyDies(t *testing.T) {
	t.Parallel()
	w := newTown(t, plan{settings: map[string]string{
		"health": "{path: /healthz, every: 50ms, timeout: 1s, passes: 3, stable: 1s, deadline: 20s}",
		"bake":   "{for: 3s, max_errors: 50%, few_requests: pass}", "warm": "{for: 4s, auto_rollback: true}",
	}})
	w.reach(w.release("shop", "v1", w.folder("v1")), release.OutFinished)
	reload := func() { require.NoError(t, w.proxy.Reload(t.Context())) }
	crash := func() {
		require.NoError(t, w.proxy.Kill())
		require.NoError(t, w.proxy.Start(t.Context()))
	}
	for n, fault := range []func(){crash, reload} {
		id := w.release("shop", fmt.Sprintf("v1-%d", n), w.folder("v1"))
		green, blue := string(release.Slots()[n%2]), string(release.Slots()[(n+1)%2])
		for _, at := range []struct {
			phase release.Phase
			live  string
		}{{release.Checking, green}, {release.Baking, blue}, {release.Warm, blue}} {
			w.awaitPhase("shop", id, at.phase)
			if at.phase == release.Baking { // counters to lose
				answers := w.watchSides("shop")
				w.awaitApp("shop", "blue to be counted", func(s daemon.AppStatus) bool { return s.Current != nil && s.Current.Tally.Requests >= 20 })
				answers()
			}
			fault()
			sides := w.watchSides("shop")
			w.await(long, "an answer from the live side", func() (bool, string) { s := w.side("shop"); return s == at.live, s })
			seen := sides()
			if at.phase != release.Checking { // there blue may be switched to at any moment
				require.NotContains(t, seen, green, "in %s only %s may answer: %v", at.phase, at.live, seen)
			}
		}
		w.reach(id, release.OutFinished)
		for _, o := range w.account(id) {
			if o.Type == release.OutBaking && o.Code == "passed" {
				requests, errors := o.Facts["requests"].(float64), o.Facts["errors"].(float64)
				require.GreaterOrEqual(t, requests, 20.0)
				require.Less(t, requests, 1e6, "counters that restarted are not a negative number")
				require.LessOrEqual(t, errors, requests)
			}
		}
		require.Equal(t, uint64(n+2), w.app("shop").Rev, "no second switch")
		require.Equal(t, blue+":"+blue+":0:"+fmt.Sprint(n+2), w.mapLine("shop"))
	}
}

// awaitPhase waits until a release is in a phase, and fails when it is over.
func (w *town) awaitPhase(app string, id release.ID, phase release.Phase) {
	w.t.Helper()
	w.awaitApp(app, "the phase "+string(phase), func(status daemon.AppStatus) bool {
		for _, r := range []*release.Release{status.Current, status.Last} {
			if r != nil && r.ID == id && r.Phase == phase {
				return true
			}
		}
		past, ok := w.past(id)
		require.False(w.t, ok && past.Release.Terminal != "", "it ended: %v", kinds(past.Outcomes))
		return false
	})
}
