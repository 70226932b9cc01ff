package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"teal.dev/teal/daemon"
	"teal.dev/teal/events/jetstream"
	"teal.dev/teal/internal/config"
	"teal.dev/teal/launch/process"
	"teal.dev/teal/release"
	"teal.dev/teal/store/sqlite"
)

// newServe is "teal serve": the daemon.
func newServe(io stdio) *cobra.Command {
	var dir, format, level string
	cmd := &cobra.Command{
		Use: "serve", GroupID: "run", Short: "Run the daemon", Args: cobra.NoArgs,
		Long: `Run the daemon on a config directory (teal.yaml, apps/, policies/, keys/). It reloads by itself when a file changes;
SIGHUP reloads at once. SIGTERM ends it in order: what runs in the slots stays up, and the next start goes on where
this one stopped.`,
		Example: "  teal serve --config /etc/teal",
		RunE: func(cmd *cobra.Command, _ []string) error {
			log, err := newLog(io, format, level)
			if err != nil {
				return err
			}
			var known *exit
			err = serve(cmd.Context(), dir, log)
			if err != nil && !errors.As(err, &known) {
				return failf(exitFailed, "%v", err) // a locked store or a taken port is no wrong usage
			}
			return err
		},
	}
	cmd.Flags().StringVar(&dir, "config", envOr("TEAL_CONFIG", "/etc/teal"), "config directory `DIR`")
	cmd.Flags().StringVar(&format, "log-format", "text", "text or json")
	cmd.Flags().StringVar(&level, "log-level", "info", "debug, info, warn or error")
	return cmd
}

// envOr is an environment variable, or a default.
func envOr(name, otherwise string) string {
	if v := os.Getenv(name); v != "" {
		return v
	}
	return otherwise
}

// newLog makes the daemon's logger on stderr.
func newLog(io stdio, format, level string) (*slog.Logger, error) {
	var l slog.Level
	if err := l.UnmarshalText([]byte(level)); err != nil {
		return nil, failf(exitUsage, "--log-level %q: use debug, info, warn or error", level)
	}
	opt := &slog.HandlerOptions{Level: l}
	switch format {
	case "text":
		return slog.New(slog.NewTextHandler(io.err, opt)), nil
	case "json":
		return slog.New(slog.NewJSONHandler(io.err, opt)), nil
	}
	return nil, failf(exitUsage, "--log-format %q: use text or json", format)
}

// parts are what serve opens and closes, last first.
type parts struct {
	log    *slog.Logger
	ending []func()
}

// later remembers what ends a part.
func (p *parts) later(f func()) { p.ending = append(p.ending, f) }

// end ends the parts in the opposite order.
func (p *parts) end() {
	for i := len(p.ending) - 1; i >= 0; i-- {
		p.ending[i]()
	}
}

// serve joins the parts and runs until ctx ends.
func serve(ctx context.Context, dir string, log *slog.Logger) error {
	p := &parts{log: log}
	defer p.end()
	first, err := config.Load(dir, validators()...)
	if err != nil {
		return hinted(fmt.Errorf("the config in %s cannot be used:\n%w", dir, err), "teal config check "+dir)
	}
	store, err := p.store(ctx, first)
	if err != nil {
		return err
	}
	bus, err := p.bus(ctx, first)
	if err != nil {
		return err
	}
	stateDir := filepath.Dir(string(first.Daemon.Store.SQLite))
	wiring := newWiring(store, first.Daemon.Name, stateDir, log)
	var current inForce
	var d *daemon.Daemon
	var watcher *config.Watcher
	swap := func(_, fresh *config.Snapshot) {
		current.set.Store(wiring.config(fresh, watcher.Status()))
		d.Refresh()
	}
	watcher, err = config.NewWatcher(dir, log, config.Timing{}, swap, validators()...)
	if err != nil {
		return hinted(err, "teal config check "+dir)
	}
	current.status = watcher.Status
	current.set.Store(wiring.config(watcher.Current(), watcher.Status()))
	http, socket, err := p.listen(first)
	if err != nil {
		return err
	}
	d, err = daemon.New(daemon.Options{
		Version: version(), Config: current.load, Reload: watcher.Reload,
		Journal: store, Inbox: store, Outbox: store, Register: store, Quarantine: store, TakeOver: store.TakeOver, Archive: archive(store),
		Publisher: bus, Intake: bus, Connected: bus.Connected, HTTP: http, Socket: socket, Log: log,
	})
	if err != nil {
		return err
	}
	p.say(first, dir)
	go hangups(ctx, watcher, log)
	go prune(ctx, store, log)
	go func() {
		if err := watcher.Run(ctx); err != nil {
			log.Error("the config is not watched any more", "error", err)
		}
	}()
	return d.Run(ctx)
}

// store opens the SQLite store.
func (p *parts) store(ctx context.Context, s *config.Snapshot) (*sqlite.Store, error) {
	store, err := sqlite.Open(ctx, string(s.Daemon.Store.SQLite))
	if err != nil {
		return nil, err
	}
	p.later(func() { _ = store.Close() })
	return store, nil
}

// bus starts the embedded server, if it is ours, and connects to NATS.
func (p *parts) bus(ctx context.Context, s *config.Snapshot) (*jetstream.Bus, error) {
	c := jetstream.Config{Name: s.Daemon.Name, URL: s.Daemon.NATS.URL, Log: p.log}
	if e := s.Daemon.NATS.Embedded; e != nil {
		server, err := jetstream.Embedded(ctx, jetstream.EmbeddedConfig{Listen: string(e.Listen), Dir: string(e.Dir), Log: p.log})
		if err != nil {
			return nil, err
		}
		p.later(server.Close)
		c.URL = server.URL()
		p.log.Info("embedded NATS listens on loopback; a remote build system needs a cluster of yours (nats.url) or a tunnel to this port", "url", c.URL)
	}
	if ref := s.Daemon.NATS.Credentials.Reference(); ref != "" {
		c.Credentials = credentialsPath(ref)
	}
	bus, err := jetstream.Connect(c)
	if err != nil {
		return nil, err
	}
	p.later(bus.Close)
	return bus, nil
}

// credentialsPath is the file of a "file:" reference; the config has checked its form.
func credentialsPath(ref string) string {
	const prefix = "file:"
	if len(ref) > len(prefix) && ref[:len(prefix)] == prefix {
		return ref[len(prefix):]
	}
	return ref
}

// listen opens the API's two listeners.
func (p *parts) listen(s *config.Snapshot) (http, socket net.Listener, err error) {
	if err := os.MkdirAll(filepath.Dir(string(s.Daemon.Listen.Socket)), 0o755); err != nil {
		return nil, nil, err
	}
	socket, err = daemon.ListenUnix(string(s.Daemon.Listen.Socket), 0o666)
	if err != nil {
		return nil, nil, err
	}
	http, err = net.Listen("tcp", string(s.Daemon.Listen.HTTP))
	if err != nil {
		return nil, nil, errors.Join(hinted(err, "another daemon? change listen.http in teal.yaml"), socket.Close())
	}
	return http, socket, nil
}

// say tells at the start what an operator has to know.
func (p *parts) say(s *config.Snapshot, dir string) {
	p.log.Info("teal serves", "version", version(), "name", s.Daemon.Name, "config", dir, "apps", s.AppNames(), "http", s.Daemon.Listen.HTTP, "socket", s.Daemon.Listen.Socket)
	for _, w := range warnings(s, process.InContainer()) {
		p.log.Warn("config: " + w)
	}
}

// hangups reloads the config at every SIGHUP.
func hangups(ctx context.Context, w *config.Watcher, log *slog.Logger) {
	hup := make(chan os.Signal, 1)
	signal.Notify(hup, syscall.SIGHUP)
	defer signal.Stop(hup)
	for {
		select {
		case <-ctx.Done():
			return
		case <-hup:
			if err := w.Reload(ctx); err != nil {
				log.Error("config not taken, the old one stays in force", "problems", err.Error())
			}
		}
	}
}

// prune lets what is older than the history go, at the start and every hour.
func prune(ctx context.Context, store *sqlite.Store, log *slog.Logger) {
	hour := time.NewTicker(time.Hour)
	defer hour.Stop()
	for {
		apps, err := store.Apps(ctx)
		for _, app := range apps {
			err = errors.Join(err, store.Prune(ctx, app, sqlite.HistoryKept))
		}
		if err != nil && ctx.Err() == nil {
			log.Warn("the history cannot be pruned; the store grows until it can", "error", err)
		}
		select {
		case <-ctx.Done():
			return
		case <-hour.C:
		}
	}
}

// archive joins the API with what the store keeps of the past.
func archive(s *sqlite.Store) daemon.Archive {
	return daemon.Archive{
		Timeline: s.Timeline,
		Tail:     s.Tail,
		Outcomes: s.Outcomes,
		History: func(ctx context.Context, app string, limit int) ([]daemon.Past, error) {
			records, err := s.History(ctx, app, limit)
			past := make([]daemon.Past, 0, len(records))
			for _, r := range records {
				past = append(past, pastOf(r))
			}
			return past, err
		},
		Release: func(ctx context.Context, app string, id release.ID) (daemon.Past, bool, error) {
			r, ok, err := s.Release(ctx, app, id)
			return pastOf(r), ok, err
		},
	}
}

// pastOf turns the store's words into the daemon's.
func pastOf(r sqlite.Record) daemon.Past {
	return daemon.Past{App: r.App, ID: r.ID, Version: r.Version, Terminal: r.Terminal, Code: r.Code, Why: r.Why, Rollback: r.Rollback,
		Stored: r.Stored, Accepted: r.Accepted, Begun: r.Begun, Ended: r.Ended, Stream: r.Stream, Digest: r.Digest, Signer: r.Signer, Folder: r.Folder, Request: r.Request, Raw: r.Raw}
}
