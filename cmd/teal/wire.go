package main

import (
	"context"
	"fmt"
	"log/slog"
	"math"
	"path/filepath"
	"reflect"
	"sync"
	"time"

	"teal.dev/teal/daemon"
	"teal.dev/teal/events"
	"teal.dev/teal/haproxy"
	"teal.dev/teal/internal/config"
	"teal.dev/teal/launch/process"
	"teal.dev/teal/migrate/postgres"
	"teal.dev/teal/release"
	"teal.dev/teal/store/sqlite"
)

// The adapters satisfy the ports of the daemon without knowing it; here the two meet.
var (
	_ daemon.Switch     = (*haproxy.Switch)(nil)
	_ daemon.Launcher   = (*process.Launcher)(nil)
	_ daemon.Examiner   = (*process.Launcher)(nil)
	_ daemon.Examiner   = broken{}
	_ daemon.Migrator   = (*postgres.Database)(nil)
	_ daemon.Migrator   = (*database)(nil)
	_ daemon.Adopter    = (*database)(nil)
	_ daemon.Keeper     = (*sqlite.Store)(nil)
	_ daemon.Journal    = (*sqlite.Store)(nil)
	_ daemon.Inbox      = (*sqlite.Store)(nil)
	_ daemon.Outbox     = (*sqlite.Store)(nil)
	_ daemon.Register   = (*sqlite.Store)(nil)
	_ daemon.Quarantine = (*sqlite.Store)(nil)
	_ haproxy.Fence     = (*sqlite.Store)(nil)
)

// wiring turns config snapshots into ports. What a reload does not change keeps its objects: a launcher that watches a
// process and a node that drains a connection survive a new policy file.
type wiring struct {
	store *sqlite.Store
	name  string // the one that teal was started with: the consumer has it too, so a new one waits for a restart
	state string // directory beside the store: launch records, logs
	log   *slog.Logger

	mu    sync.Mutex
	nodes map[string]*wiredNode
	apps  map[string]*wiredApp
}

type wiredNode struct {
	config config.Node
	node   *haproxy.Node
}

type wiredApp struct {
	config *config.App
	nodes  []*haproxy.Node
	ports  daemon.Ports
}

// newWiring wires nothing yet.
func newWiring(store *sqlite.Store, name, stateDir string, log *slog.Logger) *wiring {
	return &wiring{store: store, name: name, state: stateDir, log: log, nodes: map[string]*wiredNode{}, apps: map[string]*wiredApp{}}
}

// config is the daemon's view of a snapshot.
func (w *wiring) config(s *config.Snapshot, status config.Status) *daemon.Config {
	w.mu.Lock()
	defer w.mu.Unlock()
	out := &daemon.Config{
		Name: w.name, Keys: s.Keys, Apps: map[string]daemon.AppConfig{},
		Access: daemon.Access{Admin: words(s.Daemon.Access.Admin), DBA: words(s.Daemon.Access.DBA), Operator: words(s.Daemon.Access.Operator)},
		Hash:   s.Hash, Warnings: warnings(s, process.InContainer()),
	}
	tell(out, status)
	gate := newGate(s)
	for name, app := range s.Apps {
		wired := w.app(app, s.Daemon.HAProxy)
		ports := wired.ports
		ports.Vetter, ports.Calendar = &vetter{gate: gate, app: name, database: databaseOf(ports)}, gate
		out.Apps[name] = daemon.AppConfig{
			App: name, Limits: limitsOf(app, ports.Launcher), Ports: ports, ProbeTimeout: time.Duration(app.Health.Timeout),
			AllowUnsigned: app.Release.AllowUnsigned, AllowDirs: allowDirs(app), Policies: gate.digest,
		}
	}
	return out
}

// limitsOf are the app's, with the launcher's own words for how a release that begins now is run.
func limitsOf(app *config.App, launcher daemon.Launcher) release.Limits {
	l := app.Limits()
	if examiner, ok := launcher.(daemon.Examiner); ok {
		l.Recipe.Launch = examiner.Recipe()
	}
	return l
}

// app returns the ports of an app, made anew only when its file or its nodes changed.
func (w *wiring) app(app *config.App, nodes map[string]config.Node) *wiredApp {
	var list []*haproxy.Node
	for _, name := range app.Traffic.Nodes {
		list = append(list, w.node(name, nodes[name]))
	}
	if old, ok := w.apps[app.Name]; ok && reflect.DeepEqual(old.config, app) && reflect.DeepEqual(old.nodes, list) {
		return old
	}
	fresh := &wiredApp{config: app, nodes: list}
	log := w.log.With("app", app.Name)
	addresses := app.Addresses()
	fresh.ports.Switch = haproxy.NewSwitch(haproxyApp(app), list, w.store, w.log)
	fresh.ports.Prober = daemon.NewHTTPProber(addresses, app.Health.Path, time.Duration(app.Health.Timeout))
	if file := haproxyApp(app).MapFile; file != "" && file != haproxy.NoFile {
		if err := haproxy.EnsureMapFile(file); err != nil {
			log.Error("the map file cannot be made; HAProxy does not start without it", "file", file, "error", err)
		}
	}
	fresh.ports.Launcher = w.launcher(app, addresses, log)
	if app.Database != nil {
		fresh.ports.Migrator = &database{app: app, store: w.store, log: log}
	}
	w.apps[app.Name] = fresh
	return fresh
}

// node returns the node of a name, made anew when its sockets changed.
func (w *wiring) node(name string, c config.Node) *haproxy.Node {
	if old, ok := w.nodes[name]; ok {
		if old.config == c {
			return old.node
		}
		old.node.Close()
	}
	n := &wiredNode{config: c, node: haproxy.NewNode(haproxy.NodeConfig{Name: name, Socket: string(c.Socket), Master: string(c.Master)})}
	w.nodes[name] = n
	return n.node
}

// launcher makes the launcher of an app, or one that says why there is none.
func (w *wiring) launcher(app *config.App, addresses map[release.Slot]string, log *slog.Logger) daemon.Launcher {
	p := app.Launch.Process
	if p == nil {
		return broken{fmt.Errorf("apps/%s.yaml has no launch.process; it is the only launcher so far", app.Name)}
	}
	l, err := process.New(process.Config{
		App: app.Name, Root: string(p.Root), Command: p.Command, Env: p.Environ(), Slots: addresses,
		StateDir: filepath.Join(w.state, "launch"), LogDir: filepath.Join(w.state, "log"), Secret: config.Resolve,
	})
	if err != nil {
		log.Error("the launcher cannot be made; nothing of this app can be started", "error", err)
		return broken{err}
	}
	return l
}

// haproxyApp is an app as HAProxy knows it.
func haproxyApp(app *config.App) haproxy.App {
	file := string(app.Traffic.Map.File)
	if file == "" {
		file = haproxy.NoFile
	}
	return haproxy.App{Name: app.Name, MapFile: file, MapName: app.Traffic.Map.Name, Health: app.Health.Path,
		Slots: app.Addresses()}
}

// words turns principals into what the daemon compares.
func words(list []config.Principal) []string {
	out := make([]string, len(list))
	for i, p := range list {
		out[i] = string(p)
	}
	return out
}

// allowDirs are the roots below which a release may name its migration folder.
func allowDirs(app *config.App) []string {
	if app.Database == nil {
		return nil
	}
	var dirs []string
	for _, d := range app.Database.Migrations.AllowDirs {
		dirs = append(dirs, string(d))
	}
	return dirs
}

// broken stands for a port that could not be made: it says why whenever it is asked.
type broken struct{ err error }

// Observe knows nothing.
func (b broken) Observe(context.Context, release.Slot) (release.Tenant, error) {
	return release.Tenant{}, b.err
}

// Start cannot.
func (b broken) Start(context.Context, release.Slot, release.Plan) error { return b.err }

// Stop cannot.
func (b broken) Stop(context.Context, release.Slot, time.Duration) error { return b.err }

// Kinds are not known.
func (b broken) Kinds() []string { return nil }

// Recipe is none.
func (b broken) Recipe() string { return "" }

// Digest cannot: a release waits until the launcher is mended.
func (b broken) Digest(release.Plan) (string, error) { return "", b.err }

// database resolves the secret at every use, so that a rotated password needs no restart.
type database struct {
	app   *config.App
	store *sqlite.Store
	log   *slog.Logger

	mu   sync.Mutex
	urls [2]string
	db   *postgres.Database
}

// databaseOf finds the database behind an app's migrator, or nil.
func databaseOf(p daemon.Ports) *database {
	d, _ := p.Migrator.(*database)
	return d
}

// open returns the database of today's secret.
func (d *database) open(ctx context.Context) (*postgres.Database, error) {
	var urls [2]string
	for i, secret := range []config.Secret{d.app.Database.URL, d.app.Database.DirectURL} {
		if !secret.Set() {
			continue
		}
		var err error
		if urls[i], err = secret.Resolve(ctx); err != nil {
			return nil, fmt.Errorf("the database's address cannot be read: %w", err)
		}
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.db != nil && d.urls == urls {
		return d.db, nil
	}
	db, err := postgres.Open(postgres.Config{
		App: d.app.Name, URL: urls[0], DirectURL: urls[1], Table: d.app.Database.Table, MaxRows: d.app.Database.Backfill.MaxRows,
		StoreID: d.store.StoreID(), Logger: d.log,
	})
	if err != nil {
		return nil, err
	}
	d.db, d.urls = db, urls
	return db, nil
}

// ended reports whether a release was abandoned or rolled back: its ledger rows may lack their files.
func (d *database) ended(id release.ID) bool {
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
	defer cancel()
	r, found, err := d.store.Release(ctx, d.app.Name, id)
	return err == nil && found && (r.Terminal == release.OutAbandoned || r.Terminal == release.OutRolledBack)
}

// lasted is the folder of the newest release that finished or is live. A release that follows it without one of its files is
// refused, so no older folder has to be asked.
func (d *database) lasted(ctx context.Context, state release.State) (events.Folder, error) {
	past, err := d.store.History(ctx, d.app.Name, math.MaxInt32)
	if err != nil {
		return nil, err
	}
	live := state.Slots[state.Live].Plan
	for _, r := range past {
		if r.Folder != "" && (r.Terminal == release.OutFinished || live != nil && live.Release == r.ID) {
			return d.store.Folder(ctx, r.Folder)
		}
	}
	return nil, nil
}

// Observe tells the state of the database with regard to a folder.
func (d *database) Observe(ctx context.Context, folder events.Folder) (release.Schema, error) {
	db, err := d.open(ctx)
	if err != nil {
		return release.Schema{}, err
	}
	return db.Observe(ctx, folder)
}

// Apply applies one track.
func (d *database) Apply(ctx context.Context, m release.Migration, folder events.Folder, progress func(string)) error {
	db, err := d.open(ctx)
	if err != nil {
		return err
	}
	return db.Apply(ctx, m, folder, progress)
}

// Adopt takes the database as it is for this app's.
func (d *database) Adopt(ctx context.Context, m release.Migration, folder events.Folder) error {
	db, err := d.open(ctx)
	if err != nil {
		return err
	}
	return db.Adopt(ctx, m, folder)
}
