package demo

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"time"

	"github.com/jackc/pgx/v5"

	"teal.dev/teal/events"
	"teal.dev/teal/haproxy"
	"teal.dev/teal/internal/client"
	"teal.dev/teal/internal/config"
	"teal.dev/teal/internal/lab"
	"teal.dev/teal/launch/process"
	"teal.dev/teal/release"
	"teal.dev/teal/testdata/demoapp"
)

const (
	app      = "shop"
	audience = "demo"
)

// town is the servers of the demo in a private folder, on free loopback ports.
type town struct {
	executable string
	dir        string
	ports      ports
	lab        *lab.Lab
	postgres   *lab.Postgres
	haproxy    *lab.HAProxy
	daemon     *daemonProcess
	api        *client.Client
	key        events.PrivateKey
	launcher   *process.Launcher
	database   *pgx.Conn
}

type ports struct{ front, a, b, nats, http int }

// newTown makes the folder and finds the ports; nothing runs yet.
func newTown(executable string) (*town, error) {
	dir, err := os.MkdirTemp("", "teal-demo-")
	if err != nil {
		return nil, fmt.Errorf("no private folder: %w; set TMPDIR to a directory that can be written", err)
	}
	t := &town{executable: executable, dir: dir}
	if err := walkable(dir); err != nil {
		return nil, errors.Join(err, os.RemoveAll(dir))
	}
	if t.lab, err = lab.New(dir); err != nil {
		return nil, errors.Join(err, os.RemoveAll(dir))
	}
	t.ports = ports{front: t.lab.FreePort(), a: t.lab.FreePort(), b: t.lab.FreePort(), nats: t.lab.FreePort(), http: t.lab.FreePort()}
	t.api = client.New(t.path("teal.sock"))
	return t, nil
}

// walkable opens the folder for the database's user, who is another one when we are root.
func walkable(dir string) error {
	if err := os.Chmod(dir, 0o711); err != nil || os.Geteuid() != 0 {
		return err
	}
	for parent := filepath.Dir(dir); parent != filepath.Dir(parent); parent = filepath.Dir(parent) {
		if info, err := os.Stat(parent); err != nil || info.Mode().Perm()&0o001 == 0 {
			return fmt.Errorf("PostgreSQL does not run as root, and the user postgres cannot pass through %s; set TMPDIR to a directory open to all, such as /tmp", parent)
		}
	}
	return nil
}

func (t *town) path(parts ...string) string {
	return filepath.Join(append([]string{t.dir}, parts...)...)
}

func (t *town) front() string   { return fmt.Sprintf("127.0.0.1:%d", t.ports.front) }
func (t *town) natsURL() string { return fmt.Sprintf("nats://127.0.0.1:%d", t.ports.nats) }
func (t *town) mapFile() string { return t.path("maps", app+".map") }

// start brings everything up, in the order in which an operator would.
func (t *town) start(ctx context.Context) error {
	var err error
	if t.haproxy, err = t.lab.HAProxyAt(haproxy.Example(haproxy.ExampleConfig{Socket: "{socket}", Threads: 2, Apps: []haproxy.App{t.inHAProxy()}, Bind: map[string]string{app: t.front()}})); err != nil {
		return err
	}
	// The demo's database need not survive a power failure; the daemon's own store keeps its full durability.
	if t.postgres, err = t.lab.Postgres(ctx, "fsync=off"); err != nil {
		return err
	}
	if err := t.postgres.CreateDatabase(ctx, app); err != nil {
		return err
	}
	if t.database, err = pgx.Connect(ctx, t.postgres.DSN(app)); err != nil {
		return err
	}
	if err := t.writeConfig(); err != nil {
		return err
	}
	for _, v := range versions() {
		if err := t.install(v); err != nil {
			return err
		}
	}
	if t.launcher, err = process.New(t.launchConfig()); err != nil {
		return err
	}
	t.daemon = &daemonProcess{executable: t.executable, config: t.path("config"), log: t.path("daemon.log")}
	if err := t.serve(ctx); err != nil {
		return err
	}
	return t.haproxy.Start(ctx)
}

// serve starts the daemon and waits until it says that it is ready.
func (t *town) serve(ctx context.Context) error {
	if err := t.daemon.start(); err != nil {
		return err
	}
	url := fmt.Sprintf("http://127.0.0.1:%d/readyz", t.ports.http)
	return wait(ctx, 15*time.Second, "the daemon to be ready", func() (bool, string) {
		if err := t.daemon.ended(); err != nil {
			return false, err.Error()
		}
		request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
		if err != nil {
			return false, err.Error()
		}
		response, err := http.DefaultClient.Do(request)
		if err != nil {
			return false, err.Error()
		}
		return response.Body.Close() == nil && response.StatusCode == http.StatusOK, response.Status
	})
}

func (t *town) inHAProxy() haproxy.App {
	return haproxy.App{Name: app, MapFile: t.mapFile(), MapName: t.mapFile(), Health: "/healthz", Slots: t.slots()}
}

func (t *town) slots() map[release.Slot]string {
	return map[release.Slot]string{release.A: fmt.Sprintf("127.0.0.1:%d", t.ports.a), release.B: fmt.Sprintf("127.0.0.1:%d", t.ports.b)}
}

// launchConfig finds what teal has started, so that the end of the demo leaves nothing behind.
func (t *town) launchConfig() process.Config {
	return process.Config{App: app, Root: t.path("releases"), Command: []string{"bin/shop", "demo-app"}, Slots: t.slots(),
		StateDir: t.path("state", "launch"), LogDir: t.path("state", "log"), Secret: config.Resolve}
}

// version is one directory below the launcher's root.
type version struct {
	name       string
	behaviour  string
	migrations string
}

func versions() []version {
	return []version{
		{"v1", "", "v1"}, {"v2", "", "v2"}, {"v3-rename", "", "bad-rename"}, {"v3-drop", "", "bad-drop"},
		{"v3-sick", "never-healthy\n", "v2"}, {"v3-bad", "errors-after-switch=0.2\n", "v2"}, {"v3", "", "v2"},
	}
}

// install puts a version where the launcher looks for it: the shop is teal's own executable.
func (t *town) install(v version) error {
	bin := t.path("releases", v.name, "bin")
	if err := os.MkdirAll(bin, 0o755); err != nil {
		return err
	}
	if err := place(t.executable, filepath.Join(bin, app)); err != nil {
		return fmt.Errorf("the shop %s cannot be installed: %w", v.name, err)
	}
	if v.behaviour != "" {
		if err := os.WriteFile(t.path("releases", v.name, demoapp.BehaviourFile), []byte(v.behaviour), 0o644); err != nil {
			return err
		}
	}
	files, err := demoapp.Migrations(v.migrations)
	if err != nil {
		return err
	}
	if v.name == "v3" {
		maps.Copy(files, third())
	}
	if err := os.MkdirAll(t.path("migrations", v.name), 0o755); err != nil {
		return err
	}
	for name, text := range files {
		if err := os.WriteFile(t.path("migrations", v.name, name), []byte(text), 0o644); err != nil {
			return err
		}
	}
	return nil
}

// third is what version 3 adds: two files, so that there is a middle between them.
func third() map[string]string {
	return map[string]string{
		"0006_notes.up.sql":      "CREATE TABLE notes (\n    id   bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,\n    text text NOT NULL\n);\n",
		"0007_order_note.up.sql": "ALTER TABLE orders ADD COLUMN note text;\n",
	}
}

// place makes a hard link, or a copy where the folder is on another file system. A link shares its permissions with the
// executable, and teal refuses one that everybody may write to.
func place(from, to string) error {
	if info, err := os.Stat(from); err == nil && info.Mode().Perm()&0o022 == 0 && os.Link(from, to) == nil {
		return nil
	}
	in, err := os.Open(from)
	if err != nil {
		return err
	}
	defer func() { _ = in.Close() }() // only read
	out, err := os.OpenFile(to, os.O_CREATE|os.O_WRONLY|os.O_EXCL, 0o755)
	if err != nil {
		return err
	}
	_, err = io.Copy(out, in)
	return errors.Join(err, out.Close())
}

// stop ends everything that the demo and its teal have started; the folder goes too unless it is needed to find out why.
func (t *town) stop(remove bool) error {
	var errs []error
	if t.daemon != nil {
		errs = append(errs, t.daemon.stop())
	}
	if t.launcher != nil {
		// Teal's processes outlive it on purpose: here nobody shall come back for them.
		ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
		for _, slot := range release.Slots() {
			errs = append(errs, t.launcher.Stop(ctx, slot, 3*time.Second))
		}
		cancel()
	}
	if t.database != nil {
		ctx, cancel := context.WithTimeout(context.Background(), time.Second)
		_ = t.database.Close(ctx) // the server goes in a moment
		cancel()
	}
	errs = append(errs, t.lab.Close())
	if remove {
		errs = append(errs, os.RemoveAll(t.dir))
	}
	return errors.Join(errs...)
}

// newKey is the key of the build system, in keys/ for teal and as PEM for teal release.
func (t *town) newKey() error {
	var err error
	if t.key, err = events.GenerateKey("ci", rand.Reader); err != nil {
		return err
	}
	public, err := events.FormatPublicKey(t.key.Public())
	if err != nil {
		return err
	}
	pem, err := t.key.PEM()
	if err != nil {
		return err
	}
	if err := os.WriteFile(t.path("ci.pem"), pem, 0o600); err != nil {
		return err
	}
	return os.WriteFile(t.path("config", "keys", "ci.yaml"), []byte(fmt.Sprintf("version: 1\nkey: %q\napps: [%s]\n", public, app)), 0o644)
}
