package haproxy

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"teal.dev/teal/release"
)

// stage is a prepared version that waits for its commit.
type stage struct {
	version  uint64
	instance string
}

const (
	tries = 4                     // of one step on one node, before the error goes up
	pause = 20 * time.Millisecond // after the first try while a reload is going on, doubled each time
	lift  = 100                   // prepare map commands on one line
)

// preflight looks before anything is written: the map is known, holds no later revision, and the back-end exists.
func (n *Node) preflight(ctx context.Context, app App, route release.Route) error {
	commands := []string{"show map " + app.MapName}
	if route.Live != release.None {
		commands = append(commands, "show stat "+Backend(app.Name, route.Live)+" 4 -1")
	}
	return n.again(ctx, func() error {
		a, err := n.askLive(ctx, false, commands...)
		if err != nil {
			return err
		}
		if _, err := n.current(a.text[0], route); err != nil {
			return err
		}
		if len(a.text) < 2 {
			return nil
		}
		rows, missing, err := parseStat(a.text[1])
		if err == nil && (missing || len(rows) == 0) {
			return &release.Fault{Class: release.Permanent, Code: "backend_missing", Text: fmt.Sprintf(
				"%s has no back-end %s with a server; adopt the section that teal haproxy config %s prints, and reload HAProxy",
				n.cfg.Name, Backend(app.Name, route.Live), app.Name)}
		}
		return err
	})
}

// askLive is ask on the runtime socket, refusing an answer of a worker that is on its way out.
func (n *Node) askLive(ctx context.Context, write bool, commands ...string) (answer, error) {
	a, err := n.ask(ctx, n.runtime(), write, commands...)
	if err == nil && a.info.Stopping {
		return answer{}, errStopping
	}
	return a, err
}

// passing tells whether an error is that of a reload, which is over in a moment: the worker is being replaced, or the
// master, which starts itself again, does not listen yet.
func passing(err error) bool {
	unreachable := (*Unreachable)(nil)
	return errors.Is(err, errStopping) || errors.Is(err, errReplaced) || errors.Is(err, errVersion) || errors.Is(err, errOld) ||
		errors.As(err, &unreachable)
}

// again repeats a step while a reload is going on.
func (n *Node) again(ctx context.Context, step func() error) error {
	var err error
	for try := range tries {
		if err = step(); !passing(err) {
			return err
		}
		timer := time.NewTimer(pause << try)
		select {
		case <-ctx.Done():
			timer.Stop()
			return ctx.Err()
		case <-timer.C:
		}
	}
	return err
}

// current reads a dump and refuses to go on when it holds a later revision than the route's.
func (n *Node) current(text string, route release.Route) (same bool, err error) {
	if text != "" && !strings.HasPrefix(text, "0x") {
		return false, n.refused("show map", text)
	}
	dump, err := parseDump(text)
	if err != nil {
		return false, err
	}
	value, _ := find(dump, route.App)
	if there, ok := ParseValue(route.App, value); ok && there.Rev > route.Rev {
		return false, &release.Fault{Class: release.Unproven, Code: "stale_rev", Text: fmt.Sprintf(
			"the map on %s has revision %d, later than %d: another writer, or an old store; see who, then: teal adopt %s --rev",
			n.cfg.Name, there.Rev, route.Rev, route.App)}
	}
	return equals(dump, route), nil
}

// equals tells whether a dump is the wish and nothing else: what is missing in it, a commit would delete.
func equals(dump []Pair, route release.Route) bool {
	if route.Live == release.None {
		return len(dump) == 0
	}
	return len(dump) == 1 && dump[0] == Pair{Key: route.App, Value: Value(route)}
}

// holds turns a dump that is not the wish into an error.
func (n *Node) holds(text string, route release.Route) error {
	same, err := n.current(text, route)
	if err == nil && !same {
		err = fmt.Errorf("%s answered, and its map is not %q but %q", n.cfg.Name, Value(route), text)
	}
	return err
}

// prepare brings a new version with the whole wish into the worker, higher than any that was ever used on this node.
func (n *Node) prepare(ctx context.Context, mapName string, fence Fence, route release.Route) (stage, error) {
	var out stage
	err := n.again(ctx, func() error {
		v, info, err := n.reserve(ctx, mapName, fence)
		if err != nil {
			return err
		}
		filled, err := n.fill(ctx, n.runtime(), mapName, v, route)
		if err != nil {
			return err
		}
		if filled.Stopping || filled.Instance() != info.Instance() {
			return errReplaced
		}
		out = stage{version: v, instance: info.Instance()}
		return nil
	})
	return out, err
}

// reserve prepares versions until one is higher than the highest ever used on this node, and stores that. Only then is
// every commit refused that an earlier worker was sent and that may still arrive.
func (n *Node) reserve(ctx context.Context, mapName string, fence Fence) (uint64, Info, error) {
	highest, err := fence.Highest(ctx, n.cfg.Name, mapName)
	if err != nil {
		return 0, Info{}, err
	}
	command := "prepare map " + mapName
	a, err := n.askLive(ctx, true, command)
	if err != nil {
		return 0, Info{}, err
	}
	first := a.info
	for {
		last := a.text[len(a.text)-1]
		v, err := parsePrepared(last)
		if err != nil {
			return 0, Info{}, errors.Join(n.refused(command, last), err)
		}
		if a.info.Instance() != first.Instance() {
			return 0, Info{}, errReplaced
		}
		if v > highest {
			return v, first, fence.Raise(ctx, n.cfg.Name, mapName, v)
		}
		count := min(highest-v+1, lift, uint64(maxLine/(len(command)+2)))
		more := make([]string, count)
		for i := range more {
			more[i] = command
		}
		if a, err = n.askLive(ctx, true, more...); err != nil {
			return 0, Info{}, err
		}
	}
}

// fill adds the wish to a prepared version and compares the version's dump with it.
func (n *Node) fill(ctx context.Context, d dialect, mapName string, v uint64, route release.Route) (Info, error) {
	show := "show map " + version(v) + " " + mapName
	if route.Live == release.None {
		a, err := n.ask(ctx, d, true, show)
		if err != nil {
			return Info{}, err
		}
		return a.info, n.holds(a.text[0], route)
	}
	add, err := command("add", "map", version(v), mapName, route.App, Value(route))
	if err != nil {
		return Info{}, err
	}
	a, err := n.ask(ctx, d, true, add, show)
	if err != nil {
		return Info{}, err
	}
	if err := n.refused(add, a.text[0]); err != nil {
		return Info{}, err
	}
	return a.info, n.holds(a.text[1], route)
}

// publish commits on one node and does not stop before it knows: an unknown outcome is read back, and what is not there
// is written again as a newer version, which wins in every order of arrival.
func (s *Switch) publish(ctx context.Context, n *Node, st stage, route release.Route) error {
	err := n.commit(ctx, s.app.MapName, st, route)
	for range tries - 1 {
		if err == nil || definite([]error{err}) != nil || ctx.Err() != nil {
			break
		}
		if n.readBack(ctx, s.app.MapName, "", route) == nil {
			err = nil
			break
		}
		if st, err = n.prepare(ctx, s.app.MapName, s.fence, route); err != nil {
			continue
		}
		s.log.Info("writing a newer version of the map", "node", n.cfg.Name, "version", st.version, "rev", route.Rev)
		if err = s.lead(ctx, route); err == nil { // time has passed since the last question
			err = n.commit(ctx, s.app.MapName, st, route)
		}
	}
	if err != nil {
		return err
	}
	if n.cfg.DialMaster == nil {
		return nil
	}
	return n.tellOld(ctx, s.app.MapName, route)
}

// commit makes the switch, and reads it back on a connection of its own.
func (n *Node) commit(ctx context.Context, mapName string, st stage, route release.Route) error {
	command := "commit map " + version(st.version) + " " + mapName
	a, err := n.askLive(ctx, true, command, "show map "+mapName)
	if err != nil {
		return err
	}
	if err := n.refused(command, a.text[0]); err != nil {
		return err
	}
	if a.info.Instance() != st.instance {
		return errReplaced
	}
	if err := n.holds(a.text[1], route); err != nil {
		return err
	}
	return n.readBack(ctx, mapName, st.instance, route)
}

// readBack looks on a new connection; instance, when given, must be the one that answers.
func (n *Node) readBack(ctx context.Context, mapName, instance string, route release.Route) error {
	return n.again(ctx, func() error {
		a, err := n.askLive(ctx, false, "show map "+mapName)
		if err != nil {
			return err
		}
		if err := n.holds(a.text[0], route); err != nil {
			return err
		}
		if instance != "" && a.info.Instance() != instance {
			return fmt.Errorf("%s: %w", n.cfg.Name, errors.New("a reload came right after the commit; the new worker is looked at again"))
		}
		return nil
	})
}
