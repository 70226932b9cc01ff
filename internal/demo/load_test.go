package demo

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/coder/websocket"
	"github.com/stretchr/testify/require"

	"teal.dev/teal/internal/client"
	"teal.dev/teal/testdata/demoapp"
)

func newDeafAPI(t *testing.T) *client.Client {
	return client.New(filepath.Join(t.TempDir(), "nobody.sock"))
}

// shop is a server that can be told to misbehave.
type shop struct {
	*httptest.Server
	fault  atomic.Value // string: "", "500", "cut", "close", "nonsense"
	socket atomic.Value // string: "", "away", "cut", "wrong"
}

func newShop(t *testing.T) *shop {
	s := &shop{}
	s.fault.Store("")
	s.socket.Store("")
	mux := http.NewServeMux()
	mux.HandleFunc("/", s.home)
	mux.HandleFunc("/ws", s.echo)
	s.Server = httptest.NewServer(mux)
	t.Cleanup(s.Close)
	return s
}

func (s *shop) address() string { return strings.TrimPrefix(s.URL, "http://") }

func (s *shop) home(w http.ResponseWriter, r *http.Request) {
	_, _ = io.Copy(io.Discard, r.Body)
	switch s.fault.Load() {
	case "500":
		w.WriteHeader(http.StatusInternalServerError)
	case "close":
		w.Header().Set("Connection", "close")
	case "cut":
		panic(http.ErrAbortHandler)
	case "nonsense":
		_, _ = io.WriteString(w, "<html>")
		return
	}
	_ = json.NewEncoder(w).Encode(demoapp.Answer{Version: "v1", Slot: "a"})
}

func (s *shop) echo(w http.ResponseWriter, r *http.Request) {
	conn, err := websocket.Accept(w, r, nil)
	if err != nil {
		return
	}
	defer func() { _ = conn.CloseNow() }()
	for {
		kind, text, err := conn.Read(r.Context())
		if err != nil {
			return
		}
		switch s.socket.Load() {
		case "away":
			_ = conn.Close(websocket.StatusGoingAway, "")
			return
		case "cut":
			return
		case "wrong":
			text = []byte("something else")
		}
		if conn.Write(r.Context(), kind, text) != nil {
			return
		}
	}
}

// sends runs some clients until the book says enough.
func sends(t *testing.T, s *shop, load traffic, enough func(*book) bool) *book {
	t.Helper()
	load.think = time.Millisecond
	g := generate(context.Background(), s.address(), load)
	require.Eventually(t, func() bool { return enough(g.book) }, 20*time.Second, time.Millisecond)
	g.Stop()
	return g.book
}

func atLeast(n int) func(*book) bool { return func(b *book) bool { return len(b.all()) >= n } }

func TestTheLoadIsCounted(t *testing.T) {
	s := newShop(t)
	b := sends(t, s, traffic{kept: 2, fresh: 2, slow: 1, sockets: 2}, func(b *book) bool {
		kinds := account(b.all(), nil, nil).ByKind
		return kinds[kindKept] > 50 && kinds[kindWrite] > 2 && kinds[kindFresh] > 10 && kinds[kindSlow] > 10 && kinds[kindSocket] > 10
	})
	got := account(b.all(), nil, nil)
	require.Zero(t, got.Failed, got.First)
	for _, one := range b.all() {
		require.False(t, one.Ended.Before(one.Begun))
		if one.Kind != kindSocket {
			require.Equal(t, "v1", one.Version)
			require.Equal(t, "a", one.Slot)
		}
	}
	require.Zero(t, b.told)
}

func TestWhatFailsIsNotHidden(t *testing.T) {
	for fault, wantFailed := range map[string]bool{"500": true, "cut": true, "nonsense": true, "close": false} {
		s := newShop(t)
		s.fault.Store(fault)
		got := account(sends(t, s, traffic{kept: 1, fresh: 1, slow: 1}, atLeast(12)).all(), nil, nil)
		if wantFailed {
			require.Equal(t, got.Requests, got.Failed, fault)
		} else {
			require.Zero(t, got.Failed, "%s: %v", fault, got.First)
		}
	}
}

func TestABadVersionIsKnownByItsAnswers(t *testing.T) {
	s := newShop(t)
	s.fault.Store("500")
	got := account(sends(t, s, traffic{kept: 1}, atLeast(10)).all(), nil, map[string]bool{"v1": true})
	require.Zero(t, got.Failed)
	require.Equal(t, got.Requests, got.Apart.BadVersion)
}

func TestASocketThatIsToldIsNoFailure(t *testing.T) {
	s := newShop(t)
	s.socket.Store("away")
	b := sends(t, s, traffic{sockets: 2}, func(b *book) bool { b.mu.Lock(); defer b.mu.Unlock(); return b.told > 3 })
	require.Zero(t, account(b.all(), nil, nil).Failed)
	for _, fault := range []string{"cut", "wrong"} {
		s := newShop(t)
		s.socket.Store(fault)
		got := account(sends(t, s, traffic{sockets: 1}, atLeast(3)).all(), nil, nil)
		require.Equal(t, got.Requests, got.Failed, fault)
	}
}

func TestADeadServerIsNotAskedInATightLoop(t *testing.T) {
	s := newShop(t)
	s.Close()
	got := account(sends(t, s, traffic{kept: 1, fresh: 1, slow: 1, sockets: 1}, atLeast(8)).all(), nil, nil)
	require.Equal(t, got.Requests, got.Failed)
}
