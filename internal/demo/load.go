package demo

import (
	"context"
	"sync"
	"time"
)

// The kinds of request that the load generator sends.
const (
	kindKept   = "keep-alive"
	kindFresh  = "new connection"
	kindSlow   = "500 ms in flight"
	kindWrite  = "write"
	kindSocket = "web socket"
)

// sent is one request with its fate.
type sent struct {
	Kind    string
	Begun   time.Time
	Ended   time.Time
	Version string // of the application that answered; "" = none did
	Slot    string
	Status  int    // of HTTP; 101 for an echo on a web socket
	Err     string // why there was no complete answer
}

// failed reports whether the client did not get what it asked for.
func (s sent) failed() bool { return s.Err != "" || s.Status >= 400 || s.Status == 0 }

// short reports whether the request takes no longer than it must, so that its end says something about a switch.
func (s sent) short() bool { return s.Kind == kindKept || s.Kind == kindFresh || s.Kind == kindWrite }

// book keeps every request.
type book struct {
	mu      sync.Mutex
	entries []sent
	told    int // web sockets that the application closed in order, and that were opened again
}

func (b *book) add(s sent) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.entries = append(b.entries, s)
}

func (b *book) goingAway() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.told++
}

// all is a copy of the book so far.
func (b *book) all() []sent {
	b.mu.Lock()
	defer b.mu.Unlock()
	return append([]sent(nil), b.entries...)
}

func (b *book) since(from time.Time) []sent {
	var list []sent
	for _, s := range b.all() {
		if s.Begun.After(from) {
			list = append(list, s)
		}
	}
	return list
}

// traffic says how many clients of each kind there are, and how long they think between two requests.
type traffic struct {
	kept, fresh, slow, sockets int
	think                      time.Duration
}

// generator runs the clients until it is stopped.
type generator struct {
	address string
	book    *book
	stop    context.CancelFunc
	done    sync.WaitGroup
}

// generate begins to send.
func generate(ctx context.Context, address string, t traffic) *generator {
	ctx, stop := context.WithCancel(ctx)
	g := &generator{address: address, book: &book{}, stop: stop}
	start := func(n int, client func(context.Context, int)) {
		for i := range n {
			g.done.Add(1)
			go func() {
				defer g.done.Done()
				client(ctx, i)
			}()
		}
	}
	start(t.kept, func(ctx context.Context, i int) { g.keepAlive(ctx, i, t.think) })
	start(t.fresh, func(ctx context.Context, _ int) { g.fresh(ctx, 2*t.think) })
	start(t.slow, func(ctx context.Context, _ int) { g.slow(ctx) })
	start(t.sockets, func(ctx context.Context, i int) { g.webSocket(ctx, i, 2*t.think) })
	return g
}

// Stop lets every client finish what it has begun.
func (g *generator) Stop() {
	g.stop()
	g.done.Wait()
}

// pause rests; false = it is over.
func pause(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return ctx.Err() == nil
	case <-ctx.Done():
		return false
	}
}
