package jetstream_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	natsserver "github.com/nats-io/nats-server/v2/server"
	"github.com/stretchr/testify/require"

	"teal.dev/teal/events"
	"teal.dev/teal/events/jetstream"
	"teal.dev/teal/release"
)

// What the operator of a shared NATS allows whom: the daemon reads requests and writes outcomes, a build system
// publishes for its own app. The streams and the consumer are made beforehand by an admin.
const guarded = `
listen: "127.0.0.1:-1"
jetstream { store_dir: %q }
authorization { users = [
  { user: admin, password: admin }
  { user: teal, password: teal, permissions: {
      publish: ["$JS.API.STREAM.INFO.TEAL_RELEASES", "$JS.API.STREAM.INFO.TEAL_OUTCOMES", "$JS.API.CONSUMER.INFO.TEAL_RELEASES.teal-prod",
        "$JS.API.CONSUMER.MSG.NEXT.TEAL_RELEASES.teal-prod", "$JS.ACK.TEAL_RELEASES.teal-prod.>", "$JS.API.DIRECT.GET.TEAL_RELEASES",
        "teal.v1.outcome.>"]
      subscribe: ["_INBOX_teal.>"] } }
  { user: shop, password: shop, permissions: {
      publish: ["teal.v1.release.shop.*.requested"]
      subscribe: ["_INBOX_shop.>", "teal.v1.outcome.shop.>"] } }
] }`

func as(t *testing.T, url, user string) *jetstream.Bus {
	t.Helper()
	b, err := jetstream.Connect(jetstream.Config{Name: "prod", URL: "nats://" + user + ":" + user + "@" + url, InboxPrefix: "_INBOX_" + user})
	require.NoError(t, err)
	t.Cleanup(b.Close)
	require.Eventually(t, b.Connected, wait, 5*time.Millisecond)
	return b
}

func TestUnderPermissions(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "nats.conf")
	require.NoError(t, os.WriteFile(file, fmtConfig(filepath.Join(dir, "store")), 0o600))
	options, err := natsserver.ProcessConfigFile(file)
	require.NoError(t, err)
	options.NoSigs, options.NoLog = true, true
	s, err := natsserver.NewServer(options)
	require.NoError(t, err)
	go s.Start()
	t.Cleanup(func() { s.Shutdown(); s.WaitForShutdown() })
	require.True(t, s.ReadyForConnections(wait))
	url := s.Addr().String()

	// The admin's visit: streams and consumer are there afterwards.
	admin := &desk{}
	stop := consume(t, as(t, url, "admin"), admin)
	shop := as(t, url, "shop")
	ctx, cancel := context.WithTimeout(context.Background(), 60*time.Second)
	defer cancel()
	require.Eventually(t, func() bool {
		short, cancel := context.WithTimeout(ctx, time.Second)
		defer cancel()
		_, err := shop.Request(short, "shop", id(1), []byte("x"))
		return err == nil
	}, wait, 10*time.Millisecond)
	admin.await(t, 1)
	stop()

	d := &desk{}
	teal := as(t, url, "teal")
	consume(t, teal, d)
	_, err = shop.Request(ctx, "shop", id(2), []byte("y"))
	require.NoError(t, err)
	require.EqualValues(t, 2, d.await(t, 1)[0].Seq)
	require.NoError(t, teal.Publish(ctx, posted(1, release.OutAccepted)))
	var scanned int
	require.NoError(t, teal.Rescan(ctx, 1, func(context.Context, events.Received) events.Disposition { scanned++; return events.Ack() }))
	require.Equal(t, 2, scanned)

	refused := func(what string, call func(context.Context) error) {
		short, cancel := context.WithTimeout(ctx, 300*time.Millisecond)
		defer cancel()
		require.Error(t, call(short), what)
	}
	refused("another app", func(ctx context.Context) error { _, err := shop.Request(ctx, "pay", id(3), []byte("x")); return err })
	refused("a forged outcome", func(ctx context.Context) error { return shop.Publish(ctx, posted(2, release.OutFinished)) })
	refused("reading requests", func(ctx context.Context) error { return shop.Rescan(ctx, 1, nil) })
	refused("a forged request", func(ctx context.Context) error { _, err := teal.Request(ctx, "shop", id(4), []byte("x")); return err })

	// The builder hears of its release without any right on JetStream.
	watch, err := shop.Watch(ctx, "shop", id(1))
	require.NoError(t, err)
	defer watch.Close()
	require.NoError(t, teal.Publish(ctx, posted(2, release.OutSwitched)))
	var heard []string
	require.NoError(t, watch.Each(ctx, 1, func(o events.OutcomeData) bool { heard = append(heard, o.Type); return false }))
	require.Equal(t, []string{release.OutSwitched}, heard)
}

func fmtConfig(store string) []byte { return fmt.Appendf(nil, guarded, store) }
