package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"teal.dev/teal/events/jetstream"
	"teal.dev/teal/haproxy"
	"teal.dev/teal/internal/config"
	"teal.dev/teal/launch/process"
	"teal.dev/teal/migrate/postgres"
)

// doctorWait bounds one question to a server.
const doctorWait = 5 * time.Second

// newDoctor looks at everything that teal needs.
func newDoctor(io stdio) *cobra.Command {
	var at place
	var cfg string
	cmd := &cobra.Command{
		Use:     "doctor",
		GroupID: "tools",
		Short:   "Look at everything that teal needs, and say how to mend it",
		Long: `Look at everything that teal needs: its config, its directories, NATS, the daemon, and for each app its HAProxy nodes, its
database and its launcher. Nothing is changed. Each line is ok, warn (works, with less safety than it could) or fail,
with what to do. Exit code 1 if something fails.`,
		Example: `  teal doctor
  teal doctor --haproxy-config /etc/haproxy/haproxy.cfg -o json`,
		Args: cobra.NoArgs,
	}
	at.flags(cmd)
	cmd.Flags().StringVar(&cfg, "haproxy-config", "", "also read this haproxy.cfg (`FILE`), for what its sockets do not tell")
	out := format(cmd)
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		d := &doctor{at: &at, haproxyConfig: cfg, checks: []haproxy.Check{}}
		d.look(cmd.Context())
		if err := cmd.Context().Err(); err != nil {
			return failf(exitFailed, "interrupted")
		}
		return d.tell(io, out.json())
	}
	return cmd
}

// doctor collects what it sees; a check of teal's own has the form of one of HAProxy's.
type doctor struct {
	at            *place
	haproxyConfig string
	checks        []haproxy.Check
}

func (d *doctor) add(name string, status haproxy.Status, text, fix string) {
	d.checks = append(d.checks, haproxy.Check{Name: name, Status: status, Text: text, Fix: fix})
}

// test adds a check that is ok without an error.
func (d *doctor) test(name string, err error, bad haproxy.Status, good, fix string) {
	if err != nil {
		d.add(name, bad, err.Error(), fix)
		return
	}
	d.add(name, haproxy.OK, good, "")
}

func (d *doctor) tell(io stdio, asJSON bool) error {
	failed := 0
	for _, c := range d.checks {
		if c.Status == haproxy.Fail {
			failed++
		}
	}
	if asJSON {
		if err := printJSON(io.out, map[string]any{"ok": failed == 0, "checks": d.checks}); err != nil {
			return err
		}
	} else {
		for _, c := range d.checks {
			fmt.Fprintf(io.out, "%-4s  %s: %s\n", c.Status, c.Name, plain(c.Text))
			if c.Fix != "" {
				fmt.Fprintf(io.out, "      fix: %s\n", plain(c.Fix))
			}
		}
	}
	if failed > 0 {
		return failf(exitFailed, "%d of %s failed", failed, count(len(d.checks), "check"))
	}
	return nil
}

func (d *doctor) look(ctx context.Context) {
	dir := d.at.dir()
	snapshot, err := config.Load(dir, validators()...)
	var problems config.Problems
	switch {
	case errors.As(err, &problems):
		for _, p := range problems {
			d.add("config", haproxy.Fail, p.String(), "teal config check "+dir)
		}
		return
	case err != nil:
		d.add("config", haproxy.Fail, err.Error(), "teal config check "+dir)
		return
	}
	d.add("config", haproxy.OK, fmt.Sprintf("%s in %s", count(len(snapshot.Apps), "app"), dir), "")
	for _, w := range snapshot.Warnings {
		d.add("config", haproxy.Warn, w.String(), "correct the file, or keep it knowingly")
	}
	d.daemon(ctx)
	d.directory("store", filepath.Dir(string(snapshot.Daemon.Store.SQLite)))
	d.nats(ctx, snapshot)
	for _, name := range snapshot.AppNames() {
		d.app(ctx, snapshot, snapshot.Apps[name])
	}
}

func (d *doctor) daemon(ctx context.Context) {
	client := d.at.client()
	status, err := client.Status(ctx)
	if err != nil {
		d.add("daemon", haproxy.Warn, err.Error(), "start teal serve, if it should be running")
		return
	}
	d.add("daemon", haproxy.OK, fmt.Sprintf("%s (%s) answers at %s", status.Name, status.Version, client.Socket()), "")
	if status.Config.Problem != "" {
		d.add("daemon's config", haproxy.Fail, status.Config.Problem, "correct the file; until then the config before stays in force")
	}
	if keys := status.Config.PendingRestart; len(keys) > 0 {
		d.add("daemon's config", haproxy.Warn, "new values wait for a restart: "+strings.Join(keys, ", "), restart)
	}
	for _, app := range status.Apps {
		if app.Degraded != "" {
			d.add(app.App, haproxy.Fail, app.Degraded, "teal status "+app.App)
		}
	}
}

// directory looks whether files can be made in a directory.
func (d *doctor) directory(name, dir string) {
	f, err := os.CreateTemp(dir, ".teal-doctor-*")
	if err != nil {
		d.add(name, haproxy.Fail, err.Error(), "make the directory "+dir+", owned by the user that teal runs as")
		return
	}
	err = errors.Join(f.Close(), os.Remove(f.Name()))
	d.test(name, err, haproxy.Fail, dir+" can be written", "look at the disk of "+dir)
}

func (d *doctor) nats(ctx context.Context, s *config.Snapshot) {
	n := s.Daemon.NATS
	c := jetstream.Config{Name: "doctor", URL: n.URL, Credentials: credentialsPath(n.Credentials.Reference())}
	patience, bad, fix := doctorWait, haproxy.Fail, "see that NATS runs there, that nats.url is right and that nats.credentials may connect"
	if e := n.Embedded; e != nil {
		c.URL = "nats://" + string(e.Listen)
		patience, bad, fix = time.Second, haproxy.Warn, "it is inside teal serve: start that, or free its port"
	}
	bus, err := jetstream.Connect(c)
	if err != nil {
		d.add("nats", haproxy.Fail, err.Error(), fix)
		return
	}
	defer bus.Close()
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	if !connected(ctx, bus) {
		d.add("nats", bad, "nobody answers at "+c.URL, fix)
		return
	}
	d.add("nats", haproxy.OK, c.URL+" answers", "")
}

// connected waits until the bus is connected, or ctx ends.
func connected(ctx context.Context, bus *jetstream.Bus) bool {
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for !bus.Connected() {
		select {
		case <-ctx.Done():
			return false
		case <-tick.C:
		}
	}
	return true
}

func (d *doctor) app(ctx context.Context, s *config.Snapshot, app *config.App) {
	h := haproxyApp(app)
	if app.Traffic.Map.File != "" {
		d.directory(app.Name+" map file", filepath.Dir(string(app.Traffic.Map.File)))
	}
	for _, name := range app.Traffic.Nodes {
		c := s.Daemon.HAProxy[name]
		node := haproxy.NewNode(haproxy.NodeConfig{Name: name, Socket: string(c.Socket), Master: string(c.Master)})
		for _, check := range node.Doctor(ctx, h, d.haproxyConfig) {
			check.Name = app.Name + " on " + name + " " + check.Name
			d.checks = append(d.checks, check)
		}
		node.Close()
	}
	if p := app.Launch.Process; p != nil {
		d.launcher(app.Name, string(p.Root))
	}
	if app.Database != nil {
		d.test(app.Name+" database", d.database(ctx, app), haproxy.Fail, "answers", "see that it runs, that database.url names it and that its user may connect")
	}
}

func (d *doctor) launcher(app, root string) {
	_, err := os.ReadDir(root)
	d.test(app+" launcher", err, haproxy.Fail, root+" can be read", "make the directory and put each version into one of its own: "+root+"/VERSION")
	if process.InContainer() {
		d.add(app+" launcher", haproxy.Warn, contained, "run teal on the host, or keep it knowingly: for tests and demonstrations only")
	}
}

func (d *doctor) database(ctx context.Context, app *config.App) error {
	ctx, cancel := context.WithTimeout(ctx, doctorWait)
	defer cancel()
	var urls [2]string
	for i, secret := range []config.Secret{app.Database.URL, app.Database.DirectURL} {
		var err error
		if !secret.Set() {
			continue
		}
		if urls[i], err = secret.Resolve(ctx); err != nil {
			return err
		}
	}
	db, err := postgres.Open(postgres.Config{App: app.Name, URL: urls[0], DirectURL: urls[1], Table: app.Database.Table})
	if err != nil {
		return err
	}
	_, err = db.Ledger(ctx)
	return err
}
