package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"teal.dev/teal/daemon"
	"teal.dev/teal/daemon/daemontest"
	"teal.dev/teal/events/jetstream"
	"teal.dev/teal/internal/client"
	"teal.dev/teal/release"
	"teal.dev/teal/store/sqlite"
)

// wait bounds what a test waits for.
const wait = 30 * time.Second

// house is a whole daemon with the real core, a real NATS, a real store and the real API; only HAProxy and the processes
// are fakes.
type house struct {
	t      *testing.T
	url    string
	socket string
	config atomic.Pointer[daemon.Config]
	ill    atomic.Value // a version that is never healthy
	daemon *daemon.Daemon
}

func limits() release.Limits {
	return release.Limits{Queue: "fifo", ProbeEvery: 10 * time.Millisecond, Passes: 1, Stable: 10 * time.Millisecond, Deadline: 3 * time.Second,
		ApprovalWait: time.Hour, BakeFor: 100 * time.Millisecond, MaxErrors: 0.01, FewRequests: "pass", Few: 100, WarmFor: time.Hour, AutoRollback: true,
		Drain: 10 * time.Millisecond, LongLived: time.Second, Keep: time.Minute, ReadyLost: 10 * time.Second, Blind: time.Minute,
		Idle: 20 * time.Millisecond, Busy: 10 * time.Millisecond}
}

// newHouse starts the daemon. change may alter the app's limits.
func newHouse(t *testing.T, change func(*release.Limits)) *house {
	t.Helper()
	h := &house{t: t, socket: filepath.Join(t.TempDir(), "teal.sock")}
	h.ill.Store("")
	sw, launcher := daemontest.NewSwitch("lb1"), daemontest.NewLauncher()
	h.behave(sw, launcher)
	prober := &daemontest.Prober{Hook: func(ctx context.Context, op string) error {
		if !h.healthy(ctx, launcher, release.Slot(op)) {
			return errors.New("connection refused")
		}
		return nil
	}}
	l := limits()
	if change != nil {
		change(&l)
	}
	me := []string{fmt.Sprintf("uid:%d", os.Getuid())}
	h.config.Store(&daemon.Config{Name: "test", Access: daemon.Access{Operator: me}, Apps: map[string]daemon.AppConfig{"shop": {
		App: "shop", AllowUnsigned: true, Limits: l, Ports: daemon.Ports{Switch: sw, Launcher: launcher, Prober: prober, Vetter: &daemontest.Vetter{}}}}})
	server, err := jetstream.Embedded(t.Context(), jetstream.EmbeddedConfig{Listen: "127.0.0.1:0", Dir: t.TempDir()})
	require.NoError(t, err)
	t.Cleanup(server.Close)
	h.url = server.URL()
	bus, err := jetstream.Connect(jetstream.Config{Name: "test", URL: h.url})
	require.NoError(t, err)
	t.Cleanup(bus.Close)
	store, err := sqlite.Open(t.Context(), filepath.Join(t.TempDir(), "teal.db"))
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, store.Close()) })
	require.NoError(t, store.SetHorizon(t.Context(), "shop", 0)) // what a test publishes at once is not from before the app's file
	listener, err := daemon.ListenUnix(h.socket, 0o600)
	require.NoError(t, err)
	d, err := daemon.New(daemon.Options{Version: "test", Config: h.config.Load, Journal: store, Inbox: store, Outbox: store, Register: store, Quarantine: store,
		TakeOver: store.TakeOver, Archive: archive(store), Publisher: bus, Intake: bus, Connected: bus.Connected, Socket: listener})
	require.NoError(t, err)
	h.daemon = d
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- d.Run(ctx) }()
	t.Cleanup(func() { cancel(); require.NoError(t, <-done) })
	_, err = bus.Ensure(t.Context())
	require.NoError(t, err)
	require.Eventually(t, func() bool {
		app, ok := d.App("shop")
		return ok && !app.View().At.IsZero()
	}, wait, 5*time.Millisecond)
	return h
}

func (h *house) healthy(ctx context.Context, launcher *daemontest.Launcher, slot release.Slot) bool {
	tenant, err := launcher.Observe(ctx, slot)
	return err == nil && tenant.Running == release.Yes && string(tenant.Version) != h.ill.Load()
}

// behave lets HAProxy's health checks see what runs.
func (h *house) behave(sw *daemontest.Switch, launcher *daemontest.Launcher) {
	sw.Hook = func(ctx context.Context, _ string) error {
		for _, slot := range release.Slots() {
			server := release.Server{Up: release.No, Status: "DOWN", Counted: true}
			if h.healthy(ctx, launcher, slot) {
				server.Up, server.Status = release.Yes, "UP"
			}
			sw.Server(slot, server)
		}
		return nil
	}
}

// said is what one command printed and how it ended.
type said struct {
	code     int
	out, err string
}

// teal runs one command against the house.
func (h *house) teal(args ...string) said {
	h.t.Helper()
	switch args[0] {
	case "release":
		args = append(args, "--nats", h.url, "--audience", "test", "--config", h.t.TempDir())
		if !slices.Contains(args, "--timeout") {
			args = append(args, "--timeout", "20s")
		}
	default:
		args = append(args, "--socket", h.socket)
	}
	return runTeal(h.t.Context(), args...)
}

// buffer may be read while a command writes to it.
type buffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (b *buffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.Write(p)
}

func (b *buffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.String()
}

func runTeal(ctx context.Context, args ...string) said {
	var out, err buffer
	code := run(ctx, args, stdio{in: strings.NewReader(""), out: &out, err: &err})
	return said{code: code, out: out.String(), err: err.String()}
}

// release runs teal release with -o json.
func (h *house) release(args ...string) (said, followed) {
	h.t.Helper()
	s := h.teal(append([]string{"release", "shop", "-o", "json"}, args...)...)
	var doc followed
	require.NoError(h.t, json.Unmarshal([]byte(s.out), &doc), "%s%s", s.out, s.err)
	require.Equal(h.t, s.code, doc.Code)
	return s, doc
}

// until waits for a state of the app.
func (h *house) until(good func(daemon.AppStatus) bool) daemon.AppStatus {
	h.t.Helper()
	var last daemon.AppStatus
	ok := false
	require.Eventually(h.t, func() bool {
		var err error
		last, err = client.New(h.socket).App(h.t.Context(), "shop")
		ok = err == nil && good(last)
		return ok
	}, wait, 10*time.Millisecond)
	return last
}
