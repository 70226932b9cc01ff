package daemontest

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"teal.dev/teal/daemon"
	"teal.dev/teal/release"
)

// SwitchWorld is a switch under test together with the means to disturb what stands behind it. Its nodes are empty:
// nothing is live. Its leader's epoch is at most 1.
type SwitchWorld struct {
	App    string
	Switch daemon.Switch
	Again  func() daemon.Switch // a second switch over the same world, as after a restart of teal
	Lead   func(epoch uint64)   // from now on an earlier epoch is refused
	Nodes  []SwitchNode
}

// SwitchNode disturbs one node.
type SwitchNode struct {
	Name    string
	Stop    func()             // it answers no more
	Start   func()             // it comes back with what was durable
	Restart func()             // both, at once
	Tamper  func(value string) // its line for the app becomes value, behind the switch's back; "" removes it
}

// TestSwitch is what every daemon.Switch must pass. world makes a fresh one for each part.
func TestSwitch(t *testing.T, world func(t *testing.T) SwitchWorld) {
	run := func(name string, test func(t *testing.T, w SwitchWorld)) {
		t.Run(name, func(t *testing.T) { test(t, world(t)) })
	}
	run("at first nothing is live", switchEmpty)
	run("what was sent is seen on every node", switchSends)
	run("an earlier revision is refused", switchRev)
	run("an earlier epoch is refused", switchEpoch)
	run("a changed line is seen and healed", switchHeals)
	run("a restarted node comes back on the decided side", switchDurable)
	run("a silent node is unknown, and gets the route later", switchSilent)
	run("counters only where asked", switchCounters)
	run("ends with its context", switchContext)
}

func switchRoute(w SwitchWorld, live release.Slot, rev uint64) release.Route {
	return release.Route{App: w.App, Live: live, Candidate: live, Rev: rev, Epoch: 1}
}

func observe(t *testing.T, s daemon.Switch, stats ...release.Slot) []release.Node {
	t.Helper()
	seen, err := s.Observe(t.Context(), stats)
	require.NoError(t, err)
	return seen.Nodes
}

// says waits until every node says the route: a node that was disturbed may need a moment to be asked again.
func says(t *testing.T, w SwitchWorld, want release.Route) {
	t.Helper()
	want.Epoch = 0 // not written
	require.Eventually(t, func() bool {
		nodes := observe(t, w.Switch)
		for _, n := range nodes {
			if !n.Known || !n.Present || n.Foreign != "" || n.Route != want {
				return false
			}
		}
		return len(nodes) == len(w.Nodes)
	}, 20*time.Second, 10*time.Millisecond, "want %+v", want)
}

func switchEmpty(t *testing.T, w SwitchWorld) {
	nodes := observe(t, w.Switch)
	require.Len(t, nodes, len(w.Nodes))
	for i, n := range nodes {
		require.Equal(t, w.Nodes[i].Name, n.Name, "nodes come in their order and are never merged")
		require.True(t, n.Known, n.Problem)
		require.False(t, n.Present)
		require.NotEmpty(t, n.Instance)
		require.False(t, n.At.IsZero())
		require.Contains(t, n.Servers, release.A)
		require.Contains(t, n.Servers, release.B)
	}
}

func switchSends(t *testing.T, w SwitchWorld) {
	for rev, live := range []release.Slot{release.A, release.B, release.B, release.A} {
		route := switchRoute(w, live, uint64(rev+1))
		require.NoError(t, w.Switch.Send(t.Context(), route))
		says(t, w, route)
		require.NoError(t, w.Switch.Send(t.Context(), route), "repeating is harmless")
		says(t, w, route)
	}
	w.Switch = w.Again()
	says(t, w, switchRoute(w, release.A, 4))
	require.NoError(t, w.Switch.Send(t.Context(), switchRoute(w, release.B, 5)))
	says(t, w, switchRoute(w, release.B, 5))
}

func switchRev(t *testing.T, w SwitchWorld) {
	require.NoError(t, w.Switch.Send(t.Context(), switchRoute(w, release.A, 8)))
	require.Error(t, w.Switch.Send(t.Context(), switchRoute(w, release.B, 7)))
	says(t, w, switchRoute(w, release.A, 8))
	for _, n := range w.Nodes {
		n.Restart()
	}
	says(t, w, switchRoute(w, release.A, 8)) // the refused one left nothing durable either
}

func switchEpoch(t *testing.T, w SwitchWorld) {
	require.NoError(t, w.Switch.Send(t.Context(), switchRoute(w, release.A, 1)))
	w.Lead(2)
	require.Error(t, w.Switch.Send(t.Context(), switchRoute(w, release.B, 2)))
	says(t, w, switchRoute(w, release.A, 1))
	for _, n := range w.Nodes {
		n.Restart()
	}
	says(t, w, switchRoute(w, release.A, 1))
	route := switchRoute(w, release.B, 2)
	route.Epoch = 2
	require.NoError(t, w.Switch.Send(t.Context(), route))
	says(t, w, route)
}

func switchHeals(t *testing.T, w SwitchWorld) {
	route := switchRoute(w, release.B, 3)
	require.NoError(t, w.Switch.Send(t.Context(), route))
	w.Nodes[0].Tamper("a:a:0:3")
	says(t, w.only(0), switchRoute(w, release.A, 3))
	require.NoError(t, w.Switch.Send(t.Context(), route))
	says(t, w, route)
	w.Nodes[0].Tamper("green")
	require.Eventually(t, func() bool {
		n := observe(t, w.Switch)[0]
		return n.Known && n.Present && n.Foreign == "green"
	}, 20*time.Second, 10*time.Millisecond, "a value that is not ours is shown raw")
	w.Nodes[0].Tamper("")
	require.Eventually(t, func() bool {
		n := observe(t, w.Switch)[0]
		return n.Known && !n.Present
	}, 20*time.Second, 10*time.Millisecond)
	require.NoError(t, w.Switch.Send(t.Context(), route))
	says(t, w, route)
}

// only narrows a world to one of its nodes, for looking.
func (w SwitchWorld) only(i int) SwitchWorld {
	return SwitchWorld{App: w.App, Switch: oneNode{w.Switch, i}, Nodes: w.Nodes[i : i+1]}
}

type oneNode struct {
	daemon.Switch
	i int
}

func (o oneNode) Observe(ctx context.Context, stats []release.Slot) (release.Traffic, error) {
	seen, err := o.Switch.Observe(ctx, stats)
	if err == nil {
		seen.Nodes = seen.Nodes[o.i : o.i+1]
	}
	return seen, err
}

func switchDurable(t *testing.T, w SwitchWorld) {
	require.NoError(t, w.Switch.Send(t.Context(), switchRoute(w, release.A, 1)))
	route := switchRoute(w, release.B, 2)
	require.NoError(t, w.Switch.Send(t.Context(), route))
	before := observe(t, w.Switch)[0].Instance
	for _, n := range w.Nodes {
		n.Restart()
	}
	says(t, w, route)
	require.NotEqual(t, before, observe(t, w.Switch)[0].Instance, "a restart shows, because counters begin again")
	for rev := uint64(3); rev < 6; rev++ { // and the switch still works after it
		route = switchRoute(w, release.Slots()[rev%2], rev)
		require.NoError(t, w.Switch.Send(t.Context(), route))
		says(t, w, route)
	}
}

func switchSilent(t *testing.T, w SwitchWorld) {
	require.NoError(t, w.Switch.Send(t.Context(), switchRoute(w, release.A, 1)))
	says(t, w, switchRoute(w, release.A, 1))
	last := len(w.Nodes) - 1
	w.Nodes[last].Stop()
	route := switchRoute(w, release.B, 2)
	require.Error(t, w.Switch.Send(t.Context(), route), "done only when every node says so")
	require.Eventually(t, func() bool { return !observe(t, w.Switch)[last].Known }, 20*time.Second, 10*time.Millisecond)
	require.NotEmpty(t, observe(t, w.Switch)[last].Problem)
	w.Nodes[last].Start()
	require.Eventually(t, func() bool { return w.Switch.Send(t.Context(), route) == nil }, 20*time.Second, 50*time.Millisecond)
	says(t, w, route)
}

func switchCounters(t *testing.T, w SwitchWorld) {
	for _, n := range observe(t, w.Switch, release.B) {
		require.True(t, n.Servers[release.B].Counted)
	}
	require.Eventually(t, func() bool {
		n := observe(t, w.Switch)[0]
		return !n.Servers[release.A].Counted
	}, 20*time.Second, 10*time.Millisecond)
}

func switchContext(t *testing.T, w SwitchWorld) {
	require.NoError(t, w.Switch.Send(t.Context(), switchRoute(w, release.A, 1)))
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	require.Error(t, w.Switch.Send(ended, switchRoute(w, release.B, 2)))
	require.NoError(t, w.Switch.Send(t.Context(), switchRoute(w, release.B, 2)))
	says(t, w, switchRoute(w, release.B, 2))
}
