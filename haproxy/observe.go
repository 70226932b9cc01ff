package haproxy

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"teal.dev/teal/release"
)

// Observe asks every node what its map says for the app and how its servers are; the counters only of the slots in stats.
// A node that did not answer completely is Known=false with its last complete reading; only ctx makes an error.
func (s *Switch) Observe(ctx context.Context, stats []release.Slot) (release.Traffic, error) {
	if err := errors.Join(checkName(s.app.Name), checkName(s.app.MapName)); err != nil {
		return release.Traffic{}, err
	}
	q := query{app: s.app.Name, mapName: s.app.MapName}
	for i, slot := range release.Slots() {
		q.counted[i] = slices.Contains(stats, slot)
	}
	out := release.Traffic{Nodes: make([]release.Node, len(s.nodes))}
	errs := s.each(func(i int, n *Node) error {
		snap, err := n.look(ctx, q)
		if err != nil {
			return err
		}
		out.Nodes[i] = s.node(n, snap)
		return nil
	})
	return out, errors.Join(errs...)
}

// node makes the app's reading of one node.
func (s *Switch) node(n *Node, snap *snapshot) release.Node {
	r, ok := snap.apps[s.app.Name]
	err := snap.err
	if err == nil && ok {
		err = errors.Join(r.mapErr, r.readErr)
	}
	if err == nil && !ok {
		err = errIncomplete
	}
	if err != nil {
		return s.lost(n, err)
	}
	out := release.Node{Name: n.cfg.Name, Known: true, At: snap.at, Instance: snap.info.Instance(),
		Servers: map[release.Slot]release.Server{}, OldWorkers: snap.old}
	problems := r.oldLines
	value, lines := find(r.dump, s.app.Name)
	if out.Present = lines > 0; out.Present {
		if out.Route, ok = ParseValue(s.app.Name, value); !ok {
			out.Route, out.Foreign = release.Route{App: s.app.Name}, value
		}
	}
	if lines > 1 || len(r.dump) > lines {
		problems = append(problems, fmt.Sprintf("the map has %d lines, %d of them for this app; the next switch removes the others", len(r.dump), lines))
	}
	for i, slot := range release.Slots() {
		seen, ok := server(r.rows[i], snap.asked[s.app.Name].counted[i])
		if !ok {
			problems = append(problems, fmt.Sprintf("back-end %s is missing or has no server", Backend(s.app.Name, slot)))
			continue
		}
		out.Servers[slot] = seen
	}
	if snap.oldErr != "" {
		problems = append(problems, snap.oldErr)
	}
	if count := n.Outstanding(); count > 0 {
		problems = append(problems, outstanding(count))
	}
	out.Problem = strings.Join(problems, "; ")
	s.mu.Lock()
	defer s.mu.Unlock()
	s.good[n.cfg.Name] = out
	return out
}

// lost is the last complete reading of a node, marked as no longer known.
func (s *Switch) lost(n *Node, err error) release.Node {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := s.good[n.cfg.Name]
	out.Name, out.Known, out.Problem = n.cfg.Name, false, err.Error()
	if count := n.Outstanding(); count > 0 {
		out.Problem += "; " + outstanding(count)
	}
	return out
}

func outstanding(count int) string {
	if count == 1 {
		return "one command outstanding: sent, not answered, and perhaps done late"
	}
	return fmt.Sprintf("%d commands outstanding: sent, not answered, and perhaps done late", count)
}
