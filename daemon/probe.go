package daemon

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"net/http"
	"time"

	"teal.dev/teal/release"
)

// watcher is the memory of teal's own probe of one slot. Only the loop touches it; a probe under way answers by a channel.
type watcher struct {
	history release.Probe
	flight  chan probed // nil = none under way
	begun   time.Time
	tenant  release.Tenant // whose history it is
}

type probed struct {
	err error
	at  time.Time
}

// belong forgets the history when another process is seen in the slot.
func (w *watcher) belong(t release.Tenant) {
	if t.Running == release.Unknown {
		return
	}
	if t.PID != w.tenant.PID || t.Release != w.tenant.Release {
		w.forget()
	}
	w.tenant = t
}

// forget begins a new history; the answer of a probe under way goes nowhere.
func (w *watcher) forget() { *w = watcher{tenant: w.tenant} }

// look takes up the answer of the last probe and begins the next one when it is due. It never waits.
func (w *watcher) look(ctx context.Context, probe func(context.Context) error, every, timeout time.Duration) {
	if w.flight != nil {
		select {
		case p := <-w.flight:
			w.flight = nil
			w.note(p)
		default:
			return
		}
	}
	// A tenth of slack: turns come at their own beat, and a probe that is due in a moment is due.
	if time.Since(w.begun) < every-every/10 {
		return
	}
	flight := make(chan probed, 1)
	w.flight, w.begun = flight, time.Now()
	go func() {
		ctx, cancel := context.WithTimeout(ctx, timeout)
		defer cancel()
		var p probed
		defer func() {
			if r := recover(); r != nil {
				p.err = fmt.Errorf("panic in the probe: %v", r)
			}
			p.at = time.Now().Round(0).UTC()
			flight <- p
		}()
		p.err = probe(ctx)
	}()
}

func (w *watcher) note(p probed) {
	h := &w.history
	switch {
	case p.err == nil && h.Passes == 0, p.err != nil && h.Fails == 0:
		h.Since = p.at
	}
	h.At = p.at
	if p.err == nil {
		h.Passes, h.Fails, h.Problem = h.Passes+1, 0, ""
		return
	}
	h.Passes, h.Fails, h.Problem = 0, h.Fails+1, p.err.Error()
}

// HTTPProber asks GET http://<address><path> of a slot and wants 200 to 299. Both are those of the plan: what the config
// says now is for the next release.
type HTTPProber struct {
	addresses map[release.Slot]string // for a plan that has none
	path      string
	client    *http.Client
}

// NewHTTPProber makes a prober; the addresses (host:port) and the path are those of plans that have none.
func NewHTTPProber(addresses map[release.Slot]string, path string, timeout time.Duration) *HTTPProber {
	return &HTTPProber{addresses: addresses, path: path, client: &http.Client{
		Timeout: timeout,
		// A new connection each time: a kept one would go on talking to a process that no longer listens. No proxy.
		Transport: &http.Transport{DisableKeepAlives: true, DisableCompression: true, MaxResponseHeaderBytes: 64 << 10},
		CheckRedirect: func(req *http.Request, via []*http.Request) error {
			if req.URL.Host != via[0].URL.Host {
				return fmt.Errorf("redirected to another host (%s); set health.path to an address that the version answers itself", req.URL.Host)
			}
			if len(via) > 3 {
				return fmt.Errorf("more than 3 redirects; set health.path to an address that answers 200")
			}
			return nil
		},
	}}
}

// Probe is one request; nil = healthy.
func (p *HTTPProber) Probe(ctx context.Context, slot release.Slot, plan release.Plan) error {
	address := cmp.Or(plan.Address, p.addresses[slot])
	if address == "" {
		return fmt.Errorf("slot %s has no address; set slots.%s.address", slot, slot)
	}
	path := cmp.Or(plan.Recipe.Health, p.path)
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+address+path, nil)
	if err != nil {
		return fmt.Errorf("health.path %q: %w", path, err)
	}
	req.Header.Set("User-Agent", "teal-health")
	resp, err := p.client.Do(req)
	if err != nil {
		return err
	}
	defer func() { _ = resp.Body.Close() }()
	_, _ = io.Copy(io.Discard, io.LimitReader(resp.Body, 64<<10))
	if resp.StatusCode < 200 || resp.StatusCode > 299 {
		return fmt.Errorf("GET %s: status %d, wanted 200 to 299", req.URL, resp.StatusCode)
	}
	return nil
}
