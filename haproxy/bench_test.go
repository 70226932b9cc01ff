package haproxy

import (
	"context"
	"fmt"
	"io"
	"net"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// BenchmarkSwitch measures a switch from the decision to the read-back, and between two switches the floor under it: the
// same command lines and the same file on the same HAProxy, without any of our thinking. The ratio of the medians is the
// result; milliseconds depend on the machine.
func BenchmarkSwitch(b *testing.B) {
	r := newReal(b, 1)
	ctx := context.Background()
	var ours, floor []time.Duration
	rev := uint64(0)
	for b.Loop() {
		rev++
		begin := time.Now()
		require.NoError(b, r.Send(ctx, route(side(int64(rev)), rev)))
		ours = append(ours, time.Since(begin))
		rev++
		begin = time.Now()
		r.raw(b, rev)
		floor = append(floor, time.Since(begin))
	}
	slices.Sort(ours)
	slices.Sort(floor)
	a, f := ours[len(ours)/2], floor[len(floor)/2]
	b.ReportMetric(float64(a)/float64(f), "x-floor")
	b.ReportMetric(float64(a.Microseconds()), "µs/switch")
	b.ReportMetric(float64(f.Microseconds()), "µs/floor")
}

// raw is the switch without checks: what a script would do, with as many connections and as much fsync.
func (r *real) raw(b *testing.B, rev uint64) {
	m, value := r.app.MapName, Value(route(side(int64(rev)), rev))
	ask := func(socket, line string) string {
		conn, err := net.Dial("unix", socket)
		require.NoError(b, err)
		defer conn.Close()
		_, err = io.WriteString(conn, line)
		require.NoError(b, err)
		out, err := io.ReadAll(conn)
		require.NoError(b, err)
		return string(out)
	}
	h := r.haps[0]
	ask(h.Socket, "show map "+m+"; show stat shop_a 4 -1; show info\n")
	require.NoError(b, replaceFile(m, "shop "+value+"\n"))
	var v uint64
	_, err := fmt.Sscanf(ask(h.Socket, "prepare map "+m+"; show info\n"), "New version created: %d", &v)
	require.NoError(b, err)
	ask(h.Socket, fmt.Sprintf("add map @%d %s shop %s; show map @%d %s; show info\n", v, m, value, v, m))
	ask(h.Socket, fmt.Sprintf("commit map @%d %s; show map %s; show info\n", v, m, m))
	ask(h.Socket, "show map "+m+"; show info\n")
	ask(h.Master, "show proc\nquit\n")
}

// BenchmarkObserve is one idle turn of one app against one bare round trip with the same commands.
func BenchmarkObserve(b *testing.B) {
	r := newReal(b, 1)
	ctx := context.Background()
	var ours, floor []time.Duration
	for b.Loop() {
		begin := time.Now()
		_, err := r.Observe(ctx, nil)
		require.NoError(b, err)
		ours = append(ours, time.Since(begin))
		begin = time.Now()
		for _, one := range []struct{ socket, line string }{
			{r.haps[0].Socket, "show map " + r.app.MapName + "; show stat shop_a 4 -1; show stat shop_b 4 -1; show info\n"},
			{r.haps[0].Master, "show proc\nquit\n"},
		} {
			conn, err := net.Dial("unix", one.socket)
			require.NoError(b, err)
			_, err = io.WriteString(conn, one.line)
			require.NoError(b, err)
			_, err = io.ReadAll(conn)
			require.NoError(b, err)
			conn.Close()
		}
		floor = append(floor, time.Since(begin))
	}
	slices.Sort(ours)
	slices.Sort(floor)
	b.ReportMetric(float64(ours[len(ours)/2])/float64(floor[len(floor)/2]), "x-floor")
}
