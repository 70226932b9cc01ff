package daemon_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"teal.dev/teal/daemon"
	"teal.dev/teal/daemon/daemontest"
	"teal.dev/teal/events"
	"teal.dev/teal/release"
)

// house is a whole daemon on fakes, listening on a real unix socket and a real TCP port.
type house struct {
	daemon *daemon.Daemon
	store  *daemontest.Memory
	config atomic.Pointer[daemon.Config]
	unix   *http.Client
	tcp    string
}

func newHouse(t *testing.T, core *script, apps ...string) *house {
	h := &house{store: daemontest.NewMemory()}
	if core.watch.Every == 0 {
		core.watch.Every = 20 * time.Millisecond
	}
	h.configure(daemon.Access{}, apps...)
	path := filepath.Join(t.TempDir(), "teal.sock")
	socket, err := daemon.ListenUnix(path, 0o660)
	require.NoError(t, err)
	tcp, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	h.tcp = "http://" + tcp.Addr().String()
	h.unix = &http.Client{Transport: &http.Transport{DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, "unix", path)
	}}}
	h.daemon, err = daemon.New(daemon.Options{Version: "test", Config: h.config.Load, Journal: h.store, Inbox: h.store, Outbox: h.store,
		Register: h.store, Quarantine: h.store, TakeOver: h.store.TakeOver, HTTP: tcp, Socket: socket, Core: core.core(),
		Archive: daemon.Archive{Timeline: h.store.Timeline, Tail: h.store.Tail}, Reload: func(context.Context) error { return errors.New("apps/shop.yaml:3: unknown key") }})
	require.NoError(t, err)
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- h.daemon.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		require.NoError(t, <-done)
	})
	require.Eventually(t, func() bool {
		for _, a := range h.daemon.Apps() {
			if a.View().At.IsZero() {
				return false
			}
		}
		return len(h.daemon.Apps()) == len(apps)
	}, 10*time.Second, 5*time.Millisecond)
	return h
}

func (h *house) configure(access daemon.Access, apps ...string) {
	c := &daemon.Config{Name: "test", Access: access, Apps: map[string]daemon.AppConfig{}}
	if old := h.config.Load(); old != nil && len(apps) == 0 {
		c.Apps = old.Apps
	}
	for _, name := range apps {
		c.Apps[name] = daemon.AppConfig{App: name, AllowUnsigned: true, Ports: daemon.Ports{Switch: daemontest.NewSwitch("lb1"), Launcher: daemontest.NewLauncher()}}
	}
	h.config.Store(c)
}

func ask(t *testing.T, client *http.Client, method, url, body string) (int, map[string]any) {
	req, err := http.NewRequestWithContext(t.Context(), method, url, strings.NewReader(body))
	require.NoError(t, err)
	resp, err := client.Do(req)
	require.NoError(t, err)
	defer func() { _ = resp.Body.Close() }()
	raw, err := io.ReadAll(resp.Body)
	require.NoError(t, err)
	var got map[string]any
	require.NoError(t, json.Unmarshal(raw, &got), "%s", raw)
	if resp.StatusCode >= 400 {
		failed, ok := got["error"].(map[string]any)
		require.True(t, ok, "%s", raw)
		for _, key := range []string{"code", "text", "next"} {
			require.NotEmpty(t, failed[key], "%s %s: %s", method, url, raw)
		}
	}
	return resp.StatusCode, got
}

func (h *house) post(t *testing.T, path, body string) (int, map[string]any) {
	return ask(t, h.unix, "POST", "http://teal"+path, body)
}

// TestRolesOfEveryRoute asks every route of the table as everybody, over the real socket with real peer credentials.
func TestRolesOfEveryRoute(t *testing.T) {
	core := &script{say: func(o release.Observation) (release.Action, bool) {
		return release.Action{Kind: release.Record, Why: "noted"}, o.Command != nil
	}}
	h := newHouse(t, core, "shop")
	me := fmt.Sprintf("uid:%d", os.Getuid())
	everybody := []struct {
		role   string
		access daemon.Access
	}{{"viewer", daemon.Access{}}, {"operator", daemon.Access{Operator: []string{me}}}, {"dba", daemon.Access{DBA: []string{fmt.Sprintf("gid:%d", os.Getgid())}}},
		{"admin", daemon.Access{Admin: []string{me}}}, {"tcp", daemon.Access{Admin: []string{me}}}}
	changes := 0
	for _, route := range daemon.Routes() {
		path := strings.NewReplacer("{app}", "shop", "{id}", "R1").Replace(route.Path)
		for _, who := range everybody {
			h.configure(who.access)
			client, base := h.unix, "http://teal"
			if who.role == "tcp" {
				client, base = http.DefaultClient, h.tcp
			}
			want := route.Method == "GET"
			switch who.role {
			case "operator", "admin":
				want = true
			case "dba":
				want = want || strings.HasSuffix(path, "/approve")
			}
			status, body := ask(t, client, route.Method, base+path, "")
			require.Equal(t, want, status != http.StatusForbidden, "%s %s as %s: %d %v", route.Method, path, who.role, status, body)
		}
		if route.Method != "GET" {
			changes++
		}
	}
	require.Equal(t, 11, changes, "a new mutation needs a line here")
}

func TestAWordOfAPersonIsPassedOnAndRecorded(t *testing.T) {
	var got atomic.Pointer[release.Command]
	core := &script{say: func(o release.Observation) (release.Action, bool) {
		if o.Command == nil {
			return release.Action{}, false
		}
		got.Store(o.Command)
		if o.Command.Verb == release.VerbPromote {
			return release.Action{Kind: release.Refuse, Code: "not_baking", Why: "no release is baking"}, true
		}
		return release.Action{Kind: release.Record, Rule: "person-rolls-back", Why: "rolling back"}, true
	}}
	h := newHouse(t, core, "shop")
	h.configure(daemon.Access{Operator: []string{fmt.Sprintf("uid:%d", os.Getuid())}})

	status, body := h.post(t, "/v1/apps/shop/rollback", `{"reason":"it is slow"}`)
	require.Equal(t, 200, status, body)
	require.Equal(t, "person-rolls-back", body["action"].(map[string]any)["rule"])
	require.Len(t, got.Load().Release, 26, "a fresh id for a cold rollback")
	require.Equal(t, []string{"viewer", "operator"}, got.Load().Roles)
	status, body = h.post(t, "/v1/apps/shop/promote", "")
	require.Equal(t, 409, status)
	require.Equal(t, "not_baking", body["error"].(map[string]any)["code"])

	_, body = ask(t, h.unix, "GET", "http://teal/v1/apps/shop/timeline?after=0", "")
	lines := body["lines"].([]any)
	require.Len(t, lines, 2)
	require.Equal(t, "it is slow", lines[0].(map[string]any)["reason"])
	require.Equal(t, got.Load().Actor, lines[0].(map[string]any)["actor"])
	_, body = ask(t, h.unix, "GET", "http://teal/v1/apps/shop/timeline?last=1", "")
	require.Equal(t, lines[1:], body["lines"])
	_, body = ask(t, h.unix, "GET", "http://teal/v1/apps/shop/timeline?limit=1", "")
	require.Equal(t, lines[:1], body["lines"])

	for path, want := range map[string]int{"/v1/apps/pay/hold": 404, "/v1/reload": 422, "/v1/nothing": 404} {
		status, _ = h.post(t, path, "")
		require.Equal(t, want, status, path)
	}
	status, _ = h.post(t, "/v1/apps/shop/hold", `{"raeson":"x"}`)
	require.Equal(t, 400, status)
	status, _ = h.post(t, "/v1/apps/shop/hold", `{"reason":"`+strings.Repeat("x", 600<<10)+`"}`)
	require.Equal(t, 400, status)
}

func TestAReleaseComesByTheAPIThroughTheSameDoor(t *testing.T) {
	h := newHouse(t, &script{}, "shop")
	h.configure(daemon.Access{Operator: []string{fmt.Sprintf("uid:%d", os.Getuid())}})
	body := request(t, "shop", "1.2", nil)
	status, got := h.post(t, "/v1/releases", string(body))
	require.Equal(t, 202, status, got)
	require.Equal(t, "new", got["receipt"])
	status, got = h.post(t, "/v1/releases", string(body))
	require.Equal(t, 202, status)
	require.Equal(t, "duplicate", got["receipt"])
	status, got = h.post(t, "/v1/releases", string(bytes.ReplaceAll(body, []byte("1.2"), []byte("1.3"))))
	require.Equal(t, 409, status)
	require.Equal(t, string(events.IDConflict), got["error"].(map[string]any)["code"])
	status, got = h.post(t, "/v1/releases", `{"app":"shop"}`)
	require.Equal(t, 422, status)
	require.Equal(t, string(events.Schema), got["error"].(map[string]any)["code"])
	require.Eventually(t, func() bool {
		app, _ := h.daemon.App("shop")
		return len(app.View().Observation.Queue) == 1
	}, 5*time.Second, 5*time.Millisecond)
	_, got = ask(t, http.DefaultClient, "GET", h.tcp+"/v1/apps/shop", "")
	require.Len(t, got["queue"], 1)
}

func TestTheTCPListenerBelievesNoForeignName(t *testing.T) {
	h := newHouse(t, &script{}, "shop")
	req, err := http.NewRequestWithContext(t.Context(), "GET", h.tcp+"/v1/status", nil)
	require.NoError(t, err)
	req.Host = "evil.example"
	resp, err := http.DefaultClient.Do(req)
	require.NoError(t, err)
	_ = resp.Body.Close()
	require.Equal(t, http.StatusMisdirectedRequest, resp.StatusCode)
	resp, err = http.Get(h.tcp + "/metrics")
	require.NoError(t, err)
	text, err := io.ReadAll(resp.Body)
	_ = resp.Body.Close()
	require.NoError(t, err)
	for _, want := range []string{`teal_app_info{app="shop"`, `teal_turns_total{app="shop"}`, "teal_config_reload_success 1", "teal_nats_connected 1"} {
		require.Contains(t, string(text), want)
	}
	for path, want := range map[string]int{"/healthz": 200, "/readyz": 200, "/v1/status": 200, "/v1/approvals": 200, "/v1/history/shop": 501} {
		status, _ := ask(t, http.DefaultClient, "GET", h.tcp+path, "")
		require.Equal(t, want, status, path)
	}
}

func TestRunnersFollowTheConfig(t *testing.T) {
	h := newHouse(t, &script{}, "shop")
	h.configure(daemon.Access{}, "pay")
	h.daemon.Refresh()
	require.Eventually(t, func() bool {
		shop, _ := h.daemon.App("shop")
		pay, ok := h.daemon.App("pay")
		return ok && !pay.View().At.IsZero() && shop.View().Observation.Removed
	}, 5*time.Second, 5*time.Millisecond)
}

func TestASecondDaemonDoesNotTakeTheSocket(t *testing.T) {
	path := filepath.Join(t.TempDir(), "teal.sock")
	first, err := daemon.ListenUnix(path, 0o600)
	require.NoError(t, err)
	_, err = daemon.ListenUnix(path, 0o600)
	require.ErrorContains(t, err, "another daemon")
	first.(*net.UnixListener).SetUnlinkOnClose(false) // as after kill -9
	require.NoError(t, first.Close())
	second, err := daemon.ListenUnix(path, 0o600)
	require.NoError(t, err)
	require.NoError(t, second.Close())
}

func TestTheHTTPProberWantsTwoHundreds(t *testing.T) {
	mux := http.NewServeMux()
	for path, status := range map[string]int{"/ok": 204, "/ill": 503} {
		mux.HandleFunc(path, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(status) })
	}
	mux.Handle("/here", http.RedirectHandler("/ok", 302))
	mux.Handle("/away", http.RedirectHandler("http://other.example/ok", 302))
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	server := &http.Server{Handler: mux}
	go func() { _ = server.Serve(listener) }()
	defer func() { _ = server.Close() }()
	for path, want := range map[string]string{"/ok": "", "/ill": "503", "/here": "", "/away": "another host"} {
		p := daemon.NewHTTPProber(map[release.Slot]string{release.A: listener.Addr().String()}, path, 5*time.Second)
		err := p.Probe(t.Context(), release.A, release.Plan{})
		if want == "" {
			require.NoError(t, err, path)
		} else {
			require.ErrorContains(t, err, want, path)
		}
		require.ErrorContains(t, p.Probe(t.Context(), release.B, release.Plan{}), "no address")
	}
}
