package haproxy

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"teal.dev/teal/daemon"
	"teal.dev/teal/daemon/daemontest"
	"teal.dev/teal/haproxy/haproxytest"
	"teal.dev/teal/internal/lab"
	"teal.dev/teal/internal/lab/labtest"
	"teal.dev/teal/release"
)

// real is a switch over real HAProxies and two applications that answer with the letter of their slot.
type real struct {
	haps  []*lab.HAProxy
	nodes []*Node
	front []string // address of each node's front-end
	fence *haproxytest.Fence
	app   App
	slots map[release.Slot]*demoApp
	*Switch
}

// demoApp answers every request with its slot.
type demoApp struct {
	*httptest.Server
	fail   atomic.Bool  // answer 500, but to health checks
	health atomic.Int32 // the status of health checks; 0 = 200
}

func newDemoApp(t testing.TB, slot release.Slot) *demoApp {
	a := &demoApp{}
	a.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if a.fail.Load() && r.URL.Path != "/healthz" {
			w.WriteHeader(http.StatusInternalServerError)
		}
		if code := a.health.Load(); code > 0 && r.URL.Path == "/healthz" {
			w.WriteHeader(int(code))
			return
		}
		if r.URL.Path == "/slow" {
			select {
			case <-r.Context().Done():
			case <-time.After(time.Minute):
			}
		}
		fmt.Fprint(w, string(slot))
	}))
	t.Cleanup(func() { a.CloseClientConnections(); a.Close() })
	return a
}

func newReal(t testing.TB, nodes int) *real {
	t.Helper()
	return newRealOn(t, labtest.Lab(t), nodes, strings.NewReplacer())
}

// newRealOn is newReal with changes to the configuration.
func newRealOn(t testing.TB, l *lab.Lab, nodes int, change *strings.Replacer) *real {
	t.Helper()
	r := &real{fence: haproxytest.NewFence(), slots: map[release.Slot]*demoApp{}}
	file := filepath.Join(l.Dir(), "shop.map")
	r.app = App{Name: "shop", MapFile: file, MapName: file, Slots: map[release.Slot]string{}}
	for _, slot := range release.Slots() {
		r.slots[slot] = newDemoApp(t, slot)
		r.app.Slots[slot] = r.slots[slot].Listener.Addr().String()
	}
	require.NoError(t, EnsureMapFile(file))
	for i := range nodes {
		bind := fmt.Sprintf("127.0.0.1:%d", l.FreePort())
		h, err := l.HAProxy(t.Context(), change.Replace(Example(ExampleConfig{
			Socket: "{socket}", Threads: 2, Apps: []App{r.app}, Bind: map[string]string{"shop": bind}})))
		require.NoError(t, err)
		n := NewNode(NodeConfig{Name: fmt.Sprintf("lb%d", i+1), Socket: h.Socket, Master: h.Master})
		t.Cleanup(n.Close)
		r.haps, r.nodes, r.front = append(r.haps, h), append(r.nodes, n), append(r.front, "http://"+bind)
	}
	r.Switch = NewSwitch(r.app, r.nodes, r.fence, quiet())
	return r
}

// get is one request on a connection of its own: status and body.
func (r *real) get(t testing.TB, node int) (int, string) {
	t.Helper()
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}, Timeout: 5 * time.Second}
	answer, err := client.Get(r.front[node] + "/")
	if err != nil {
		return 0, err.Error()
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	require.NoError(t, err)
	return answer.StatusCode, string(body)
}

// serves waits until a node answers from slot; HAProxy is optimistic about servers that it has not checked yet.
func (r *real) serves(t testing.TB, node int, slot release.Slot) {
	t.Helper()
	var code int
	var body string
	require.Eventually(t, func() bool {
		code, body = r.get(t, node)
		return code == 200 && body == string(slot)
	}, 10*time.Second, 20*time.Millisecond, "want %s, have %d %q", slot, code, body)
}

func TestRealPassesSuite(t *testing.T) {
	daemontest.TestSwitch(t, func(t *testing.T) daemontest.SwitchWorld {
		r := newReal(t, 2)
		w := daemontest.SwitchWorld{App: "shop", Switch: r.Switch, Lead: r.fence.Lead,
			Again: func() daemon.Switch { return NewSwitch(r.app, r.nodes, r.fence, quiet()) }}
		for i, h := range r.haps {
			start := func() { require.NoError(t, h.Start(t.Context())) }
			stop := func() { require.NoError(t, h.Kill()) }
			w.Nodes = append(w.Nodes, daemontest.SwitchNode{Name: r.nodes[i].Name(), Start: start, Stop: stop,
				Restart: func() { stop(); start() },
				Tamper: func(v string) {
					line := "del map " + r.app.MapName + " shop"
					if v != "" {
						line += "; add map " + r.app.MapName + " shop " + v
					}
					_, err := h.Ask(line)
					require.NoError(t, err)
				}})
		}
		return w
	})
}

func TestConfigIsAcceptedAndRoutes(t *testing.T) {
	dir := t.TempDir()
	app := App{Name: "my-shop.eu", MapName: filepath.Join(dir, "m.map"), Slots: map[release.Slot]string{"a": "127.0.0.1:5000", "b": "127.0.0.1:5001"}}
	require.NoError(t, EnsureMapFile(app.MapName))
	file := filepath.Join(dir, "haproxy.cfg")
	text := Config(app, "/srv/hap/admin.sock", "")
	require.Contains(t, text, "stats socket /srv/hap/admin.sock mode 660 level admin")
	require.Contains(t, text, "-W -S /run/haproxy-master.sock)")
	require.NoError(t, os.WriteFile(file, []byte("global\n    stats socket "+dir+"/s level admin\ndefaults\n"+defaults+text), 0o600))
	out, err := exec.CommandContext(t.Context(), "haproxy", "-c", "-f", file).CombinedOutput()
	require.NoError(t, err, "%s\n%s", out, text)
	require.NotContains(t, string(out), "WARNING")

	// Without a usable value: the only back-end that is up; with two up, 503, never a fixed slot.
	r := newReal(t, 1)
	require.Eventually(t, func() bool { code, _ := r.get(t, 0); return code == 503 }, 10*time.Second, 20*time.Millisecond)
	r.slots["a"].Close()
	r.serves(t, 0, release.B)
	_, err = r.haps[0].Ask("add map " + r.app.MapName + " shop green:blue:0:1")
	require.NoError(t, err)
	r.serves(t, 0, release.B)
	require.NoError(t, r.Send(t.Context(), route(release.A, 2)))
	code, _ := r.get(t, 0)
	require.Equal(t, 503, code, "a usable value is followed, the fallback is not for a slot that is down")
	require.NoError(t, r.Send(t.Context(), route(release.B, 3)))
	r.serves(t, 0, release.B)
}

// An app that ran before teal is adopted before HAProxy knows the map: the reload that adopts the section must not have
// one request without a slot.
func TestRealAdoptionWritesTheFileFirst(t *testing.T) {
	r := newReal(t, 1)
	file := filepath.Join(t.TempDir(), "later.map")
	require.NoError(t, EnsureMapFile(file))
	app := r.app
	app.MapFile, app.MapName = file, file
	later := NewSwitch(app, r.nodes, r.fence, quiet())
	require.ErrorContains(t, later.Send(t.Context(), route(release.A, 1)), "Unknown map identifier")
	read := func() string {
		text, err := os.ReadFile(file)
		require.NoError(t, err)
		return string(text)
	}
	require.Equal(t, "shop a:a:0:1\n", read())
	require.ErrorContains(t, later.Send(t.Context(), route(release.B, 2)), "Unknown map identifier")
	require.Equal(t, "shop a:a:0:1\n", read(), "a file that says something is not touched while no HAProxy can confirm it")
}

// Errors that HAProxy makes up are counted once, those of the server once.
func TestRealCounters(t *testing.T) {
	r := newReal(t, 1)
	require.NoError(t, r.Send(t.Context(), route(release.B, 1)))
	require.Eventually(t, func() bool { return r.server(t, release.B).Up == release.Yes }, 10*time.Second, 20*time.Millisecond)
	r.serves(t, 0, release.B)
	base := r.server(t, release.B)
	r.slots["b"].fail.Store(true)
	for range 10 {
		code, _ := r.get(t, 0)
		require.Equal(t, 500, code)
	}
	now := r.server(t, release.B)
	require.EqualValues(t, 10, now.Requests-base.Requests)
	require.EqualValues(t, 10, now.Errors-base.Errors)
	require.Equal(t, release.Yes, now.Up)
	r.slots["b"].CloseClientConnections()
	r.slots["b"].Close()
	failed := 0
	for range 5 { // some before, some after HAProxy marks it down
		if code, _ := r.get(t, 0); code == 503 {
			failed++
		}
	}
	after := r.server(t, release.B)
	require.EqualValues(t, failed, after.Errors-now.Errors)
	require.EqualValues(t, 5, after.Requests-now.Requests)
	require.Eventually(t, func() bool { return r.server(t, release.B).Up == release.No }, 10*time.Second, 20*time.Millisecond)
}

// The generated check takes what teal's own probe takes, 200 to 299, and a server that is not up says why.
func TestHealthAnswers(t *testing.T) {
	r := newReal(t, 1)
	for _, step := range []struct {
		code  int32
		up    release.Tri
		check string
	}{{204, release.Yes, "L7OK 204"}, {302, release.No, "L7STS 302"}, {299, release.Yes, "L7OK 299"}, {503, release.No, "L7STS 503"}} {
		r.slots["b"].health.Store(step.code)
		require.Eventually(t, func() bool {
			seen := r.server(t, release.B)
			require.NotContains(t, seen.Check, "*")
			return seen.Up == step.up && seen.Check == step.check
		}, 10*time.Second, 20*time.Millisecond, "%d", step.code)
	}
}

func (r *real) server(t testing.TB, slot release.Slot) release.Server {
	t.Helper()
	seen, err := r.Observe(t.Context(), []release.Slot{slot})
	require.NoError(t, err)
	require.True(t, seen.Nodes[0].Known, seen.Nodes[0].Problem)
	return seen.Nodes[0].Servers[slot]
}

// Test 2 of the reference: held connections use up the command line; the outcome is unknown, then converges, and what was
// sent in vain does not come back after a rollback.
func TestHeldConnections(t *testing.T) {
	l := labtest.Lab(t)
	r := newRealOn(t, l, 1, strings.NewReplacer("stats maxconn 64", "stats maxconn 10", "stats timeout 10s", "stats timeout 1m"))
	require.NoError(t, r.Send(t.Context(), route(release.A, 1)))
	r.serves(t, 0, release.A)
	var held []net.Conn
	for range 10 {
		c, err := net.Dial("unix", r.haps[0].Socket)
		require.NoError(t, err)
		_, err = c.Write([]byte("prompt\n"))
		require.NoError(t, err)
		_, err = c.Read(make([]byte, 16)) // it is served, and stays
		require.NoError(t, err)
		held = append(held, c)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 3*time.Second)
	defer cancel()
	err := r.Send(ctx, route(release.B, 2))
	var unknown *Unknown
	require.ErrorAs(t, err, &unknown)
	r.serves(t, 0, release.A)
	seen, err := r.Observe(t.Context(), nil)
	require.NoError(t, err)
	require.False(t, seen.Nodes[0].Known)

	// A commit that was accepted by the kernel and not answered: the version was prepared before the line was full.
	free := func() {
		for _, c := range held {
			c.Close()
		}
	}
	n := r.nodes[0]
	held[0].Close()
	var st stage
	require.Eventually(t, func() bool {
		st, err = n.prepare(t.Context(), r.app.MapName, r.fence, route(release.B, 2))
		return err == nil
	}, 10*time.Second, 20*time.Millisecond, "%v", err)
	c, err := net.Dial("unix", r.haps[0].Socket)
	require.NoError(t, err)
	_, err = c.Write([]byte("prompt\n"))
	require.NoError(t, err)
	_, err = c.Read(make([]byte, 16))
	require.NoError(t, err)
	held[0] = c
	require.Error(t, n.commit(t.Context(), r.app.MapName, st, route(release.B, 2)))
	require.Equal(t, 1, n.Outstanding())
	r.serves(t, 0, release.A)
	free()
	require.NoError(t, r.Send(t.Context(), route(release.A, 3))) // the rollback
	require.Eventually(t, func() bool { return n.Outstanding() == 0 }, 10*time.Second, 10*time.Millisecond)
	dump, err := r.haps[0].Ask("show map " + r.app.MapName)
	require.NoError(t, err)
	require.Contains(t, dump, "a:a:0:3")
	r.serves(t, 0, release.A)
}
