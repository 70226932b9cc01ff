package haproxy

import (
	"context"
	"errors"
	"strings"
	"time"

	"teal.dev/teal/release"
)

// A node is polled once for all of its apps: an app that looks takes the newest reading that it has not seen yet, and
// only when there is none does it ask HAProxy, for every app at once. Ten idle apps with a turn of one second each make
// one poll a second; an app in a release, with a turn of 100 ms, makes ten, and the others ride along.

const (
	maxAge   = time.Second      // no reading older than this is handed out
	forget   = 10 * time.Second // an app that has not looked for so long is no longer asked for
	firstLag = 100 * time.Millisecond
	lastLag  = 2 * time.Second
)

// query is what one app wants to know of a node.
type query struct {
	app     string
	mapName string
	counted [2]bool // per slot, in the order of release.Slots
}

func (q query) covers(other query) bool {
	return q.app == other.app && q.mapName == other.mapName &&
		(q.counted[0] || !other.counted[0]) && (q.counted[1] || !other.counted[1])
}

// subscription is a query with the trace of when its app looked.
type subscription struct {
	query
	looked time.Time
	seen   uint64 // number of the last snapshot that the app was given
}

// snapshot is what one poll saw. It is never changed after it is made.
type snapshot struct {
	number uint64
	at     time.Time
	asked  map[string]query
	err    error // the node did not answer completely
	info   Info
	apps   map[string]reading
	old    int    // old workers
	oldErr string // what is wrong with them or with the master's socket
}

// reading is one app's part of a snapshot.
type reading struct {
	dump     []Pair
	mapErr   error
	rows     [2][]Row
	missing  [2]bool
	readErr  error
	oldLines []string // what old workers say instead
}

// flight is a poll that is going on.
type flight struct {
	number uint64
	asked  map[string]query
	done   chan struct{}
}

// look returns a reading that q's app has not seen before, from HAProxy itself when nobody else has just asked.
func (n *Node) look(ctx context.Context, q query) (*snapshot, error) {
	n.mu.Lock()
	now := time.Now()
	sub := n.subs[q.app]
	if sub == nil {
		sub = &subscription{}
		n.subs[q.app] = sub
	}
	pause := now.Sub(sub.looked) // the app's own rhythm: never give it something older than its turn
	sub.looked = now
	for {
		sub.query = q
		if s := n.last; s != nil && n.serves(s, sub, min(pause, maxAge), now) {
			sub.seen = s.number
			n.mu.Unlock()
			return s, nil
		}
		f := n.flight
		if f == nil {
			f = n.takeOff(ctx, now)
		}
		n.mu.Unlock()
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-f.done:
		}
		n.mu.Lock()
		if s := n.last; f.number > n.stale && s.number >= f.number && s.asked[q.app].covers(q) {
			sub.seen = s.number
			n.mu.Unlock()
			return s, nil
		}
	}
}

// serves tells whether a snapshot that is there already is as good as asking again.
func (n *Node) serves(s *snapshot, sub *subscription, age time.Duration, now time.Time) bool {
	if s.err != nil && now.Before(n.after) {
		return true // the node is not well: do not press it
	}
	return s.err == nil && s.number > sub.seen && s.number > n.stale && s.asked[sub.app].covers(sub.query) && now.Sub(s.at) < age
}

// takeOff begins a poll for every app that has looked lately. The caller holds n.mu.
func (n *Node) takeOff(ctx context.Context, now time.Time) *flight {
	n.number++
	f := &flight{number: n.number, asked: map[string]query{}, done: make(chan struct{})}
	for app, sub := range n.subs {
		if now.Sub(sub.looked) > forget {
			delete(n.subs, app)
			continue
		}
		f.asked[app] = sub.query
	}
	n.flight = f
	// The poll serves others too, so that it must not end with the turn of the app that happened to begin it.
	detached, cancel := context.WithTimeout(context.WithoutCancel(ctx), 4*n.cfg.Timeout)
	go func() {
		defer cancel()
		s := n.poll(detached, f.asked)
		s.number, s.asked = f.number, f.asked
		n.land(s)
		close(f.done)
	}()
	return f
}

func (n *Node) land(s *snapshot) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.last, n.flight = s, nil
	if s.err == nil {
		n.fails, n.after = 0, time.Time{}
		return
	}
	n.after = time.Now().Add(min(firstLag<<min(n.fails, 5), lastLag))
	n.fails++
}

// changed makes every reading begun before now worthless: we have just written.
func (n *Node) changed() {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.stale, n.after = n.number, time.Time{}
}

// poll asks for all apps on as few connections as their number allows: one, up to about a hundred apps.
func (n *Node) poll(ctx context.Context, asked map[string]query) *snapshot {
	s := &snapshot{at: time.Now(), apps: map[string]reading{}}
	var commands, apps []string
	size := 0
	flush := func() {
		if s.err == nil && len(apps) > 0 {
			s.err = n.pollSome(ctx, s, apps, commands)
		}
		commands, apps, size = nil, nil, 0
	}
	for app, q := range asked {
		add := q.commands()
		commands, apps = append(commands, add...), append(apps, app)
		size += len(strings.Join(add, "; "))
		if size > maxLine {
			flush()
		}
	}
	flush()
	if s.err == nil {
		n.pollOld(ctx, s, asked)
	}
	return s
}

// commands are the three questions of one app. The names were checked when the switch was asked.
func (q query) commands() []string {
	out := []string{"show map " + q.mapName}
	for i, slot := range release.Slots() {
		kind := " 4 -1" // servers
		if q.counted[i] {
			kind = " 6 -1" // servers and the BACKEND row
		}
		out = append(out, "show stat "+Backend(q.app, slot)+kind)
	}
	return out
}

func (n *Node) pollSome(ctx context.Context, s *snapshot, apps, commands []string) error {
	a, err := n.ask(ctx, n.runtime(), false, commands...)
	if err != nil {
		return err
	}
	if a.info.Stopping {
		return errStopping
	}
	if s.info != (Info{}) && s.info.Instance() != a.info.Instance() {
		return errReplaced
	}
	s.info = a.info
	for i, app := range apps {
		s.apps[app] = n.read(a.text[3*i : 3*i+3])
	}
	return nil
}

func (n *Node) read(text []string) (r reading) {
	if strings.HasPrefix(text[0], "0x") || text[0] == "" {
		r.dump, r.readErr = parseDump(text[0])
	} else {
		r.mapErr = n.refused("show map", text[0])
	}
	for i := range r.rows {
		rows, missing, err := parseStat(text[i+1])
		r.rows[i], r.missing[i], r.readErr = rows, missing, errors.Join(r.readErr, err)
	}
	return r
}
