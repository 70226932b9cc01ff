package haproxy

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"teal.dev/teal/release"
)

// After a reload the old workers go on with the connections that they have, each with a map of its own that only the
// master's socket can reach.

// maxOld bounds how many old workers are looked at one by one; more of them are counted only.
const maxOld = 16

// processes asks the master for its workers.
func (n *Node) processes(ctx context.Context) ([]Process, error) {
	raw, err := n.exchange(ctx, dialect{dial: n.cfg.DialMaster}, "show proc\nquit\n", false)
	if err != nil {
		return nil, err
	}
	list, err := parseProc(raw)
	if err != nil {
		return nil, &Unknown{Node: n.cfg.Name, Command: "show proc", Err: err}
	}
	return list, nil
}

func (n *Node) oldWorkers(ctx context.Context) ([]int, error) {
	if n.cfg.DialMaster == nil {
		return nil, nil
	}
	list, err := n.processes(ctx)
	if err != nil {
		return nil, fmt.Errorf("the master's socket of %s: %w", n.cfg.Name, err)
	}
	var old []int
	for _, p := range list {
		if p.Old {
			old = append(old, p.Pid)
		}
	}
	return old, nil
}

// pollOld counts the old workers and remembers what their maps say.
func (n *Node) pollOld(ctx context.Context, s *snapshot, asked map[string]query) {
	old, err := n.oldWorkers(ctx)
	if err != nil {
		s.oldErr = err.Error()
		return
	}
	s.old = len(old)
	for _, pid := range old[:min(len(old), maxOld)] {
		for app, q := range asked {
			value, known, err := n.oldValue(ctx, pid, app, q.mapName)
			if err != nil || !known {
				continue // it has ended, or its configuration is older than teal's map
			}
			r := s.apps[app]
			if present, _ := find(r.dump, app); present != value {
				r.oldLines = append(r.oldLines, fmt.Sprintf("old worker %d still says %q", pid, value))
				s.apps[app] = r
			}
		}
	}
}

// oldValue is what an old worker's map says for an app; known is false when that worker does not have the map.
func (n *Node) oldValue(ctx context.Context, pid int, app, mapName string) (value string, known bool, err error) {
	a, err := n.ask(ctx, n.worker(pid), false, "show map "+mapName)
	if err != nil {
		return "", false, err
	}
	if strings.HasPrefix(a.text[0], "Unknown map identifier") {
		return "", false, nil
	}
	dump, err := parseDump(a.text[0])
	value, _ = find(dump, app)
	return value, err == nil, err
}

// tellOld gives the route to every old worker, by a version of that worker's own. It never uses set map: a late one
// would be executed. The list is read afresh for each try, because old workers end and the master starts itself again.
func (n *Node) tellOld(ctx context.Context, mapName string, route release.Route) error {
	err := n.again(ctx, func() error {
		old, err := n.oldWorkers(ctx)
		if err != nil {
			return fmt.Errorf("%w: %w", errOld, err)
		}
		var errs []error
		for _, pid := range old {
			if err := n.tellOne(ctx, pid, mapName, route); err != nil && !errors.Is(err, errGone) {
				errs = append(errs, fmt.Errorf("%w: worker %d: %w", errOld, pid, err))
			}
		}
		return errors.Join(errs...)
	})
	if err != nil {
		return fmt.Errorf("the route is on %s, %w", n.cfg.Name, err)
	}
	return nil
}

func (n *Node) tellOne(ctx context.Context, pid int, mapName string, route release.Route) error {
	value, known, err := n.oldValue(ctx, pid, route.App, mapName)
	if err != nil || !known || value == Value(route) {
		return err
	}
	d := n.worker(pid)
	a, err := n.ask(ctx, d, true, "prepare map "+mapName)
	if err != nil {
		return err
	}
	v, err := parsePrepared(a.text[0])
	if err != nil {
		return err
	}
	if _, err := n.fill(ctx, d, mapName, v, route); err != nil {
		return err
	}
	a, err = n.ask(ctx, d, true, "commit map "+version(v)+" "+mapName, "show map "+mapName)
	if err != nil {
		return err
	}
	if err := n.refused("commit map", a.text[0]); err != nil {
		return err
	}
	return n.holds(a.text[1], route)
}

// find is the value of a key as HAProxy looks it up: the first line wins.
func find(dump []Pair, key string) (value string, lines int) {
	for _, p := range dump {
		if p.Key != key {
			continue
		}
		if lines == 0 {
			value = p.Value
		}
		lines++
	}
	return value, lines
}
