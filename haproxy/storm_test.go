package haproxy

import (
	"bufio"
	"context"
	"fmt"
	"net"
	"net/http"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"teal.dev/teal/release"
)

// load is traffic that never pauses: clients that keep their connection and clients that open one per request. It counts
// what must never happen.
type load struct {
	requests atomic.Int64
	errors   atomic.Int64
	regress  atomic.Int64 // a request that began after the switch was confirmed and was answered by the old side
	settled  atomic.Int64 // number of the last confirmed switch
	begun    atomic.Int64 // number of the last switch that was begun
	first    sync.Map     // what went wrong first, for the message
	stop     context.CancelFunc
	wg       sync.WaitGroup
}

// side is the slot of the n-th switch.
func side(n int64) release.Slot { return release.Slots()[n%2] }

func startLoad(t testing.TB, front string, keep, fresh int) *load {
	l := &load{}
	ctx, stop := context.WithCancel(t.Context())
	l.stop = stop
	for i := range keep + fresh {
		client := &http.Client{Transport: &http.Transport{DisableKeepAlives: i >= keep, MaxIdleConnsPerHost: 1}, Timeout: 10 * time.Second}
		l.wg.Go(func() {
			defer client.CloseIdleConnections()
			for ctx.Err() == nil {
				l.request(ctx, client, front)
			}
		})
	}
	return l
}

func (l *load) request(ctx context.Context, client *http.Client, front string) {
	settled := l.settled.Load()
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, front+"/", nil)
	if err != nil {
		return
	}
	answer, err := client.Do(r)
	if ctx.Err() != nil {
		return
	}
	l.requests.Add(1)
	if err != nil {
		l.errors.Add(1)
		l.first.LoadOrStore("error", err.Error())
		return
	}
	var body [2]byte
	n, _ := answer.Body.Read(body[:])
	answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		l.errors.Add(1)
		l.first.LoadOrStore("error", answer.Status)
		return
	}
	// Nothing was begun after the confirmed one: only its side may have answered.
	if settled == l.begun.Load() && string(body[:n]) != string(side(settled)) {
		l.regress.Add(1)
		l.first.LoadOrStore("regress", fmt.Sprintf("after switch %d: %q", settled, body[:n]))
	}
}

func (l *load) end() string {
	l.stop()
	l.wg.Wait()
	var out []string
	l.first.Range(func(k, v any) bool { out = append(out, fmt.Sprintf("%v: %v", k, v)); return true })
	return strings.Join(out, "; ")
}

// Test 5 of the reference: 500 switches under load, not one request lost and not one to a side that was already left.
func TestStorm(t *testing.T) {
	r := newReal(t, 1)
	require.NoError(t, r.Send(t.Context(), route(side(0), 1)))
	for _, slot := range release.Slots() {
		require.Eventually(t, func() bool { return r.server(t, slot).Up == release.Yes }, 10*time.Second, 20*time.Millisecond)
	}
	r.serves(t, 0, side(0))
	l := startLoad(t, r.front[0], 6, 3)
	for n := int64(1); n <= 500; n++ {
		l.begun.Store(n)
		require.NoError(t, r.Send(t.Context(), route(side(n), uint64(n+1))))
		l.settled.Store(n)
		before := l.requests.Load() // let a few requests through between two switches
		require.Eventually(t, func() bool { return l.requests.Load() >= before+9 }, 10*time.Second, time.Millisecond)
	}
	first := l.end()
	t.Logf("%d requests during 500 switches", l.requests.Load())
	require.Zero(t, l.errors.Load(), first)
	require.Zero(t, l.regress.Load(), first)
	require.Greater(t, l.requests.Load(), int64(4000))
}

// idle is one client that keeps its connection over a reload: it stays with the old worker.
type idle struct {
	conn   net.Conn
	reader *bufio.Reader
}

func newIdle(t testing.TB, front string) *idle {
	t.Helper()
	conn, err := net.Dial("tcp", strings.TrimPrefix(front, "http://"))
	require.NoError(t, err)
	t.Cleanup(func() { conn.Close() })
	return &idle{conn: conn, reader: bufio.NewReader(conn)}
}

func (i *idle) get(t testing.TB) string {
	t.Helper()
	_, err := i.conn.Write([]byte("GET / HTTP/1.1\r\nHost: x\r\n\r\n"))
	require.NoError(t, err)
	answer, err := http.ReadResponse(i.reader, nil)
	require.NoError(t, err)
	defer answer.Body.Close()
	var body [8]byte
	n, _ := answer.Body.Read(body[:])
	return string(body[:n])
}

// Test 3 of the reference: a reload between prepare and commit, with the commit of the old worker left over, and with an
// idle client on the old worker.
func TestReload(t *testing.T) {
	r := newReal(t, 1)
	require.NoError(t, r.Send(t.Context(), route(release.A, 1)))
	r.serves(t, 0, release.A)
	client := newIdle(t, r.front[0])
	require.Equal(t, "a", client.get(t))

	asked := 0
	r.fence.OnHolds(func() {
		if asked++; asked == 2 { // all is prepared; the file says b
			require.NoError(t, r.haps[0].Reload(t.Context()))
		}
	})
	require.NoError(t, r.Send(t.Context(), route(release.B, 2)))
	r.fence.OnHolds(nil)
	r.serves(t, 0, release.B)
	require.Equal(t, "b", client.get(t), "the connection of the old worker follows")

	// What was prepared in the old worker arrives late in the new one.
	highest, err := r.fence.Highest(t.Context(), "lb1", r.app.MapName)
	require.NoError(t, err)
	for v := uint64(1); v <= highest; v++ {
		out, err := r.haps[0].Ask(fmt.Sprintf("commit map @%d %s", v, r.app.MapName))
		require.NoError(t, err)
		require.Contains(t, out, "out of range")
	}
	r.serves(t, 0, release.B)

	// A reload after the file was written and before anything was prepared, under the same leftover commits.
	require.NoError(t, r.Send(t.Context(), route(release.A, 3)))
	require.NoError(t, r.haps[0].Reload(t.Context()))
	for v := uint64(1); v <= highest+1; v++ { // nothing was prepared in this worker: refused, not published empty
		out, err := r.haps[0].Ask(fmt.Sprintf("commit map @%d %s", v, r.app.MapName))
		require.NoError(t, err)
		require.Contains(t, out, "out of range")
	}
	r.serves(t, 0, release.A)
	require.NoError(t, r.Send(t.Context(), route(release.B, 4)))
	now, err := r.fence.Highest(t.Context(), "lb1", r.app.MapName)
	require.NoError(t, err)
	require.Greater(t, now, highest, "lifted above all that was ever used")
	r.serves(t, 0, release.B)
}

// Reloads under switches: whoever reloads, and whenever, the end is the decided side.
func TestReloadStorm(t *testing.T) {
	r := newReal(t, 1)
	ctx, stop := context.WithCancel(t.Context())
	var wg sync.WaitGroup
	var switches atomic.Int64
	wg.Go(func() {
		for i := range int64(4) {
			// The master loses a signal that comes while it starts itself again: not faster than it can.
			for switches.Load() < (i+1)*30 && ctx.Err() == nil {
				runtime.Gosched()
			}
			if err := r.haps[0].Reload(ctx); err != nil && ctx.Err() == nil {
				t.Error(err)
			}
		}
		stop()
	})
	rev := uint64(0)
	for ctx.Err() == nil {
		rev++
		// One turn of the daemon may fail in the middle of a reload, or reach a worker that ends while its successor has
		// read the file of a moment ago: the next turn repeats it.
		want := route(side(int64(rev)), rev)
		require.Eventually(t, func() bool { return r.Send(t.Context(), want) == nil && r.saysNow(want) }, 20*time.Second, time.Millisecond)
		switches.Add(1)
	}
	wg.Wait()
	t.Logf("%d switches during 4 reloads", rev)
	r.says(t, route(side(int64(rev)), rev))
	r.serves(t, 0, side(int64(rev)))
}

func (r *real) says(t testing.TB, want release.Route) {
	t.Helper()
	require.Eventually(t, func() bool { return r.saysNow(want) }, 10*time.Second, time.Millisecond, "want %s", Value(want))
}

// saysNow looks once.
func (r *real) saysNow(want release.Route) bool {
	dump, err := r.haps[0].Ask("show map " + r.app.MapName)
	return err == nil && strings.HasSuffix(strings.TrimSpace(dump), " "+Value(want))
}

// Test 4 of the reference: HAProxy is killed at each step; after a restart it is on one side, the decided one.
func TestKilledAtEachStep(t *testing.T) {
	for step := range 6 {
		t.Run(fmt.Sprint(step), func(t *testing.T) {
			r := newReal(t, 1)
			require.NoError(t, r.Send(t.Context(), route(release.A, 1)))
			r.serves(t, 0, release.A)
			n, plain := r.nodes[0], r.nodes[0].cfg.Dial
			count := 0
			n.cfg.Dial = func(ctx context.Context) (net.Conn, error) {
				if count++; count == step+1 { // each step is a connection of its own
					require.NoError(t, r.haps[0].Kill())
				}
				return plain(ctx)
			}
			err := r.Send(t.Context(), route(release.B, 2))
			if step < 5 {
				require.Error(t, err)
			}
			n.cfg.Dial = plain
			require.NoError(t, r.haps[0].Kill())
			require.NoError(t, r.haps[0].Start(t.Context()))
			r.serves(t, 0, release.B) // the file came first
			require.Eventually(t, func() bool { return r.Send(t.Context(), route(release.B, 2)) == nil }, 20*time.Second, 10*time.Millisecond)
			require.NoError(t, r.Send(t.Context(), route(release.A, 3)))
			r.serves(t, 0, release.A)
		})
	}
}
