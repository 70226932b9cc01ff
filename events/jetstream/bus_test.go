package jetstream_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	njs "github.com/nats-io/nats.go/jetstream"
	"github.com/stretchr/testify/require"

	"teal.dev/teal/events"
	"teal.dev/teal/events/jetstream"
	"teal.dev/teal/release"
)

const wait = time.Minute // until a test gives up; nothing is measured by it

func server(t *testing.T, dir, listen string) *jetstream.Server {
	t.Helper()
	s, err := jetstream.Embedded(context.Background(), jetstream.EmbeddedConfig{Listen: listen, Dir: dir})
	require.NoError(t, err)
	t.Cleanup(s.Close)
	return s
}

func bus(t *testing.T, url string) *jetstream.Bus {
	t.Helper()
	b, err := jetstream.Connect(jetstream.Config{Name: "prod", URL: url, AckWait: 2 * time.Second})
	require.NoError(t, err)
	t.Cleanup(b.Close)
	return b
}

// town is a fresh server with its streams, teal's bus, and a stranger's plain connection.
func town(t *testing.T) (*jetstream.Bus, *nats.Conn, context.Context) {
	t.Helper()
	s := server(t, t.TempDir(), "127.0.0.1:0")
	ctx, cancel := context.WithTimeout(context.Background(), 60*time.Second)
	t.Cleanup(cancel)
	b := bus(t, s.URL())
	warnings, err := b.Ensure(ctx)
	require.NoError(t, err)
	require.Empty(t, warnings)
	nc, err := nats.Connect(s.URL())
	require.NoError(t, err)
	t.Cleanup(nc.Close)
	return b, nc, ctx
}

func id(n int) release.ID { return release.ID(fmt.Sprintf("01JD2Y8M3N5W6X7Y8Z9A0B%04d", n)) }

// desk is a handler that writes down what it was given and answers what it was told to.
type desk struct {
	mu     sync.Mutex
	seen   []events.Received
	answer func(events.Received) events.Disposition
}

func (d *desk) handle(_ context.Context, m events.Received) events.Disposition {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.seen = append(d.seen, m)
	if d.answer == nil {
		return events.Ack()
	}
	return d.answer(m)
}

func (d *desk) all() []events.Received {
	d.mu.Lock()
	defer d.mu.Unlock()
	return append([]events.Received(nil), d.seen...)
}

func (d *desk) await(t *testing.T, n int) []events.Received {
	t.Helper()
	require.Eventually(t, func() bool { return len(d.all()) >= n }, wait, 5*time.Millisecond, "%d messages", n)
	return d.all()
}

// consume runs Consume the way the daemon does, until the returned function is called.
func consume(t *testing.T, b *jetstream.Bus, d *desk) (stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() {
		defer close(done)
		for ctx.Err() == nil {
			_ = b.Consume(ctx, d.handle)
		}
	}()
	stop = func() { cancel(); <-done }
	t.Cleanup(stop)
	return stop
}

func pending(t *testing.T, nc *nats.Conn) (ackPending int, floor uint64) {
	t.Helper()
	js, err := njs.New(nc)
	require.NoError(t, err)
	c, err := js.Consumer(context.Background(), jetstream.Releases, "teal-prod")
	require.NoError(t, err)
	return c.CachedInfo().NumAckPending, c.CachedInfo().AckFloor.Stream
}

func TestTheSubjectIsTheIdempotencyKey(t *testing.T) {
	b, nc, ctx := town(t)
	seq, err := b.Request(ctx, "shop", id(1), []byte("one"))
	require.NoError(t, err)
	require.EqualValues(t, 1, seq)
	for _, body := range []string{"one", "two"} {
		_, err = b.Request(ctx, "shop", id(1), []byte(body))
		require.ErrorIs(t, err, jetstream.ErrAlreadyRequested)
	}
	_, err = b.Request(ctx, "pay", id(1), []byte("one"))
	require.NoError(t, err, "another app may use the same id")

	// A stranger who guesses an id of NATS's own de-duplication suppresses nobody for longer than an instant.
	js, err := njs.New(nc)
	require.NoError(t, err)
	info, err := js.Stream(ctx, jetstream.Releases)
	require.NoError(t, err)
	require.Equal(t, 100*time.Millisecond, info.CachedInfo().Config.Duplicates)
	require.Error(t, info.DeleteMsg(ctx, 1), "nobody deletes a request")
	require.Error(t, info.Purge(ctx))
}

func TestAFullStreamIsNotADuplicate(t *testing.T) {
	s := server(t, t.TempDir(), "127.0.0.1:0")
	nc, err := nats.Connect(s.URL())
	require.NoError(t, err)
	t.Cleanup(nc.Close)
	js, err := njs.New(nc)
	require.NoError(t, err)
	_, err = js.CreateStream(context.Background(), njs.StreamConfig{Name: jetstream.Releases, Subjects: []string{"teal.v1.release.*.*.requested"}, MaxBytes: 400,
		Discard: njs.DiscardNew, DiscardNewPerSubject: true, MaxMsgsPerSubject: 1})
	require.NoError(t, err)
	b := bus(t, s.URL())
	_, err = b.Request(context.Background(), "shop", id(1), make([]byte, 100))
	require.NoError(t, err)
	_, err = b.Request(context.Background(), "shop", id(2), make([]byte, 300))
	require.Error(t, err)
	require.False(t, errors.Is(err, jetstream.ErrAlreadyRequested), "the same error code, another reason: %v", err)
}

func TestSizesAndSubjects(t *testing.T) {
	b, nc, ctx := town(t)
	_, err := b.Request(ctx, "shop", id(1), make([]byte, events.MaxMessage))
	require.NoError(t, err, "exactly the limit")
	_, err = b.Request(ctx, "shop", id(2), make([]byte, events.MaxMessage+1))
	require.ErrorContains(t, err, "kind: dir")
	answer, err := nc.RequestWithContext(ctx, events.RequestSubject("shop", id(2)), make([]byte, events.MaxMessage+1))
	require.NoError(t, err)
	require.Contains(t, string(answer.Data), "message size exceeds maximum allowed", "also for publishers that do not ask us")
	_, err = b.Request(ctx, "shop.*", id(3), []byte("x"))
	require.Error(t, err)
}

func TestAPlainRequestGetsTheAck(t *testing.T) {
	b, nc, ctx := town(t)
	d := &desk{}
	consume(t, b, d)
	before := time.Now().Add(-time.Minute)
	answer, err := nc.RequestWithContext(ctx, events.RequestSubject("shop", id(1)), []byte("hello"))
	require.NoError(t, err)
	require.JSONEq(t, `{"stream":"TEAL_RELEASES","seq":1}`, string(answer.Data))
	m := d.await(t, 1)[0]
	require.Equal(t, "hello", string(m.Data))
	require.Equal(t, events.RequestSubject("shop", id(1)), m.Subject)
	require.EqualValues(t, 1, m.Seq)
	require.EqualValues(t, 1, m.Delivered)
	require.True(t, m.Stored.After(before) && m.Stored.Location() == time.UTC)
}

func TestAckRetryTerm(t *testing.T) {
	b, nc, ctx := town(t)
	advisories, err := nc.SubscribeSync("$JS.EVENT.ADVISORY.CONSUMER.MSG_TERMINATED.>")
	require.NoError(t, err)
	d := &desk{answer: func(m events.Received) events.Disposition {
		switch {
		case m.Seq == 1 && m.Delivered == 1:
			return events.Retry(time.Millisecond)
		case m.Seq == 2:
			return events.Term("schema: no good")
		}
		return events.Ack()
	}}
	for n := 1; n <= 3; n++ {
		_, err := b.Request(ctx, "shop", id(n), []byte("x"))
		require.NoError(t, err)
	}
	consume(t, b, d)
	seen := d.await(t, 4)
	var order []string
	for _, m := range seen {
		order = append(order, fmt.Sprintf("%d/%d", m.Seq, m.Delivered))
	}
	require.Equal(t, []string{"1/1", "1/2", "2/1", "3/1"}, order, "one at a time: a retry is not overtaken")
	require.Eventually(t, func() bool { n, floor := pending(t, nc); return n == 0 && floor == 3 }, wait, 5*time.Millisecond)
	advisory, err := advisories.NextMsg(wait)
	require.NoError(t, err)
	require.Contains(t, string(advisory.Data), "schema: no good")
	last, err := b.LastSeq(ctx)
	require.NoError(t, err)
	require.EqualValues(t, 3, last, "nothing leaves the stream")
}

// The server and teal's connection go away while a message has no verdict; both come back and it is delivered again.
func TestRestartOfTheServer(t *testing.T) {
	dir := t.TempDir()
	s := server(t, dir, "127.0.0.1:0")
	listen := strings.TrimPrefix(s.URL(), "nats://")
	b := bus(t, s.URL())
	ctx, cancel := context.WithTimeout(context.Background(), 60*time.Second)
	defer cancel()
	_, err := b.Ensure(ctx)
	require.NoError(t, err)
	var down sync.Once
	closed := make(chan struct{})
	d := &desk{answer: func(m events.Received) events.Disposition {
		down.Do(func() { s.Close(); close(closed) })
		return events.Ack() // it does not arrive
	}}
	_, err = b.Request(ctx, "shop", id(1), []byte("x"))
	require.NoError(t, err)
	consume(t, b, d)
	<-closed
	require.Eventually(t, func() bool { return !b.Connected() }, wait, 5*time.Millisecond)
	require.Error(t, b.Publish(ctx, posted(1, release.OutAccepted)), "nothing waits in the client to arrive later")
	server(t, dir, listen)
	require.Eventually(t, b.Connected, wait, 5*time.Millisecond)
	_, err = b.Request(ctx, "shop", id(1), []byte("x"))
	require.ErrorIs(t, err, jetstream.ErrAlreadyRequested, "the stream is on disk")
	_, err = b.Request(ctx, "shop", id(2), []byte("y"))
	require.NoError(t, err)
	// The ack of message 1 was lost: it comes again after AckWait. A verdict asked for by the rescan needs no such wait.
	var scanned []uint64
	require.NoError(t, b.Rescan(ctx, 1, func(_ context.Context, m events.Received) events.Disposition {
		scanned = append(scanned, m.Seq)
		return events.Ack()
	}))
	require.Equal(t, []uint64{1, 2}, scanned)
	require.Eventually(t, func() bool {
		var again, next bool
		for _, m := range d.all() {
			again = again || m.Seq == 1 && m.Delivered > 1
			next = next || m.Seq == 2
		}
		return again && next
	}, wait, 20*time.Millisecond, "redelivered after AckWait, and the next one after it")
}

func TestAConsumerThatIsDeletedIsMadeAnew(t *testing.T) {
	b, nc, ctx := town(t)
	d := &desk{}
	consume(t, b, d)
	_, err := b.Request(ctx, "shop", id(1), []byte("x"))
	require.NoError(t, err)
	d.await(t, 1)
	js, err := njs.New(nc)
	require.NoError(t, err)
	require.NoError(t, js.DeleteConsumer(ctx, jetstream.Releases, "teal-prod"))
	_, err = b.Request(ctx, "shop", id(2), []byte("y"))
	require.NoError(t, err)
	require.Eventually(t, func() bool { all := d.all(); return all[len(all)-1].Seq == 2 }, wait, 5*time.Millisecond)
}

// The ack reached a server that was deleting the consumer, and nobody answers it: the stream is opened again at once.
func TestAVerdictWithoutAnAnswer(t *testing.T) {
	b, nc, ctx := town(t)
	js, err := njs.New(nc)
	require.NoError(t, err)
	_, err = b.Request(ctx, "shop", id(1), []byte("x"))
	require.NoError(t, err)
	err = b.Consume(ctx, func(context.Context, events.Received) events.Disposition {
		_, err := nc.SubscribeSync("$JS.ACK." + jetstream.Releases + ".teal-prod.>") // listens and says nothing
		require.NoError(t, err)
		require.NoError(t, js.DeleteConsumer(ctx, jetstream.Releases, "teal-prod"))
		return events.Ack()
	})
	require.ErrorContains(t, err, "the verdict on message 1 has no answer")
}

// After a loss of data the stream begins again below what the consumer has seen, and the consumer would stay deaf.
func TestAStreamThatWentBack(t *testing.T) {
	b, nc, ctx := town(t)
	d := &desk{}
	stop := consume(t, b, d)
	for n := 1; n <= 3; n++ {
		_, err := b.Request(ctx, "shop", id(n), []byte("x"))
		require.NoError(t, err)
	}
	d.await(t, 3)
	stop()
	last, err := b.LastSeq(ctx)
	require.NoError(t, err)
	require.EqualValues(t, 3, last)
	js, err := njs.New(nc)
	require.NoError(t, err)
	require.NoError(t, js.DeleteStream(ctx, jetstream.Releases))
	fresh := &desk{}
	consume(t, b, fresh)
	require.Eventually(t, func() bool {
		_, err := b.Request(ctx, "shop", id(9), []byte("x"))
		return err == nil || errors.Is(err, jetstream.ErrAlreadyRequested)
	}, wait, 20*time.Millisecond)
	last, err = b.LastSeq(ctx)
	require.NoError(t, err)
	require.EqualValues(t, 1, last, "the shell sees that it went back")
	require.EqualValues(t, 1, fresh.await(t, 1)[0].Seq)
}

func TestMemoryStorageIsRefused(t *testing.T) {
	s := server(t, t.TempDir(), "127.0.0.1:0")
	nc, err := nats.Connect(s.URL())
	require.NoError(t, err)
	t.Cleanup(nc.Close)
	js, err := njs.New(nc)
	require.NoError(t, err)
	_, err = js.CreateStream(context.Background(), njs.StreamConfig{Name: jetstream.Releases, Subjects: []string{"teal.v1.release.*.*.requested"}, Storage: njs.MemoryStorage})
	require.NoError(t, err)
	_, err = bus(t, s.URL()).Ensure(context.Background())
	require.ErrorContains(t, err, "file storage")
}

func TestWithoutTealsStreams(t *testing.T) {
	s := server(t, t.TempDir(), "127.0.0.1:0")
	b := bus(t, s.URL())
	_, err := b.Request(context.Background(), "shop", id(1), []byte("x"))
	require.ErrorContains(t, err, "teal serve")
	require.ErrorContains(t, b.WatchOutcomes(context.Background(), "shop", id(1), 0, nil), "teal serve")
}

func TestConnectBeforeTheServer(t *testing.T) {
	free, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	listen := free.Addr().String()
	require.NoError(t, free.Close())
	b := bus(t, "nats://"+listen)
	require.False(t, b.Connected())
	server(t, t.TempDir(), listen)
	require.Eventually(t, b.Connected, wait, 5*time.Millisecond)
	_, err = b.LastSeq(context.Background())
	require.NoError(t, err)
	_, err = jetstream.Connect(jetstream.Config{URL: "nats://" + listen, Credentials: filepath.Join(t.TempDir(), "none.creds")})
	require.Error(t, err)
}

func TestEmbeddedRefusals(t *testing.T) {
	busy, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	t.Cleanup(func() { _ = busy.Close() })
	for listen, want := range map[string]string{"": "host:port", "4222": "host:port", "0.0.0.0:4222": "loopback", ":4222": "loopback", "example.org:1": "loopback", "127.0.0.1:x": "port",
		"127.0.0.1:99999": "port", busy.Addr().String(): "free the port"} {
		_, err := jetstream.Embedded(context.Background(), jetstream.EmbeddedConfig{Listen: listen, Dir: t.TempDir(), Log: slog.New(slog.DiscardHandler)})
		require.ErrorContains(t, err, want, listen)
	}
	file := filepath.Join(t.TempDir(), "f", "x")
	_, err = jetstream.Embedded(context.Background(), jetstream.EmbeddedConfig{Listen: "127.0.0.1:0", Dir: "/dev/null/x"})
	require.ErrorContains(t, err, "nats.embedded.dir", file)
}
