package e2e

import (
	"crypto/rand"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"teal.dev/teal/events"
	"teal.dev/teal/events/jetstream"
	"teal.dev/teal/haproxy"
	"teal.dev/teal/internal/client"
	"teal.dev/teal/internal/config"
	"teal.dev/teal/internal/lab"
	"teal.dev/teal/launch/process"
	"teal.dev/teal/release"
)

const (
	audience = "e2e"
	// canary is the password in every address of a database: it must never be seen again (I12).
	canary = "correct-horse-battery-canary"
)

// shop is one app of a town.
type shop struct {
	name        string
	front, a, b int
	database    string            // its name on the server
	settings    map[string]string // lines of its file, by key
	node        string            // the HAProxy that it is on
}

// town is a daemon with everything around it, for one test.
type town struct {
	t        *testing.T
	dir      string
	lab      *lab.Lab
	postgres *lab.Postgres
	proxy    *lab.HAProxy
	shops    map[string]*shop
	order    []string
	nodes    map[string]string // more HAProxy nodes: name -> YAML
	access   string
	configAt string // what the daemon is started with
	nats     int
	http     int
	daemon   *daemonProcess
	api      *client.Client
	bus      *jetstream.Bus
	key      events.PrivateKey
}

// plan is what a test changes of a town before it starts.
type plan struct {
	apps     []string
	own      bool // a PostgreSQL of its own, which the test may stop
	policies map[string]string
	settings map[string]string
	prepare  func(*town)
	quiet    bool // do not start the daemon
}

// usual are the lines of an app's file: a test's minutes are parts of a second.
func usual() map[string]string {
	return map[string]string{
		"health":     "{path: /healthz, every: 50ms, timeout: 1s, passes: 3, stable: 200ms, deadline: 10s}",
		"drain":      "1s",
		"switch":     "{approval: none}",
		"bake":       "{for: 1s, max_errors: 1%, few_requests: pass}",
		"warm":       "{for: 1s, auto_rollback: true}",
		"contract":   "{after: 1s, approval: none}",
		"queue":      "fifo",
		"migrations": "{}",
		"release":    "{allow_unsigned: false, allow_urgent: false}",
	}
}

// newTown starts a daemon and its HAProxy. Everything ends with the test, and what was said is searched for the canary.
func newTown(t *testing.T, p plan) *town {
	t.Helper()
	l, err := lab.New("")
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, l.Close()) })
	w := &town{t: t, dir: l.Dir(), configAt: filepath.Join(l.Dir(), "config"), lab: l, shops: map[string]*shop{}, nodes: map[string]string{},
		access: fmt.Sprintf(`{admin: ["uid:%d"]}`, os.Getuid()), nats: l.FreePort(), http: l.FreePort()}
	t.Cleanup(w.end)
	w.postgres = shared.postgres
	if p.own {
		w.postgres, err = l.Postgres(t.Context(), "fsync=off", "log_min_messages=fatal")
		require.NoError(t, err)
	}
	if len(p.apps) == 0 {
		p.apps = []string{"shop"}
	}
	for _, dir := range []string{"config/apps", "config/keys", "config/policies", "maps", "state", "nats", "releases"} {
		require.NoError(t, os.MkdirAll(w.path(dir), 0o755))
	}
	w.write("witness", "the shops live as long as this file")
	for _, name := range p.apps {
		w.add(name, p.settings)
	}
	for name, text := range p.policies {
		w.write("config/policies/"+name, text)
	}
	w.haproxy()
	w.newKey("ci", "config/keys/ci.yaml", "apps: ['*']")
	if p.prepare != nil {
		p.prepare(w)
	}
	w.writeDaemon()
	for _, name := range w.order {
		w.writeApp(name)
	}
	w.api = client.New(w.path("teal.sock"))
	w.daemon = &daemonProcess{config: w.configAt, log: w.path("daemon.log")}
	if p.quiet {
		return w
	}
	w.serve()
	require.NoError(t, w.proxy.Start(t.Context()))
	return w
}

func (w *town) path(parts ...string) string {
	return filepath.Join(append([]string{w.dir}, parts...)...)
}

// write replaces a file by rename.
func (w *town) write(path, text string) {
	w.t.Helper()
	mode := os.FileMode(0o644)
	if filepath.Ext(path) == ".dsn" {
		mode = 0o600
	}
	path = w.path(path)
	require.NoError(w.t, os.WriteFile(path+".new", []byte(text), mode))
	require.NoError(w.t, os.Rename(path+".new", path))
}

// add gives the town an app with a database of its own.
func (w *town) add(name string, settings map[string]string) *shop {
	w.t.Helper()
	s := &shop{name: name, front: w.lab.FreePort(), a: w.lab.FreePort(), b: w.lab.FreePort(), node: "lb1",
		database: fmt.Sprintf("%s_%d", name, w.nats), settings: usual()}
	for key, value := range settings {
		s.settings[key] = value
	}
	require.NoError(w.t, w.postgres.CreateDatabase(w.t.Context(), s.database))
	w.write(name+".dsn", w.dsn(name, s.database))
	w.shops[name] = s
	w.order = append(w.order, name)
	return s
}

// dsn is the address of a database with the canary in it; the server asks nobody for a password.
func (w *town) dsn(name, database string) string {
	dsn := strings.Replace(w.postgres.DSN(database), "postgres@", "postgres:"+canary+"@", 1)
	require.Contains(w.t, dsn, canary)
	return dsn + "&application_name=" + name
}

// inHAProxy is an app as HAProxy knows it.
func (w *town) inHAProxy(s *shop) haproxy.App {
	return haproxy.App{Name: s.name, MapFile: w.mapFile(s.name), MapName: w.mapFile(s.name), Health: "/healthz", Slots: s.slots()}
}

func (s *shop) slots() map[release.Slot]string {
	return map[release.Slot]string{release.A: fmt.Sprintf("127.0.0.1:%d", s.a), release.B: fmt.Sprintf("127.0.0.1:%d", s.b)}
}

func (w *town) mapFile(app string) string { return w.path("maps", app+".map") }

// haproxy prepares the HAProxy of the documentation, but for its checks, which are ten times as quick.
func (w *town) haproxy() {
	w.t.Helper()
	example := haproxy.ExampleConfig{Socket: "{socket}", Threads: 2, Bind: map[string]string{}}
	for _, name := range w.order {
		s := w.shops[name]
		example.Apps = append(example.Apps, w.inHAProxy(s))
		example.Bind[name] = fmt.Sprintf("127.0.0.1:%d", s.front)
	}
	text := haproxy.Example(example)
	const checks = "inter 1s fastinter 250ms downinter 500ms"
	require.Contains(w.t, text, checks)
	var err error
	w.proxy, err = w.lab.HAProxyAt(strings.ReplaceAll(text, checks, "inter 100ms fastinter 50ms downinter 50ms"))
	require.NoError(w.t, err)
}

// newKey makes a key; public says where its public half stands, as a file of the config directory.
func (w *town) newKey(id, public, more string) events.PrivateKey {
	w.t.Helper()
	key, err := events.GenerateKey(id, rand.Reader)
	require.NoError(w.t, err)
	text, err := events.FormatPublicKey(key.Public())
	require.NoError(w.t, err)
	if public != "" {
		w.write(public, fmt.Sprintf("version: 1\nkey: %q\n%s\n", text, more))
	}
	if w.key.ID == "" {
		w.key = key
	}
	return key
}

func (w *town) writeDaemon() {
	w.t.Helper()
	nodes := fmt.Sprintf("  lb1: {socket: %s, master: %s}\n", w.proxy.Socket, w.proxy.Master)
	for name, node := range w.nodes {
		nodes += "  " + name + ": " + node + "\n"
	}
	w.write("config/teal.yaml", fmt.Sprintf(`version: 1
name: %s
nats: {embedded: {listen: 127.0.0.1:%d, dir: %s}}
store: {sqlite: %s}
listen: {http: 127.0.0.1:%d, socket: %s}
access: %s
haproxy:
%s`, audience, w.nats, w.path("nats"), w.path("state", "teal.db"), w.http, w.path("teal.sock"), w.access, nodes))
}

func (w *town) writeApp(name string) {
	w.t.Helper()
	w.write("config/apps/"+name+".yaml", w.appFile(name))
}

// appFile is apps/NAME.yaml.
func (w *town) appFile(name string) string {
	s := w.shops[name]
	text := fmt.Sprintf(`version: 1
slots:
  a: {address: 127.0.0.1:%d}
  b: {address: 127.0.0.1:%d}
launch:
  process:
    root: %s
    command: [bin/shop]
    env: {DATABASE_URL: "file:%s", SHOP_WITNESS: %s}
traffic:
  nodes: [%s]
  map: {file: %s, name: %s}
  drain: %s
  long_lived: 2s
database: {url: "file:%s", migrations: %s}
`, s.a, s.b, w.path("releases"), w.path(name+".dsn"), w.path("witness"), s.node, w.mapFile(name), w.mapFile(name), s.settings["drain"], w.path(name+".dsn"), s.settings["migrations"])
	for _, key := range []string{"health", "switch", "bake", "warm", "contract", "queue", "release"} {
		text += key + ": " + s.settings[key] + "\n"
	}
	return text
}

// serve starts the daemon and waits until it says that it is ready.
func (w *town) serve() {
	w.t.Helper()
	require.NoError(w.t, w.daemon.start())
	w.await(30*time.Second, "the daemon to be ready", func() (bool, string) {
		if err := w.daemon.ended(); err != nil {
			require.NoError(w.t, err)
		}
		status, body := w.get("/readyz")
		return status == http.StatusOK, body
	})
	if w.bus != nil {
		w.bus.Close()
	}
	var err error
	w.bus, err = jetstream.Connect(jetstream.Config{Name: "ci", URL: fmt.Sprintf("nats://127.0.0.1:%d", w.nats)})
	require.NoError(w.t, err)
}

// get asks the read-only listener.
func (w *town) get(path string) (int, string) {
	c := http.Client{Timeout: 5 * time.Second, Transport: &http.Transport{DisableKeepAlives: true}}
	response, err := c.Get(fmt.Sprintf("http://127.0.0.1:%d%s", w.http, path))
	if err != nil {
		return 0, err.Error()
	}
	defer func() { _ = response.Body.Close() }()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		return 0, err.Error()
	}
	return response.StatusCode, string(body)
}

// connect is a session on an app's database.
func (w *town) connect(app string) *pgx.Conn {
	w.t.Helper()
	db, err := pgx.Connect(w.t.Context(), w.postgres.DSN(w.shops[app].database))
	require.NoError(w.t, err)
	w.t.Cleanup(func() { _ = db.Close(background()) })
	return db
}

// await looks until what it waits for is there; seen is what it saw last.
func (w *town) await(limit time.Duration, what string, there func() (ok bool, seen string)) {
	w.t.Helper()
	deadline := time.NewTimer(limit)
	defer deadline.Stop()
	look := time.NewTicker(15 * time.Millisecond)
	defer look.Stop()
	for {
		ok, seen := there()
		if ok {
			return
		}
		select {
		case <-look.C:
		case <-deadline.C:
			require.FailNow(w.t, "waited "+limit.String()+" for "+what, "last seen: %s", seen)
		}
	}
}

// end stops everything, and looks at what the daemon has written.
func (w *town) end() {
	t := w.t
	if w.api != nil && w.daemon != nil && w.daemon.running() {
		w.searchAnswers()
	}
	if w.bus != nil {
		w.bus.Close()
	}
	if w.daemon != nil {
		require.NoError(t, w.daemon.stop())
	}
	require.NoError(t, os.RemoveAll(w.path("witness")))
	for name, s := range w.shops {
		// Teal's processes outlive it on purpose: nobody shall come back for them.
		launcher, err := process.New(process.Config{App: name, Root: w.path("releases"), Command: []string{"bin/shop"}, Slots: s.slots(),
			StateDir: w.path("state", "launch"), LogDir: w.path("state", "log"), Secret: config.Resolve})
		require.NoError(t, err)
		for _, slot := range release.Slots() {
			require.NoError(t, launcher.Stop(background(), slot, 2*time.Second))
		}
		if w.postgres == shared.postgres {
			require.NoError(t, w.postgres.DropDatabase(background(), s.database))
		}
	}
	w.searchFiles()
	if t.Failed() {
		w.tellLog()
	}
}
