package postgres_test

import (
	"bytes"
	"encoding/binary"
	"net"
	"net/url"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"teal.dev/teal/internal/lab/labtest"
	"teal.dev/teal/migrate/postgres"
	"teal.dev/teal/release"
)

// wire stands between teal and the server. up sees what teal sends and says whether it goes on; down may change what comes back.
type wire struct {
	up   func(packet []byte) bool
	down func(packet []byte)
	cut  chan struct{} // closed: the connections of this moment break; nil = never
}

// through makes the address of a server as seen through a wire.
func through(t *testing.T, dsn string, w *wire) string {
	t.Helper()
	address, err := url.Parse(dsn)
	require.NoError(t, err)
	server := address.Host
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	t.Cleanup(func() { _ = listener.Close() })
	go func() {
		for {
			client, err := listener.Accept()
			if err != nil {
				return
			}
			go w.carry(client, server)
		}
	}()
	address.Host = listener.Addr().String()
	return address.String()
}

func (w *wire) carry(client net.Conn, server string) {
	upstream, err := net.Dial("tcp", server)
	if err != nil {
		_ = client.Close()
		return
	}
	var once sync.Once
	cut := func() { once.Do(func() { _, _ = client.Close(), upstream.Close() }) }
	pump := func(from, to net.Conn, look func([]byte) bool) {
		defer cut()
		buffer := make([]byte, 64<<10)
		for {
			n, err := from.Read(buffer)
			if n > 0 {
				if !look(buffer[:n]) {
					return
				}
				if _, err := to.Write(buffer[:n]); err != nil {
					return
				}
			}
			if err != nil {
				return
			}
		}
	}
	select {
	case <-w.cut: // those who come later get through
	default:
		if w.cut != nil {
			go func() { <-w.cut; cut() }()
		}
	}
	go pump(client, upstream, func(p []byte) bool { return w.up == nil || w.up(p) })
	pump(upstream, client, func(p []byte) bool {
		if w.down != nil {
			w.down(p)
		}
		return true
	})
}

func isCommit(packet []byte) bool { return bytes.Contains(bytes.ToLower(packet), []byte("commit\x00")) }

func TestLostBeforeTheCommit(t *testing.T) {
	dsn := labtest.Postgres(t)
	conn := outside(t, dsn)
	f := files("1_a.up.sql", base, "2_b.up.sql", "CREATE TABLE b (id int);")
	require.NoError(t, apply(t, open(t, dsn), f[:1]))
	w := &wire{up: func(p []byte) bool { return !isCommit(p) }}
	requireFault(t, apply(t, open(t, through(t, dsn, w)), f), release.Retry, "connection_lost")
	requireNoSessions(t, conn)
	require.False(t, get[bool](t, conn, `SELECT to_regclass('b') IS NOT NULL`))
	requireClean(t, open(t, dsn), conn, f, 1)
	require.NoError(t, apply(t, open(t, dsn), f))
	requireClean(t, open(t, dsn), conn, f, 2)
}

// The server commits and nobody hears of it: the next attempt must know.
func TestLostBehindTheCommit(t *testing.T) {
	dsn := labtest.Postgres(t)
	conn := outside(t, dsn)
	f := files("1_a.up.sql", base, "2_b.up.sql", "CREATE TABLE b (id int);")
	require.NoError(t, apply(t, open(t, dsn), f[:1]))
	var mu sync.Mutex
	asked := false
	w := &wire{
		up: func(p []byte) bool {
			mu.Lock()
			defer mu.Unlock()
			asked = asked || isCommit(p)
			return true
		},
	}
	lost := through(t, dsn, w)
	w.down = func(p []byte) {
		mu.Lock()
		defer mu.Unlock()
		if asked {
			for i := range p { // no answer that could be read as one
				p[i] = 0
			}
		}
	}
	require.Error(t, apply(t, open(t, lost), f))
	requireClean(t, open(t, dsn), conn, f, 2)
	require.NoError(t, apply(t, open(t, dsn), f), "nothing is done twice")
	require.True(t, get[bool](t, conn, `SELECT to_regclass('b') IS NOT NULL`))
}

// A pooler hands out a key of its own: the pid in it is not the backend's.
func TestPoolerIsRefused(t *testing.T) {
	dsn := labtest.Postgres(t)
	w := &wire{down: func(p []byte) {
		key := []byte{'K', 0, 0, 0, 12}
		if i := bytes.Index(p, key); i >= 0 && len(p) >= i+9 {
			binary.BigEndian.PutUint32(p[i+5:], 4_000_000)
		}
	}}
	pooled := through(t, dsn, w)
	f := files("1_a.up.sql", base)
	text := requireFault(t, apply(t, open(t, pooled), f), release.Permanent, "pooler")
	require.Contains(t, text, "database.direct_url")
	require.NoError(t, apply(t, open(t, pooled, func(c *postgres.Config) { c.DirectURL = dsn }), f))
}

// The network breaks in the middle of a statement: the server works on, and Apply returns only when it has stopped.
func TestCutInTheMiddle(t *testing.T) {
	dsn := labtest.Postgres(t)
	conn := outside(t, dsn)
	f := files("1_a.up.sql", base, "2_b.up.sql", "CREATE TABLE b (id int); SELECT pg_sleep(60);")
	require.NoError(t, apply(t, open(t, dsn), f[:1]))
	w := &wire{cut: make(chan struct{})}
	_, done := inTheMiddle(t, t.Context(), open(t, through(t, dsn, w)), conn, f, "%pg_sleep(60)%")
	close(w.cut)
	requireFault(t, <-done, release.Retry, "connection_lost")
	requireNoSessions(t, conn)
	requireClean(t, open(t, dsn), conn, f, 1)
}
