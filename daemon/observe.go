package daemon

import (
	"context"
	"errors"
	"fmt"
	"time"

	"teal.dev/teal/release"
)

// eyes are the questions that a loop keeps open: one per port, never two at once.
type eyes struct {
	traffic  asking[release.Traffic]
	tenants  map[release.Slot]asking[release.Tenant]
	schema   asking[release.Schema]
	queue    asking[[]release.Request]
	watchers map[release.Slot]*watcher
	nodes    []string // names that the switch gave last
	problems []string
}

func newEyes() eyes {
	e := eyes{traffic: newAsking[release.Traffic](), schema: newAsking[release.Schema](), queue: newAsking[[]release.Request](),
		tenants: map[release.Slot]asking[release.Tenant]{}, watchers: map[release.Slot]*watcher{}}
	for _, slot := range release.Slots() {
		e.tenants[slot] = newAsking[release.Tenant]()
		e.watchers[slot] = &watcher{}
	}
	return e
}

// asking is a question to one port. While an answer is outstanding (a port that ignores its deadline) it is not asked again.
type asking[T any] struct{ free chan struct{} }

type answered[T any] struct {
	value T
	err   error
}

var errBusy = errors.New("still busy with the question before")

func newAsking[T any]() asking[T] { return asking[T]{free: make(chan struct{}, 1)} }

// ask starts the question; the function it returns waits for the answer, at most until the limit.
func (q asking[T]) ask(ctx context.Context, limit time.Duration, port func(context.Context) (T, error)) func() (T, error) {
	select {
	case q.free <- struct{}{}:
	default:
		return func() (none T, err error) { return none, errBusy }
	}
	ctx, cancel := context.WithTimeout(ctx, limit)
	got := make(chan answered[T], 1)
	go func() {
		var a answered[T]
		defer func() {
			if p := recover(); p != nil {
				a.err = fmt.Errorf("panic: %v", p)
			}
			cancel()
			<-q.free
			got <- a
		}()
		a.value, a.err = port(ctx)
	}()
	return func() (T, error) {
		select {
		case a := <-got:
			return a.value, a.err
		case <-ctx.Done():
		}
		select { // the answer and the deadline may come together
		case a := <-got:
			return a.value, a.err
		case <-time.After(50 * time.Millisecond):
			var none T
			return none, context.Cause(ctx)
		}
	}
}

// observe asks every port at once. What does not answer in time is unknown.
func (l *loop) observe(ctx context.Context, interest release.Interest) release.Observation {
	now := time.Now()
	seen := release.Observation{Now: now.Round(0).UTC(), Job: l.migrate.last, Launch: map[release.Slot]release.Job{}, Verdict: l.verdict, Removed: l.removed}
	for slot, lane := range l.launch {
		seen.Launch[slot] = lane.last
	}
	if !l.turned.IsZero() {
		seen.Elapsed = min(now.Sub(l.turned), elapsedCap)
	}
	l.turned = now
	if l.asked != nil {
		command := l.asked.command
		seen.Command = &command
	}
	ports, e := l.config.Ports, &l.eyes
	e.problems = nil
	traffic := e.traffic.ask(ctx, observeLimit, func(ctx context.Context) (release.Traffic, error) {
		return ports.Switch.Observe(ctx, interest.Stats)
	})
	tenants := map[release.Slot]func() (release.Tenant, error){}
	for _, slot := range release.Slots() {
		tenants[slot] = e.tenants[slot].ask(ctx, observeLimit, func(ctx context.Context) (release.Tenant, error) {
			return ports.Launcher.Observe(ctx, slot)
		})
	}
	schema := l.askSchema(ctx, interest.Schema)
	queue := e.queue.ask(ctx, observeLimit, func(ctx context.Context) ([]release.Request, error) {
		return l.app.opt.Inbox.Queue(ctx, l.app.name)
	})
	seen.Traffic = e.seeTraffic(traffic)
	seen.Slots = l.seeSlots(ctx, tenants, interest)
	seen.Schema = schema()
	seen.Queue = note(e, "queue", queue)
	if ports.Calendar != nil {
		seen.Freeze = ports.Calendar.Frozen(l.app.name, seen.Now)
	}
	seen.Policies = l.config.Policies
	l.seen = seen
	return seen
}

// note waits for an answer and writes an error down; its value is then the zero one, which means unknown.
func note[T any](e *eyes, port string, wait func() (T, error)) T {
	value, err := wait()
	if err == nil {
		return value
	}
	e.problems = append(e.problems, port+": "+err.Error())
	var none T
	return none
}

// seeTraffic keeps the names of the nodes when the switch as a whole did not answer, each of them unknown.
func (e *eyes) seeTraffic(wait func() (release.Traffic, error)) release.Traffic {
	traffic, err := wait()
	if err == nil {
		e.nodes = nil
		for _, n := range traffic.Nodes {
			e.nodes = append(e.nodes, n.Name)
		}
		return traffic
	}
	e.problems = append(e.problems, "switch: "+err.Error())
	traffic = release.Traffic{}
	for _, name := range e.nodes {
		traffic.Nodes = append(traffic.Nodes, release.Node{Name: name, Problem: err.Error()})
	}
	return traffic
}

// askSchema compares the database with a folder, if the core wants to know.
func (l *loop) askSchema(ctx context.Context, digest string) func() release.Schema {
	migrator := l.config.Ports.Migrator
	if digest == "" || migrator == nil {
		return func() release.Schema { return release.Schema{} }
	}
	wait := l.eyes.schema.ask(ctx, schemaLimit, func(ctx context.Context) (release.Schema, error) {
		folder, err := l.app.opt.Inbox.Folder(ctx, digest)
		if err != nil {
			return release.Schema{}, err
		}
		schema, err := migrator.Observe(ctx, folder)
		schema.For = digest
		return schema, err
	})
	return func() release.Schema {
		schema, err := wait()
		if err != nil {
			l.eyes.problems = append(l.eyes.problems, "database: "+err.Error())
			return release.Schema{For: digest, Why: err.Error()}
		}
		return schema
	}
}

// seeSlots joins what the launcher says with the history of teal's own probe. A history belongs to one process: another
// one in the slot begins a new history.
func (l *loop) seeSlots(ctx context.Context, tenants map[release.Slot]func() (release.Tenant, error), interest release.Interest) map[release.Slot]release.SlotSeen {
	slots := map[release.Slot]release.SlotSeen{}
	for _, slot := range release.Slots() {
		w := l.eyes.watchers[slot]
		tenant := note(&l.eyes, "launcher "+string(slot), tenants[slot])
		w.belong(tenant)
		slots[slot] = release.SlotSeen{Tenant: tenant}
	}
	timeout := l.config.ProbeTimeout
	if timeout <= 0 {
		timeout = 2 * time.Second
	}
	for _, slot := range interest.Slots {
		if w, prober := l.eyes.watchers[slot], l.config.Ports.Prober; w != nil && prober != nil {
			var plan release.Plan
			if p := l.state.Slots[slot].Plan; p != nil {
				plan = *p
			}
			w.look(ctx, func(ctx context.Context) error { return prober.Probe(ctx, slot, plan) }, interest.Probe, timeout)
		}
	}
	for slot, seen := range slots {
		seen.Probe = l.eyes.watchers[slot].history
		slots[slot] = seen
	}
	return slots
}
