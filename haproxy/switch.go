package haproxy

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"

	"teal.dev/teal/release"
)

// Fence is what the switch needs of the store: the highest map version ever used per node and map, because HAProxy counts
// from 1 again in every worker, and whether an epoch still leads.
//
// To implement one: 1. Raise is on disk when it returns, and never lowers. 2. Holds returns a *release.Fault (or an error
// that wraps one) when a later epoch has been taken, any other error when it cannot tell.
type Fence interface {
	Highest(ctx context.Context, node, mapName string) (uint64, error)
	Raise(ctx context.Context, node, mapName string, v uint64) error
	Holds(ctx context.Context, app string, epoch uint64) error
}

// App is one app as HAProxy knows it.
type App struct {
	Name    string
	MapFile string                  // the path that teal writes; NoFile or "" = none
	MapName string                  // the name by which HAProxy knows the map
	Slots   map[release.Slot]string // address of each slot; compared by Doctor, never written to HAProxy
	Health  string                  // path of the health check that Config prints; "" = /healthz
}

// Switch moves the traffic of one app on all of its nodes.
type Switch struct {
	app   App
	nodes []*Node
	fence Fence
	log   *slog.Logger
	turn  chan struct{} // one Send at a time: the map file has no version of its own

	mu   sync.Mutex
	good map[string]release.Node // the last complete reading per node
}

// NewSwitch makes the switch of an app.
func NewSwitch(app App, nodes []*Node, fence Fence, log *slog.Logger) *Switch {
	return &Switch{app: app, nodes: nodes, fence: fence, log: log.With("app", app.Name),
		turn: make(chan struct{}, 1), good: map[string]release.Node{}}
}

// Partial is the error of a Send that some nodes took and others did not: the traffic of this app is split until a later
// Send succeeds.
type Partial struct {
	Done   []string         // nodes that say the route
	Failed map[string]error // by node
}

// Error names both sides.
func (p *Partial) Error() string {
	var failed []string
	for node, err := range p.Failed {
		failed = append(failed, node+": "+err.Error())
	}
	slices.Sort(failed)
	return fmt.Sprintf("the route is on %s and not on %d of %d nodes (%s); teal repeats it",
		strings.Join(p.Done, ", "), len(p.Failed), len(p.Done)+len(p.Failed), strings.Join(failed, "; "))
}

// Unwrap returns the errors of the nodes.
func (p *Partial) Unwrap() []error {
	var out []error
	for _, err := range p.Failed {
		out = append(out, err)
	}
	return out
}

// Send writes the route to the map file, then to every node: all prepared, then all committed, then read back. It
// returns nil only when every node, and every old worker that can be reached, says the route.
func (s *Switch) Send(ctx context.Context, route release.Route) error {
	if err := s.check(route); err != nil {
		return err
	}
	select {
	case s.turn <- struct{}{}:
		defer func() { <-s.turn }()
	case <-ctx.Done():
		return ctx.Err()
	}
	if err := s.lead(ctx, route); err != nil {
		return err
	}
	defer s.invalidate()
	errs := s.each(func(_ int, n *Node) error { return n.preflight(ctx, s.app, route) })
	if err := definite(errs); err != nil {
		// A later revision is there, or a back-end is missing: nothing is written, not even the file. But an empty file that
		// no node uses yet gets its line, so that the reload which adopts the section comes up on the decided side.
		if everywhere(errs, "map_unknown") && emptyFile(s.app.MapFile) {
			err = errors.Join(err, replaceFile(s.app.MapFile, mapLine(route)))
		}
		return err
	}
	// The file comes first, also when a node is silent: whatever restarts from now on comes up on the decided side.
	if !noFile(s.app.MapFile) {
		if err := replaceFile(s.app.MapFile, mapLine(route)); err != nil {
			return err
		}
	}
	if err := s.allowed(errs); err != nil {
		return err
	}
	staged := make([]stage, len(s.nodes))
	prepared := s.each(func(i int, n *Node) (err error) {
		if errs[i] != nil {
			return errs[i]
		}
		staged[i], err = n.prepare(ctx, s.app.MapName, s.fence, route)
		return err
	})
	if err := s.allowed(prepared); err != nil {
		return err // nothing has been shown to anybody
	}
	if err := s.lead(ctx, route); err != nil {
		return err
	}
	errs = s.each(func(i int, n *Node) error {
		if prepared[i] != nil {
			return prepared[i]
		}
		return s.publish(ctx, n, staged[i], route)
	})
	return s.outcome(errs)
}

// check refuses what must not reach a socket or a file.
func (s *Switch) check(route release.Route) error {
	refuse := func(code, text string) error {
		return &release.Fault{Class: release.Permanent, Code: code, Text: text}
	}
	if err := errors.Join(checkName(s.app.Name), checkName(s.app.MapName)); err != nil {
		return err
	}
	switch {
	case len(s.nodes) == 0:
		return refuse("no_nodes", fmt.Sprintf("app %s has no HAProxy node; name one in traffic.nodes", s.app.Name))
	case route.App != s.app.Name:
		return refuse("bad_route", fmt.Sprintf("a route of app %q was given to the switch of %q; this is a fault of teal, please report it", route.App, s.app.Name))
	case route.Percent != 0:
		return refuse("percent_unsupported", "teal does not split traffic by percent yet; use 0")
	case route.Live == release.None && route.Candidate == release.None:
		return nil
	case !physical(route.Live) || !physical(route.Candidate):
		return refuse("bad_route", fmt.Sprintf("%q is not a route: live and candidate are a or b; this is a fault of teal, please report it", Value(route)))
	}
	return nil
}

// lead asks whether this daemon still speaks for the app.
func (s *Switch) lead(ctx context.Context, route release.Route) error {
	if err := s.fence.Holds(ctx, route.App, route.Epoch); err != nil {
		return fmt.Errorf("epoch %d of %s: %w", route.Epoch, route.App, err)
	}
	return nil
}

// each runs one step on all nodes at once and returns their errors in the order of the nodes.
func (s *Switch) each(step func(int, *Node) error) []error {
	errs := make([]error, len(s.nodes))
	var wg sync.WaitGroup
	for i, n := range s.nodes {
		wg.Go(func() { errs[i] = step(i, n) })
	}
	wg.Wait()
	return errs
}

// definite returns the first error that is a verdict and not ignorance.
func definite(errs []error) error {
	for _, err := range errs {
		if fault := (*release.Fault)(nil); errors.As(err, &fault) {
			return err
		}
	}
	return nil
}

// everywhere tells whether all nodes refused with the same code.
func everywhere(errs []error, code string) bool {
	for _, err := range errs {
		if fault := (*release.Fault)(nil); !errors.As(err, &fault) || fault.Code != code {
			return false
		}
	}
	return true
}

// allowed says whether a switch may go on with these results. A node where nobody listens serves nobody and comes back
// from its file, so that a majority of the others goes on without it; any other failure stops all before anything is shown.
func (s *Switch) allowed(errs []error) error {
	absent := 0
	for _, err := range errs {
		if unreachable := (*Unreachable)(nil); errors.As(err, &unreachable) {
			absent++
		} else if err != nil {
			return s.outcome(errs)
		}
	}
	if 2*absent >= len(errs) && absent > 0 {
		return s.outcome(errs)
	}
	return nil
}

// outcome makes one error of the nodes' errors.
func (s *Switch) outcome(errs []error) error {
	p := &Partial{Failed: map[string]error{}}
	for i, err := range errs {
		if err != nil {
			p.Failed[s.nodes[i].cfg.Name] = err
		} else {
			p.Done = append(p.Done, s.nodes[i].cfg.Name)
		}
	}
	if len(p.Failed) == 0 {
		return nil
	}
	if err := definite(errs); err != nil && len(p.Done) == 0 {
		return err
	}
	if len(s.nodes) == 1 || len(p.Done) == 0 {
		return errors.Join(errs...)
	}
	return p
}

func (s *Switch) invalidate() {
	for _, n := range s.nodes {
		n.changed()
	}
}
