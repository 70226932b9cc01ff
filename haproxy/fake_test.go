package haproxy

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"teal.dev/teal/daemon"
	"teal.dev/teal/daemon/daemontest"
	"teal.dev/teal/haproxy/haproxytest"
	"teal.dev/teal/release"
)

const mapName = "/maps/shop.map"

// bed is a switch over fakes.
type bed struct {
	fakes []*haproxytest.Fake
	nodes []*Node
	fence *haproxytest.Fence
	file  string
	app   App
	*Switch
}

func quiet() *slog.Logger { return slog.New(slog.DiscardHandler) }

func newBed(t *testing.T, nodes int) *bed {
	t.Helper()
	b := &bed{fence: haproxytest.NewFence(), file: filepath.Join(t.TempDir(), "shop.map")}
	require.NoError(t, EnsureMapFile(b.file))
	for i := range nodes {
		f := haproxytest.New(mapName, b.file, "shop_a", "shop_b")
		n := NewNode(NodeConfig{Name: fmt.Sprintf("lb%d", i+1), Dial: f.Dial, DialMaster: f.DialMaster, Timeout: 150 * time.Millisecond})
		t.Cleanup(n.Close)
		t.Cleanup(f.Release)
		b.fakes, b.nodes = append(b.fakes, f), append(b.nodes, n)
	}
	b.app = App{Name: "shop", MapFile: b.file, MapName: mapName}
	b.Switch = NewSwitch(b.app, b.nodes, b.fence, quiet())
	return b
}

func route(live release.Slot, rev uint64) release.Route {
	return release.Route{App: "shop", Live: live, Candidate: live, Rev: rev, Epoch: 1}
}

func (b *bed) content(t *testing.T) string {
	t.Helper()
	raw, err := os.ReadFile(b.file)
	require.NoError(t, err)
	return string(raw)
}

func TestFakePassesSuite(t *testing.T) {
	for _, nodes := range []int{1, 3} {
		t.Run(fmt.Sprint(nodes), func(t *testing.T) {
			daemontest.TestSwitch(t, func(t *testing.T) daemontest.SwitchWorld {
				b := newBed(t, nodes)
				w := daemontest.SwitchWorld{App: "shop", Switch: b.Switch, Lead: b.fence.Lead, Again: func() daemon.Switch {
					return NewSwitch(b.app, b.nodes, b.fence, quiet())
				}}
				for i, f := range b.fakes {
					w.Nodes = append(w.Nodes, daemontest.SwitchNode{Name: b.nodes[i].Name(), Stop: f.Stop, Start: f.Restart,
						Restart: f.Restart, Tamper: func(v string) { f.Tamper("shop", v) }})
				}
				return w
			})
		})
	}
}

// Test 1 of the reference: whatever the socket does, a nil means that the traffic is where it was sent, and what is not
// there is never called done.
func TestFaultsNeverSwitched(t *testing.T) {
	kinds := []haproxytest.Kind{haproxytest.Close, haproxytest.Dead, haproxytest.Truncate, haproxytest.Stall, haproxytest.Late,
		haproxytest.Reset, haproxytest.Lie, haproxytest.Reload, haproxytest.Restart}
	for _, kind := range kinds {
		for _, at := range []string{"prepare map", "add map", "commit map", "show map " + mapName + "; show info", "show map"} {
			for _, times := range []int{1, 3, 1000} {
				t.Run(fmt.Sprintf("%s/%s/%d", kind, at, times), func(t *testing.T) {
					t.Parallel()
					b := newBed(t, 1)
					require.NoError(t, b.Send(t.Context(), route(release.A, 1)))
					b.fakes[0].Plan(kind, at, times)
					ctx, cancel := context.WithTimeout(t.Context(), time.Second)
					defer cancel()
					err := b.Send(ctx, route(release.B, 2))
					if err == nil {
						require.Equal(t, "b:b:0:2", b.fakes[0].Lookup("shop"), "nil means done")
					}
					b.fakes[0].Well()
					// Now the operator rolls back, then everything that was outstanding happens.
					require.NoError(t, b.Send(t.Context(), route(release.A, 3)))
					require.Equal(t, "a:a:0:3", b.fakes[0].Lookup("shop"))
					b.fakes[0].Release()
					require.Eventually(t, func() bool { return b.nodes[0].Outstanding() == 0 }, 5*time.Second, time.Millisecond)
					require.Equal(t, "a:a:0:3", b.fakes[0].Lookup("shop"), "no late flip")
					require.Equal(t, "shop a:a:0:3\n", b.content(t))
				})
			}
		}
	}
}

func TestUnknownIsReportedAndDrained(t *testing.T) {
	b := newBed(t, 1)
	require.NoError(t, b.Send(t.Context(), route(release.A, 1)))
	b.fakes[0].Plan(haproxytest.Stall, "commit map", 1000)
	err := b.Send(t.Context(), route(release.B, 2))
	var unknown *Unknown
	require.ErrorAs(t, err, &unknown)
	require.Contains(t, unknown.Command, "commit map")
	require.Positive(t, b.nodes[0].Outstanding())
	seen, err := b.Observe(t.Context(), nil)
	require.NoError(t, err)
	require.Contains(t, seen.Nodes[0].Problem, "outstanding")
	b.fakes[0].Well()
	b.fakes[0].Release()
	require.Eventually(t, func() bool { return b.nodes[0].Outstanding() == 0 }, 5*time.Second, time.Millisecond)
}

func TestEpochBetweenPrepareAndCommit(t *testing.T) {
	b := newBed(t, 2)
	require.NoError(t, b.Send(t.Context(), route(release.A, 1)))
	asked := 0
	b.fence.OnHolds(func() {
		if asked++; asked == 2 {
			b.fence.Lead(2) // another daemon takes over when all is prepared
		}
	})
	err := b.Send(t.Context(), route(release.B, 2))
	var fault *release.Fault
	require.ErrorAs(t, err, &fault)
	require.Equal(t, "stale_epoch", fault.Code)
	for _, f := range b.fakes {
		require.Equal(t, "a:a:0:1", f.Lookup("shop"))
		require.NotContains(t, f.Commands()[len(f.Commands())-3:], "commit map @2 "+mapName)
	}
}

func TestVersionsAreLiftedAfterAWorkerChange(t *testing.T) {
	b := newBed(t, 1)
	for rev := range uint64(250) {
		require.NoError(t, b.Send(t.Context(), route(release.Slots()[rev%2], rev+1)))
	}
	highest, err := b.fence.Highest(t.Context(), "lb1", mapName)
	require.NoError(t, err)
	require.EqualValues(t, 250, highest)
	b.fakes[0].Restart()
	require.NoError(t, b.Send(t.Context(), route(release.A, 251)))
	highest, err = b.fence.Highest(t.Context(), "lb1", mapName)
	require.NoError(t, err)
	require.EqualValues(t, 251, highest)
	for _, leftover := range []int{1, 17, 250, 251} { // what an earlier process may still be sending
		a, err := b.nodes[0].ask(t.Context(), b.nodes[0].runtime(), true, fmt.Sprintf("commit map @%d %s", leftover, mapName))
		require.NoError(t, err)
		require.Contains(t, a.text[0], "out of range")
	}
	require.Equal(t, "a:a:0:251", b.fakes[0].Lookup("shop"))
}

func TestOldWorkersFollow(t *testing.T) {
	b := newBed(t, 1)
	require.NoError(t, b.Send(t.Context(), route(release.A, 1)))
	b.fakes[0].Reload()
	b.fakes[0].Reload()
	require.NoError(t, b.Send(t.Context(), route(release.B, 2)))
	for i := range 2 {
		require.Equal(t, "b:b:0:2", b.fakes[0].OldLookup(i, "shop"))
	}
	seen, err := b.Observe(t.Context(), nil)
	require.NoError(t, err)
	require.Equal(t, 2, seen.Nodes[0].OldWorkers)
	require.Empty(t, seen.Nodes[0].Problem)
}

func TestPartial(t *testing.T) {
	b := newBed(t, 3)
	require.NoError(t, b.Send(t.Context(), route(release.A, 1)))
	b.fakes[2].Plan(haproxytest.Stall, "prepare map", 1000)
	require.Error(t, b.Send(t.Context(), route(release.B, 2)))
	for _, f := range b.fakes {
		require.Equal(t, "a:a:0:1", f.Lookup("shop"), "a silent node stops the switch before anything is shown")
	}
	b.fakes[2].Well()
	b.fakes[2].Plan(haproxytest.Stall, "commit map", 1000)
	err := b.Send(t.Context(), route(release.B, 3))
	var partial *Partial
	require.ErrorAs(t, err, &partial)
	require.Equal(t, []string{"lb1", "lb2"}, partial.Done)
	require.Contains(t, partial.Failed, "lb3")
	require.Contains(t, err.Error(), "lb3")
	b.fakes[2].Well()
	b.fakes[1].Stop() // nobody listens there: it serves nobody, and the majority goes on
	require.ErrorAs(t, b.Send(t.Context(), route(release.A, 4)), &partial)
	require.Equal(t, []string{"lb1", "lb3"}, partial.Done)
	require.Equal(t, "a:a:0:4", b.fakes[2].Lookup("shop"))
	b.fakes[1].Restart()
	require.Equal(t, "a:a:0:4", b.fakes[1].Lookup("shop"), "it comes back from the file")
}

// Test 6 of the reference: nothing of this reaches a socket or a file.
func TestBadWordsAreRefused(t *testing.T) {
	for _, name := range []string{"", "shop;set map x y z", "sh op", "shop\n", "a\x00b", "@3", "-1", "#0", "sh\"op", "größe", `sh\op`, "shop\r"} {
		b := newBed(t, 1)
		for _, app := range []App{{Name: name, MapName: mapName, MapFile: b.file}, {Name: "shop", MapName: name, MapFile: b.file}} {
			s := NewSwitch(app, b.nodes, b.fence, quiet())
			r := route(release.B, 2)
			r.App = app.Name
			var fault *release.Fault
			require.ErrorAs(t, s.Send(t.Context(), r), &fault)
			require.Equal(t, "bad_name", fault.Code)
			_, err := s.Observe(t.Context(), nil)
			require.Error(t, err)
		}
		require.Zero(t, b.fakes[0].Served())
		require.Empty(t, b.content(t))
	}
	b := newBed(t, 1)
	for code, r := range map[string]release.Route{
		"percent_unsupported": {App: "shop", Live: "a", Candidate: "b", Percent: 10, Rev: 1},
		"bad_route":           {App: "shop", Live: "green", Candidate: "green", Rev: 1},
	} {
		var fault *release.Fault
		require.ErrorAs(t, b.Send(t.Context(), r), &fault)
		require.Equal(t, code, fault.Code)
	}
	require.Error(t, b.Send(t.Context(), release.Route{App: "pay", Live: "a", Candidate: "a"}))
	require.Zero(t, b.fakes[0].Served())
}

func TestVerdicts(t *testing.T) {
	var fault *release.Fault
	b := newBed(t, 1)
	b.fakes[0].Remove("shop_b")
	require.ErrorAs(t, b.Send(t.Context(), route(release.B, 1)), &fault)
	require.Equal(t, "backend_missing", fault.Code)
	require.Empty(t, b.content(t), "nothing is written")
	seen, err := b.Observe(t.Context(), nil)
	require.NoError(t, err)
	require.True(t, seen.Nodes[0].Known)
	require.Contains(t, seen.Nodes[0].Problem, "shop_b")
	require.Equal(t, release.Unknown, seen.Nodes[0].Servers[release.B].Up)

	b = newBed(t, 1)
	b.fakes[0].Rename("/maps/other.map")
	require.ErrorAs(t, b.Send(t.Context(), route(release.A, 1)), &fault)
	require.Equal(t, "map_unknown", fault.Code)
	seen, err = b.Observe(t.Context(), nil)
	require.NoError(t, err)
	require.False(t, seen.Nodes[0].Known)
	require.Contains(t, seen.Nodes[0].Problem, "Unknown map")

	b = newBed(t, 1)
	b.fakes[0].Tamper("shop", "a:a:0:9")
	require.ErrorAs(t, b.Send(t.Context(), route(release.A, 8)), &fault)
	require.Equal(t, "stale_rev", fault.Code)

	b = newBed(t, 1) // more keys than ours, and ours twice
	b.fakes[0].Tamper("pay", "b")
	require.NoError(t, b.Send(t.Context(), route(release.A, 1)))
	require.Empty(t, b.fakes[0].Lookup("pay"))

	require.NoError(t, b.Send(t.Context(), release.Route{App: "shop", Rev: 2, Epoch: 1}), "nothing is live")
	require.Empty(t, b.fakes[0].Lookup("shop"))
	require.Empty(t, b.content(t))
}

func TestServerReadings(t *testing.T) {
	b := newBed(t, 1)
	for status, up := range map[string]release.Tri{"UP": release.Yes, "UP 1/2": release.No, "no check": release.No, "DRAIN": release.No,
		"MAINT": release.No, "DOWN": release.No, "NOLB": release.No, "MAINT (via x/y)": release.No} {
		b.fakes[0].Set("shop_a", haproxytest.Backend{Status: status, Sessions: 3, Responses: 90, Failures: 4, Unconnected: 2, Own: 6})
		seen, err := b.Observe(t.Context(), []release.Slot{release.A})
		require.NoError(t, err)
		require.Equal(t, release.Server{Up: up, Status: status, Check: "L7OK", Requests: 100, Errors: 10, Sessions: 3, Counted: true}, seen.Nodes[0].Servers[release.A])
		require.False(t, seen.Nodes[0].Servers[release.B].Counted)
	}
}

// Ten idle apps on one node make one connection per turn, not ten.
func TestObserversShareAPoll(t *testing.T) {
	file := filepath.Join(t.TempDir(), "x.map")
	f := haproxytest.New(mapName, file, "shop_a", "shop_b")
	n := NewNode(NodeConfig{Name: "lb1", Dial: f.Dial})
	defer n.Close()
	var apps []*Switch
	for i := range 10 {
		apps = append(apps, NewSwitch(App{Name: fmt.Sprintf("app%d", i), MapName: mapName, MapFile: NoFile}, []*Node{n}, haproxytest.NewFence(), quiet()))
	}
	turn := func() {
		for _, s := range apps {
			_, err := s.Observe(t.Context(), nil)
			require.NoError(t, err)
		}
	}
	turn() // each is new once
	before := f.Served()
	for range 5 {
		n.mu.Lock() // their last turn was a second ago
		for _, sub := range n.subs {
			sub.looked = sub.looked.Add(-time.Second)
		}
		n.mu.Unlock()
		turn()
	}
	require.Equal(t, 5, f.Served()-before)
}

func TestUnreachableBacksOff(t *testing.T) {
	b := newBed(t, 1)
	b.fakes[0].Stop()
	for range 200 {
		seen, err := b.Observe(t.Context(), nil)
		require.NoError(t, err)
		require.False(t, seen.Nodes[0].Known)
	}
	b.nodes[0].mu.Lock()
	polls := b.nodes[0].number
	b.nodes[0].mu.Unlock()
	require.Less(t, polls, uint64(20))
	var unreachable *Unreachable
	require.True(t, errors.As(b.Send(t.Context(), route(release.A, 1)), &unreachable))
	require.Equal(t, "shop a:a:0:1\n", b.content(t), "the file is written: HAProxy comes up on the decided side")
}
