package daemon

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"teal.dev/teal/release"
)

// Options are what the composition root gives to a Daemon. What may be nil says so.
type Options struct {
	Version string
	Config  func() *Config              // the set in force; never nil
	Reload  func(context.Context) error // read the directory now; nil = the API refuses

	Journal    Journal
	Inbox      Inbox
	Outbox     Outbox
	Register   Register
	Quarantine Quarantine
	TakeOver   TakeOver
	Archive    Archive

	Publisher Publisher   // nil = outcomes stay in the outbox
	Intake    Intake      // nil = requests come by the API only
	Connected func() bool // to NATS; nil = by what the rescans say

	HTTP   net.Listener // read-only; nil = none
	Socket net.Listener // a unix socket, with roles by peer; nil = none

	Registry *prometheus.Registry // nil = a new one
	Core     Core
	Log      *slog.Logger // nil = none
}

// Daemon starts and stops the runners as the config's set of apps changes, and holds the door, the pump and the API
// together. It shares no lock between apps that anybody holds while waiting.
type Daemon struct {
	opt      Options
	log      *slog.Logger
	metrics  *Metrics
	door     *Door
	pump     *Pump
	listener *listener
	ready    atomic.Bool
	bell     chan struct{}

	mu      sync.Mutex // guards apps and runners only; never held across I/O
	apps    map[string]*App
	config  *Config // the set that the runners were last compared with
	stopped bool
	runners sync.WaitGroup
}

// New joins the parts; nothing runs before Run.
func New(opt Options) (*Daemon, error) {
	for name, missing := range map[string]bool{"Config": opt.Config == nil, "Journal": opt.Journal == nil, "Inbox": opt.Inbox == nil, "Outbox": opt.Outbox == nil,
		"Register": opt.Register == nil, "Quarantine": opt.Quarantine == nil, "TakeOver": opt.TakeOver == nil} {
		if missing {
			return nil, fmt.Errorf("daemon.Options.%s is missing; the composition root must set it", name)
		}
	}
	if opt.Log == nil {
		opt.Log = slog.New(slog.DiscardHandler)
	}
	if opt.Registry == nil {
		opt.Registry = prometheus.NewRegistry()
	}
	d := &Daemon{opt: opt, log: opt.Log, apps: map[string]*App{}, bell: make(chan struct{}, 1), metrics: NewMetrics(opt.Registry)}
	d.door = NewDoor(DoorOptions{Config: opt.Config, Journal: opt.Journal, Inbox: opt.Inbox, Register: opt.Register,
		Quarantine: opt.Quarantine, Accepted: d.accepted, Log: opt.Log, Metrics: d.metrics})
	if opt.Publisher != nil {
		d.pump = NewPump(opt.Outbox, opt.Publisher, opt.Log)
	}
	if opt.Intake != nil {
		d.listener = &listener{intake: opt.Intake, handle: d.door.Handle, log: opt.Log}
	}
	opt.Registry.MustRegister(&gauges{daemon: d})
	return d, nil
}

// Door is the one way in for release requests.
func (d *Daemon) Door() *Door { return d.door }

// App returns a runner by name.
func (d *Daemon) App(name string) (*App, bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	a, ok := d.apps[name]
	return a, ok
}

// Apps lists the runners by name.
func (d *Daemon) Apps() []*App {
	d.mu.Lock()
	defer d.mu.Unlock()
	list := make([]*App, 0, len(d.apps))
	for _, a := range d.apps {
		list = append(list, a)
	}
	slices.SortFunc(list, func(a, b *App) int {
		if a.name < b.name {
			return -1
		}
		return 1
	})
	return list
}

// accepted tells an app and the pump that the store has something new.
func (d *Daemon) accepted(name string) {
	if a, ok := d.App(name); ok {
		a.Wake()
	}
	d.posted()
}

func (d *Daemon) posted() {
	if d.pump != nil {
		d.pump.Wake()
	}
}

// Run works until ctx ends or a listener fails, then ends in an orderly way: no new requests, jobs cancelled and waited
// for, outcomes sent once more. What runs in the slots stays up.
func (d *Daemon) Run(ctx context.Context) error {
	work, cancel := context.WithCancel(context.WithoutCancel(ctx))
	defer cancel()
	var ending cleanups
	defer ending.run(d.log)

	var parts sync.WaitGroup
	part := func(run func(context.Context)) { parts.Go(func() { run(work) }) }
	ending.add("background parts", 5*time.Second, waiting(&parts))
	if d.pump != nil {
		ending.add("outbox", 3*time.Second, func(ctx context.Context) error { return d.pump.round(ctx) })
		part(d.pump.Run)
	}
	ending.add("runners", jobGrace+5*time.Second, func(ctx context.Context) error {
		d.mu.Lock()
		d.stopped = true
		d.mu.Unlock()
		cancel()
		return waiting(&d.runners)(ctx)
	})
	d.refresh(work)
	part(d.follow)
	if d.listener != nil {
		bounded, done := context.WithTimeout(ctx, 5*time.Second)
		_ = d.horizons(bounded) // if it fails, follow goes on and the door asks for the messages again
		done()
		part(d.listener.consume)
		part(d.listener.rescan)
	}
	failed := d.serve(&ending)
	d.ready.Store(true)
	d.log.Info("teal is up", "version", d.opt.Version, "apps", len(d.Apps()))
	select {
	case <-ctx.Done():
		d.log.Info("teal is stopping; what runs in the slots stays up")
		return nil
	case err := <-failed:
		return err
	}
}

// Refresh compares the runners with the config at once; it is also done every second.
func (d *Daemon) Refresh() {
	select {
	case d.bell <- struct{}{}:
	default:
	}
}

// follow notices a new config, and records the horizon of new apps.
func (d *Daemon) follow(ctx context.Context) {
	complained := false
	for ctx.Err() == nil {
		d.refresh(ctx)
		if err := d.horizons(ctx); err != nil && !complained && ctx.Err() == nil {
			d.log.Warn("the stream's position cannot be recorded for a new app; its messages wait", "err", err)
			complained = true
		} else if err == nil {
			complained = false
		}
		pause(ctx, time.Second, d.bell)
	}
}

// refresh starts a runner for each app of the config that has none. A runner is never stopped by the config: an app whose
// file is gone is told so, and its slots are kept.
func (d *Daemon) refresh(ctx context.Context) {
	config := d.opt.Config()
	d.mu.Lock()
	defer d.mu.Unlock()
	if config == d.config || d.stopped {
		return
	}
	d.config = config
	for name := range config.Apps {
		if d.apps[name] == nil {
			app := NewApp(AppOptions{Name: name, Journal: d.opt.Journal, Inbox: d.opt.Inbox, TakeOver: d.opt.TakeOver, Core: d.opt.Core,
				Log: d.log, Metrics: d.metrics, Posted: d.posted,
				Config: func() (AppConfig, bool) { c, ok := d.opt.Config().Apps[name]; return c, ok }})
			d.apps[name] = app
			d.runners.Go(func() { app.Run(ctx) })
		}
	}
	for _, app := range d.apps {
		app.Wake()
	}
}

// horizons records, once per app, where the stream ended when the app's file was first loaded.
func (d *Daemon) horizons(ctx context.Context) error {
	if d.opt.Intake == nil {
		return nil
	}
	var problems []error
	for name := range d.opt.Config().Apps {
		problems = append(problems, d.horizon(ctx, name))
	}
	return errors.Join(problems...)
}

func (d *Daemon) horizon(ctx context.Context, app string) error {
	if a, ok := d.App(app); ok && a.horizon.Load() {
		return nil
	}
	bounded, cancel := context.WithTimeout(ctx, observeLimit)
	defer cancel()
	_, set, err := d.opt.Register.Horizon(bounded, app)
	if err == nil && !set {
		var last uint64
		if last, err = d.opt.Intake.LastSeq(bounded); err == nil {
			err = d.opt.Register.SetHorizon(bounded, app, last)
		}
	}
	if err != nil {
		return fmt.Errorf("horizon of %s: %w", app, err)
	}
	if a, ok := d.App(app); ok {
		a.horizon.Store(true)
	}
	return nil
}

// connected says whether NATS can be reached; no stream at all counts as yes.
func (d *Daemon) connected() bool {
	switch {
	case d.opt.Connected != nil:
		return d.opt.Connected()
	case d.listener != nil:
		return d.listener.connected.Load()
	}
	return true
}

// Archive reads what the store keeps of the past. The composition root joins it with its store; a nil field = not kept.
type Archive struct {
	Timeline func(ctx context.Context, app string, after uint64, limit int) ([]release.Entry, error)
	Tail     func(ctx context.Context, app string, limit int) ([]release.Entry, error) // the newest lines, oldest first
	Outcomes func(ctx context.Context, app string, id release.ID) ([]release.Posted, error)
	History  func(ctx context.Context, app string, limit int) ([]Past, error) // newest first
	Release  func(ctx context.Context, app string, id release.ID) (Past, bool, error)
}

// Past is one release as the store remembers it.
type Past struct {
	App      string          `json:"app"`
	ID       release.ID      `json:"id"`
	Version  release.Version `json:"version"`
	Terminal string          `json:"terminal,omitempty"` // the outcome that ended it; "" = queued or in progress
	Code     string          `json:"code,omitempty"`
	Why      string          `json:"why,omitempty"`
	Rollback bool            `json:"rollback,omitempty"`
	Stored   time.Time       `json:"stored,omitzero"`
	Accepted time.Time       `json:"accepted,omitzero"`
	Begun    time.Time       `json:"begun,omitzero"`
	Ended    time.Time       `json:"ended,omitzero"`
	Stream   uint64          `json:"stream,omitempty"`
	Digest   string          `json:"digest,omitempty"`
	Signer   string          `json:"signer,omitempty"`
	Folder   string          `json:"folder,omitempty"`
	Request  release.Request `json:"request"`
	Raw      []byte          `json:"-"`
}
