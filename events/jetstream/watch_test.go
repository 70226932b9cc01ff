package jetstream_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	njs "github.com/nats-io/nats.go/jetstream"
	"github.com/stretchr/testify/require"

	"teal.dev/teal/events"
	"teal.dev/teal/events/jetstream"
	"teal.dev/teal/release"
)

func posted(n uint64, kind string) release.Posted {
	return release.Posted{App: "shop", N: n, Outcome: release.Outcome{Release: id(1), Type: kind, Text: "so it is", At: time.Unix(1_800_000_000, 0)}}
}

func TestOutcomesAreNumberedAndIdempotent(t *testing.T) {
	b, nc, ctx := town(t)
	kinds := []string{release.OutAccepted, release.OutWaiting, release.OutExpanding, release.OutWaiting, release.OutSwitched}
	for n, kind := range kinds {
		for range 3 {
			require.NoError(t, b.Publish(ctx, posted(uint64(n+1), kind)))
		}
	}
	js, err := njs.New(nc)
	require.NoError(t, err)
	stream, err := js.Stream(ctx, jetstream.Outcomes)
	require.NoError(t, err)
	require.EqualValues(t, len(kinds), stream.CachedInfo().State.Msgs)
	m, err := events.Message("prod", posted(5, release.OutSwitched))
	require.NoError(t, err)
	_, err = js.Publish(ctx, m.Subject, m.Body) // as after the two minutes of NATS's own de-duplication
	require.NoError(t, err)
	require.NoError(t, b.Publish(ctx, posted(6, release.OutFinished)))

	for _, from := range []uint64{0, 4} {
		var got []string
		require.NoError(t, b.WatchOutcomes(ctx, "shop", id(1), from, func(o events.OutcomeData) bool {
			got = append(got, fmt.Sprintf("%d %s", o.N, o.Type))
			return o.Type != release.OutFinished
		}))
		want := []string{"1 accepted", "2 waiting", "3 expanding", "4 waiting", "5 switched", "6 finished"}
		require.Equal(t, want[max(from, 1)-1:], got)
	}
	short, cancel := context.WithCancel(ctx)
	err = b.WatchOutcomes(short, "shop", id(1), 6, func(events.OutcomeData) bool { cancel(); return true })
	require.ErrorIs(t, err, context.Canceled)

	bad := posted(7, release.OutHeld)
	bad.App = "a.b"
	var fault *release.Fault
	require.ErrorAs(t, b.Publish(ctx, bad), &fault)
}
