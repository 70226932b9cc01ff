package client_test

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"teal.dev/teal/daemon"
	"teal.dev/teal/internal/client"
	"teal.dev/teal/release"
)

// serve answers on a fresh socket and returns a client of it.
func serve(t *testing.T, handler http.HandlerFunc) *client.Client {
	t.Helper()
	path := filepath.Join(t.TempDir(), "teal.sock")
	listener, err := net.Listen("unix", path)
	require.NoError(t, err)
	server := &http.Server{Handler: handler}
	go func() { _ = server.Serve(listener) }()
	t.Cleanup(func() { _ = server.Close() })
	return client.New(path)
}

func TestQuestionsAndAnswers(t *testing.T) {
	var method, uri, body string
	answer := `{}`
	c := serve(t, func(w http.ResponseWriter, r *http.Request) {
		raw, _ := io.ReadAll(r.Body)
		method, uri, body = r.Method, r.RequestURI, string(raw)
		_, _ = io.WriteString(w, answer)
	})
	ctx := t.Context()
	for _, q := range []struct {
		answer, uri, got string
		ask              func() (any, error)
	}{
		{`{"name":"x","apps":[{"app":"shop"}]}`, "GET /v1/status", `"shop"`, func() (any, error) { return c.Status(ctx) }},
		{`{"app":"shop","rev":7}`, "GET /v1/apps/shop", `"rev":7`, func() (any, error) { return c.App(ctx, "shop") }},
		{`{"app":"a","findings":null}`, "GET /v1/apps/..%2Fx%3Fy/plan", `"findings":null`, func() (any, error) { return c.Plan(ctx, "../x?y") }},
		{`{"lines":[{"n":3}]}`, "GET /v1/apps/shop/timeline?after=2&limit=9", `"n":3`, func() (any, error) { return c.Timeline(ctx, "shop", 2, 9) }},
		{`{"releases":[{"id":"R"}]}`, "GET /v1/history/shop?limit=5", `"id":"R"`, func() (any, error) { return c.History(ctx, "shop", 5) }},
		{`{"release":{"id":"R"},"outcomes":[{"type":"held"}]}`, "GET /v1/releases/R", `"held"`, func() (any, error) { return c.Release(ctx, "R") }},
		{`{"approvals":[{"step":"switch"}]}`, "GET /v1/approvals", `"switch"`, func() (any, error) { return c.Approvals(ctx) }},
		{`{"hash":"h"}`, "POST /v1/reload", `"hash":"h"`, func() (any, error) { return c.Reload(ctx) }},
		{`{"action":{"rule":"person-holds"}}`, "POST /v1/apps/shop/hold", `"person-holds"`, func() (any, error) {
			return c.Order(ctx, "shop", release.VerbHold, daemon.Order{Reason: "why"})
		}},
	} {
		answer = q.answer
		got, err := q.ask()
		require.NoError(t, err, q.uri)
		require.Equal(t, q.uri, method+" "+uri)
		raw, err := json.Marshal(got)
		require.NoError(t, err)
		require.Contains(t, string(raw), q.got)
	}
	require.JSONEq(t, `{"reason":"why"}`, body)
}

func TestNo(t *testing.T) {
	c := serve(t, func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/v1/apps/shop/promote":
			w.WriteHeader(http.StatusConflict)
			_, _ = io.WriteString(w, `{"error":{"code":"not_baking","text":"no release is baking","next":"look"}}`)
		case "/v1/apps/pay":
			w.WriteHeader(http.StatusBadGateway)
			_, _ = io.WriteString(w, "<html>")
		case "/v1/approvals":
			_, _ = io.WriteString(w, "<html>")
		}
	})
	_, err := c.Order(t.Context(), "shop", release.VerbPromote, daemon.Order{})
	var no *client.Error
	require.ErrorAs(t, err, &no)
	require.Equal(t, client.Error{Problem: daemon.Problem{Code: "not_baking", Text: "no release is baking", Next: "look"}, Status: 409}, *no)
	_, err = c.App(t.Context(), "pay")
	require.ErrorContains(t, err, "status 502 and not as a teal daemon does")
	_, err = c.Approvals(t.Context())
	require.ErrorContains(t, err, "cannot be read")
}

func TestNobody(t *testing.T) {
	dir := t.TempDir()
	away := func(path string) *client.Unreachable {
		_, err := client.New(path).Status(t.Context())
		var u *client.Unreachable
		require.ErrorAs(t, err, &u)
		require.NotEmpty(t, u.Next)
		return u
	}
	require.Contains(t, away(filepath.Join(dir, "none")).Text, "is `teal serve` running?")
	left := filepath.Join(dir, "left.sock")
	listener, err := net.Listen("unix", left)
	require.NoError(t, err)
	listener.(*net.UnixListener).SetUnlinkOnClose(false)
	require.NoError(t, listener.Close())
	require.Contains(t, away(left).Text, "nobody listens")
	file := filepath.Join(dir, "file")
	require.NoError(t, os.WriteFile(file, nil, 0o600))
	require.Contains(t, away(file).Text, file)
	require.Contains(t, away(filepath.Join(dir, strings.Repeat("x", 200))).Text, "does not answer")

	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err = client.New(left).Status(ctx)
	require.True(t, errors.Is(err, context.Canceled))
}
