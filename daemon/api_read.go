package daemon

import (
	"context"
	"net/http"
	"strconv"
	"strings"
	"time"

	"teal.dev/teal/release"
)

// Status is GET /v1/status.
type Status struct {
	Name      string       `json:"name"`
	Version   string       `json:"version"`
	Connected bool         `json:"nats_connected"`
	Outbox    int          `json:"outbox"`
	Config    ConfigStatus `json:"config"`
	Apps      []AppStatus  `json:"apps"`
}

// ConfigStatus says which config is in force, and why a newer one is not.
type ConfigStatus struct {
	Hash    string    `json:"hash,omitempty"`
	Loaded  time.Time `json:"loaded,omitzero"`
	Tried   time.Time `json:"tried,omitzero"`
	Problem string    `json:"problem,omitempty"`

	PendingRestart []string `json:"pending_restart"` // keys of teal.yaml whose new value waits for a restart of teal
	Warnings       []string `json:"warnings"`        // what is taken and should not be left so
}

// configStatus is what everybody is told about the config.
func configStatus(c *Config) ConfigStatus {
	return ConfigStatus{Hash: c.Hash, Loaded: c.Loaded, Tried: c.Tried, Problem: c.Problem, PendingRestart: orEmpty(c.PendingRestart), Warnings: orEmpty(c.Warnings)}
}

func (d *Daemon) getStatus(*call) (int, any) {
	config := d.opt.Config()
	s := Status{Name: config.Name, Version: d.opt.Version, Connected: d.connected(), Apps: []AppStatus{}, Config: configStatus(config)}
	if d.pump != nil {
		s.Outbox, _ = d.pump.Depth()
	}
	for _, app := range d.Apps() {
		s.Apps = append(s.Apps, statusOf(app.View()))
	}
	return http.StatusOK, s
}

// find returns the app that the path names, or the answer that there is none.
func (d *Daemon) find(c *call) (*App, int, any) {
	name := c.PathValue("app")
	if app, ok := d.App(name); ok {
		return app, 0, nil
	}
	return nil, http.StatusNotFound, d.unknown(name)
}

// unknown is the answer about an app that there is not, with those that there are.
func (d *Daemon) unknown(name string) Failure {
	next := "teal has no app yet; a new one needs apps/NAME.yaml in its config directory"
	if list := d.names(); len(list) > 0 {
		next = "its apps are: " + strings.Join(list, ", ") + "; a new one needs apps/NAME.yaml in its config directory"
	}
	return failure("unknown_app", "teal has no app "+strconv.Quote(name), next)
}

func (d *Daemon) names() []string {
	var list []string
	for _, app := range d.Apps() {
		list = append(list, app.name)
	}
	return list
}

func (d *Daemon) getApp(c *call) (int, any) {
	app, status, refusal := d.find(c)
	if app == nil {
		return status, refusal
	}
	return http.StatusOK, statusOf(app.View())
}

// getTimeline is GET /v1/apps/{app}/timeline: with last=N the newest lines, else those after after=N. Oldest first.
func (d *Daemon) getTimeline(c *call) (int, any) {
	query := c.URL.Query()
	var after uint64
	if text := query.Get("after"); text != "" {
		n, err := strconv.ParseUint(text, 10, 63)
		if err != nil {
			return http.StatusBadRequest, failure("usage", "after is not a number", "give the n of the last line that you have")
		}
		after = n
	}
	if d.opt.Archive.Timeline == nil || d.opt.Archive.Tail == nil {
		return notKept()
	}
	var lines []release.Entry
	var err error
	if last := count(query.Get("last"), 0, 1000); last > 0 {
		lines, err = d.opt.Archive.Tail(c.Context(), c.PathValue("app"), last)
	} else {
		lines, err = d.opt.Archive.Timeline(c.Context(), c.PathValue("app"), after, count(query.Get("limit"), 200, 1000))
	}
	if err == nil && len(lines) == 0 && after == 0 {
		if app, status, refusal := d.find(c); app == nil {
			return status, refusal
		}
	}
	return archived(map[string]any{"lines": orEmpty(lines)}, err)
}

// count reads how many are wanted, at most most; what is no such number is otherwise.
func count(text string, otherwise, most int) int {
	if n, err := strconv.Atoi(text); err == nil && n > 0 {
		return min(n, most)
	}
	return otherwise
}

func (d *Daemon) getHistory(c *call) (int, any) {
	if d.opt.Archive.History == nil {
		return notKept()
	}
	past, err := d.opt.Archive.History(c.Context(), c.PathValue("app"), count(c.URL.Query().Get("limit"), 50, 500))
	if err == nil && len(past) == 0 { // an app whose file is gone still has its history
		if app, status, refusal := d.find(c); app == nil {
			return status, refusal
		}
	}
	return archived(map[string]any{"releases": orEmpty(past)}, err)
}

// getRelease looks through the apps (or the one of ?app=): an id is unique in practice, the store's key is (app, id).
func (d *Daemon) getRelease(c *call) (int, any) {
	if d.opt.Archive.Release == nil || d.opt.Archive.Outcomes == nil {
		return notKept()
	}
	id := release.ID(c.PathValue("id"))
	names := []string{c.URL.Query().Get("app")}
	if names[0] == "" {
		names = d.names()
	}
	for _, name := range names {
		past, found, err := d.opt.Archive.Release(c.Context(), name, id)
		if err != nil {
			return archived(nil, err)
		}
		if !found {
			continue
		}
		outcomes, err := d.opt.Archive.Outcomes(c.Context(), name, id)
		return archived(map[string]any{"release": past, "outcomes": orEmpty(outcomes)}, err)
	}
	return http.StatusNotFound, failure("unknown_release", "no app of this teal has a release "+strconv.Quote(string(id)),
		"teal history APP lists the releases of an app; for an app whose file is gone: teal explain ID --app NAME")
}

func orEmpty[T any](list []T) []T {
	if list == nil {
		return []T{}
	}
	return list
}

func archived(body any, err error) (int, any) {
	if err != nil {
		return http.StatusServiceUnavailable, failure("store", err.Error(), "look at the store's disk; teal goes on by itself once it answers")
	}
	return http.StatusOK, body
}

func notKept() (int, any) {
	return http.StatusNotImplemented, failure("not_kept", "this store keeps no history", "use a store that does")
}

func (d *Daemon) getHealth(*call) (int, any) {
	return http.StatusOK, map[string]string{"status": "ok"}
}

// getReady is yes once teal is up and while its store answers. An app in trouble, or NATS away, is no reason for no.
func (d *Daemon) getReady(c *call) (int, any) {
	if !d.ready.Load() {
		return http.StatusServiceUnavailable, failure("starting", "teal is starting", "ask again in a moment")
	}
	ctx, cancel := context.WithTimeout(c.Context(), observeLimit)
	defer cancel()
	if _, err := d.opt.Outbox.Unsent(ctx, 1); err != nil {
		return http.StatusServiceUnavailable, failure("store", err.Error(), "look at the store's disk; teal goes on by itself once it answers")
	}
	return http.StatusOK, map[string]string{"status": "ready"}
}
