package daemon

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"teal.dev/teal/release"
)

// A machine's clock that is set back must not make the end of a job look older than that of the one before.
func TestTheEndOfAJobIsLaterThanTheOneBefore(t *testing.T) {
	ahead := time.Now().Add(time.Hour)
	l := &lane{ended: ahead}
	l.job = begin(t.Context(), release.Action{Kind: release.Vet}, func(context.Context, *job, func(string)) error { return nil }, func() {})
	<-l.job.done
	j := l.look()
	require.NotNil(t, j)
	require.True(t, l.last.Ended.After(ahead))
	require.Nil(t, l.look(), "an end is told once")
}
