package main

import (
	"io"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"teal.dev/teal/internal/config"
)

// TestWarningsAreToldUntilTheyAreGone: a warning at the start scrolls away, so status has it too.
func TestWarningsAreToldUntilTheyAreGone(t *testing.T) {
	process := func() *config.App { return &config.App{Launch: config.Launch{Process: &config.Process{}}} }
	s := &config.Snapshot{Apps: map[string]*config.App{"shop": process(), "pay": process()}, Warnings: config.Problems{{File: "apps/shop.yaml", Text: "no key"}}}
	require.Equal(t, []string{"apps/shop.yaml: no key"}, warnings(s, false))
	require.Equal(t, []string{"apps/shop.yaml: no key", "pay, shop: " + contained}, warnings(s, true))
	s.Apps["pay"].Release.AllowUnsigned = true
	require.Contains(t, warnings(s, false)[1], "unsigned releases are accepted for pay")
}

// TestWhatWaitsForARestartIsTold: in status, in its JSON and as a metric, not only in the log.
func TestWhatWaitsForARestartIsTold(t *testing.T) {
	h := newHouse(t, nil)
	require.NotContains(t, h.teal("status").err, "restart")
	set := *h.config.Load()
	tell(&set, config.Status{OK: true, At: time.Now(), PendingRestart: []string{"nats", "listen.http"}})
	set.Warnings = []string{"its group can write it"}
	h.config.Store(&set)
	s := h.teal("status")
	require.Contains(t, s.err, "teal.yaml has new values that wait for a restart: nats, listen.http\n  next: restart teal serve")
	require.Contains(t, s.err, "warning: its group can write it\n")
	require.Regexp(t, `"pending_restart": \[\s+"nats",\s+"listen.http"\s+\]`, h.teal("status", "-o", "json").out)

	server := httptest.NewServer(h.daemon.Handler(true))
	defer server.Close()
	answer, err := http.Get(server.URL + "/metrics")
	require.NoError(t, err)
	defer func() { _ = answer.Body.Close() }()
	metrics, err := io.ReadAll(answer.Body)
	require.NoError(t, err)
	require.Contains(t, string(metrics), `teal_config_pending_restart{key="listen.http"} 1`)

	set.PendingRestart = []string{"nats"}
	tell(&set, config.Status{Problems: config.Problems{{File: "teal.yaml", Text: "bad"}}})
	require.Equal(t, []string{"nats"}, set.PendingRestart, "a refused set changes nothing that is in force")
}
