package daemontest

import (
	"context"
	"fmt"
	"maps"
	"strconv"
	"strings"
	"sync"
	"time"

	"teal.dev/teal/release"
)

// Switch is a traffic switch in memory: one app on any number of nodes, and one durable line that a node reads when it
// comes back.
type Switch struct {
	Hook Hook

	mu      sync.Mutex
	nodes   []*fakeNode
	durable release.Route // Rev 0 = nothing was ever decided
	epoch   uint64
	servers map[release.Slot]release.Server
	sends   []release.Route
}

type fakeNode struct {
	name  string
	up    bool
	lives int
	line  string // "" = the map has no line
}

// NewSwitch makes a switch with these nodes; both servers are down.
func NewSwitch(names ...string) *Switch {
	s := &Switch{servers: map[release.Slot]release.Server{
		release.A: {Up: release.No, Status: "DOWN"}, release.B: {Up: release.No, Status: "DOWN"}}}
	for _, name := range names {
		s.nodes = append(s.nodes, &fakeNode{name: name, up: true, lives: 1})
	}
	return s
}

// Server says what the nodes shall report of a slot's server.
func (s *Switch) Server(slot release.Slot, server release.Server) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.servers[slot] = server
}

// Sends lists the routes that were sent, the repeated ones too.
func (s *Switch) Sends() []release.Route {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]release.Route(nil), s.sends...)
}

// Lead refuses every epoch below this one from now on.
func (s *Switch) Lead(epoch uint64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.epoch = max(s.epoch, epoch)
}

// Node disturbs one node.
func (s *Switch) Node(name string) SwitchNode {
	with := func(do func(*fakeNode)) {
		s.mu.Lock()
		defer s.mu.Unlock()
		for _, n := range s.nodes {
			if n.name == name {
				do(n)
			}
		}
	}
	start := func(n *fakeNode) {
		n.up, n.lives, n.line = true, n.lives+1, ""
		if s.durable.Rev > 0 {
			n.line = lineOf(s.durable)
		}
	}
	return SwitchNode{Name: name, Stop: func() { with(func(n *fakeNode) { n.up = false }) }, Start: func() { with(start) },
		Restart: func() { with(start) }, Tamper: func(value string) { with(func(n *fakeNode) { n.line = value }) }}
}

func lineOf(r release.Route) string {
	return fmt.Sprintf("%s:%s:%d:%d", r.Live, r.Candidate, r.Percent, r.Rev)
}

func parseLine(app, line string) (release.Route, bool) {
	part := strings.Split(line, ":")
	if len(part) != 4 {
		return release.Route{}, false
	}
	percent, err1 := strconv.Atoi(part[2])
	rev, err2 := strconv.ParseUint(part[3], 10, 64)
	return release.Route{App: app, Live: release.Slot(part[0]), Candidate: release.Slot(part[1]), Percent: percent, Rev: rev}, err1 == nil && err2 == nil
}

// Observe reports every node.
func (s *Switch) Observe(ctx context.Context, stats []release.Slot) (release.Traffic, error) {
	if err := s.Hook.run(ctx, "observe"); err != nil {
		return release.Traffic{}, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	var t release.Traffic
	for _, n := range s.nodes {
		if !n.up {
			t.Nodes = append(t.Nodes, release.Node{Name: n.name, Problem: "it does not answer"})
			continue
		}
		node := release.Node{Name: n.name, Known: true, At: time.Now().UTC(), Instance: strconv.Itoa(n.lives), Present: n.line != "", Servers: maps.Clone(s.servers)}
		if route, ok := parseLine(s.durable.App, n.line); ok {
			node.Route = route
		} else {
			node.Foreign = n.line
		}
		for _, slot := range stats {
			server := node.Servers[slot]
			server.Counted = true
			node.Servers[slot] = server
		}
		t.Nodes = append(t.Nodes, node)
	}
	return t, nil
}

// Send writes the durable line first, then every node that is up.
func (s *Switch) Send(ctx context.Context, route release.Route) error {
	if err := s.Hook.run(ctx, "send"); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := ctx.Err(); err != nil {
		return err
	}
	if route.Rev < s.durable.Rev || route.Epoch < s.epoch {
		return &release.Fault{Class: release.Unproven, Code: "foreign_rev", Text: fmt.Sprintf("rev %d of epoch %d is there already; look who wrote it", s.durable.Rev, s.epoch)}
	}
	s.durable, s.epoch = route, route.Epoch
	s.sends = append(s.sends, route)
	var silent []string
	for _, n := range s.nodes {
		if n.up {
			n.line = lineOf(route)
		} else {
			silent = append(silent, n.name)
		}
	}
	if len(silent) > 0 {
		return fmt.Errorf("%s did not answer; it is asked again", strings.Join(silent, ", "))
	}
	return nil
}
