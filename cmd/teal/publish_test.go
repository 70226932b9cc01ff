package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"teal.dev/teal/events/jetstream"
)

// deaf is an address at which nobody listens.
func deaf(t *testing.T) string {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	require.NoError(t, l.Close())
	return "nats://" + l.Addr().String()
}

// publish runs teal release's own steps with little patience for the publishing.
func publish(t *testing.T, url string) (said, followed) {
	var out, errs buffer
	q := &requested{app: "shop", version: "1", audience: "test", migrations: "none", nats: url, expires: period(time.Hour), timeout: period(time.Hour),
		reach: 300 * time.Millisecond, until: &choice{value: "baked"}, out: &choice{value: "json"}}
	err := q.run(t.Context(), stdio{out: &out, err: &errs})
	var doc followed
	require.NoError(t, json.Unmarshal([]byte(out.String()), &doc))
	return said{code: codeOf(err), err: errs.String()}, doc
}

// TestNothingIsPublished: who cannot reach NATS must not be told that a release goes on, nor wait for it.
func TestNothingIsPublished(t *testing.T) {
	url := deaf(t)
	s, doc := publish(t, url)
	require.Equal(t, exitFailed, s.code)
	require.Equal(t, "failed", doc.Result)
	require.Equal(t, "NATS at "+url+" cannot be reached, nothing was published", doc.Error)
	require.Contains(t, s.err, "nobody answers at "+url+" yet", "the first failure is told at once")

	s = runTeal(t.Context(), "release", "shop", "1", "--audience", "test", "--migrations", "none", "--nats", url, "--timeout", "300ms")
	require.Equal(t, exitTimeout, s.code, "--timeout was shorter")
	require.Contains(t, s.err, "teal: NATS at "+url+" cannot be reached, nothing was published\n  next: see that NATS runs there")
	require.NotContains(t, s.err, "goes on")
}

// TestAnUnconfirmedRequest: a NATS that takes the request and never confirms it, as one without the right permissions.
func TestAnUnconfirmedRequest(t *testing.T) {
	server, err := jetstream.Embedded(t.Context(), jetstream.EmbeddedConfig{Listen: "127.0.0.1:0", Dir: t.TempDir()})
	require.NoError(t, err)
	t.Cleanup(server.Close)
	bus, err := jetstream.Connect(jetstream.Config{Name: "test", URL: server.URL()})
	require.NoError(t, err)
	t.Cleanup(bus.Close)
	ctx, cancel := context.WithTimeout(t.Context(), wait)
	defer cancel()
	require.True(t, connected(ctx, bus))
	_, err = bus.Ensure(ctx)
	require.NoError(t, err)
	swallow(t, strings.TrimPrefix(server.URL(), "nats://"))

	s, doc := publish(t, server.URL())
	require.Equal(t, exitFailed, s.code, s.err)
	require.Contains(t, doc.Error, "did not confirm the request")
	require.NotContains(t, doc.Error, "goes on")
}

// swallow puts a subscriber that never answers in the place of the stream of requests.
func swallow(t *testing.T, address string) {
	conn, err := net.Dial("tcp", address)
	require.NoError(t, err)
	t.Cleanup(func() { _ = conn.Close() })
	lines := bufio.NewReader(conn)
	_, err = fmt.Fprintf(conn, "CONNECT {\"verbose\":false}\r\nSUB gone 1\r\nSUB teal.v1.release.> 2\r\nPUB $JS.API.STREAM.DELETE.%s gone 0\r\n\r\n", jetstream.Releases)
	require.NoError(t, err)
	for {
		line, err := lines.ReadString('\n')
		require.NoError(t, err)
		if strings.HasPrefix(line, "MSG gone") {
			return
		}
	}
}
