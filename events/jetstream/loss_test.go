package jetstream_test

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	njs "github.com/nats-io/nats.go/jetstream"
	"github.com/stretchr/testify/require"

	"teal.dev/teal/events"
	"teal.dev/teal/events/jetstream"
)

// The stream's messages are lost on disk and the consumer's position is not: such a consumer is deaf until the stream has
// caught up (nats-server#5412); Consume makes it anew. The embedded 2.15.2 also heals this by itself, so here the end
// is tested, whoever brings it about.
func TestAConsumerAheadOfItsStream(t *testing.T) {
	dir := t.TempDir()
	s := server(t, dir, "127.0.0.1:0")
	listen := strings.TrimPrefix(s.URL(), "nats://")
	ctx, cancel := context.WithTimeout(context.Background(), 60*time.Second)
	defer cancel()
	first := bus(t, s.URL())
	d := &desk{}
	stop := consume(t, first, d)
	require.Eventually(t, func() bool { _, err := first.LastSeq(ctx); return err == nil }, wait, 5*time.Millisecond)
	for n := 1; n <= 3; n++ {
		_, err := first.Request(ctx, "shop", id(n), []byte("x"))
		require.NoError(t, err)
	}
	d.await(t, 3)
	stop()
	first.Close()
	s.Close()
	messages, err := filepath.Glob(filepath.Join(dir, "jetstream", "*", "streams", jetstream.Releases, "msgs", "*"))
	require.NoError(t, err)
	require.NotEmpty(t, messages)
	for _, file := range messages {
		require.NoError(t, os.Remove(file))
	}
	s = server(t, dir, listen)
	b := bus(t, s.URL())
	_, err = b.Request(ctx, "shop", id(9), []byte("after the loss"))
	require.NoError(t, err)
	fresh := &desk{}
	consume(t, b, fresh)
	require.Equal(t, "after the loss", string(fresh.await(t, 1)[0].Data))
}

func TestRescanSkipsWhatIsGone(t *testing.T) {
	s := server(t, t.TempDir(), "127.0.0.1:0")
	nc, err := nats.Connect(s.URL())
	require.NoError(t, err)
	t.Cleanup(nc.Close)
	js, err := njs.New(nc)
	require.NoError(t, err)
	ctx := context.Background()
	stream, err := js.CreateStream(ctx, njs.StreamConfig{Name: jetstream.Releases, Subjects: []string{"teal.v1.release.*.*.requested"}, AllowDirect: true})
	require.NoError(t, err)
	b := bus(t, s.URL())
	warnings, err := b.Ensure(ctx)
	require.NoError(t, err)
	require.NotEmpty(t, warnings)
	require.Contains(t, strings.Join(warnings, "\n"), "max_msgs_per_subject")
	for n := 1; n <= 5; n++ {
		_, err := b.Request(ctx, "shop", id(n), []byte{byte(n)})
		require.NoError(t, err)
	}
	for _, gone := range []uint64{1, 3, 5} {
		require.NoError(t, stream.DeleteMsg(ctx, gone))
	}
	for from, want := range map[uint64][]uint64{0: {2, 4}, 2: {2, 4}, 3: {4}, 5: nil, 99: nil} {
		var got []uint64
		require.NoError(t, b.Rescan(ctx, from, func(_ context.Context, m events.Received) events.Disposition {
			require.Equal(t, []byte{byte(m.Seq)}, m.Data)
			require.Zero(t, m.Delivered)
			require.False(t, m.Stored.IsZero())
			got = append(got, m.Seq)
			return events.Ack()
		}))
		require.Equal(t, want, got, "from %d", from)
	}
}
