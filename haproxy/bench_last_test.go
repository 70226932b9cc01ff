package haproxy

import (
	"io"
	"net/http"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"teal.dev/teal/release"
)

// answered is one request of the load: when it began, when its answer was read, and which side gave it.
type answered struct {
	begun, ended time.Time
	side         release.Slot
}

// witness is a load that remembers every answer.
type witness struct {
	mu      sync.Mutex
	answers []answered
	failed  int
	stop    chan struct{}
	wg      sync.WaitGroup
}

func newWitness(front string, clients int) *witness {
	w := &witness{stop: make(chan struct{})}
	for i := range clients {
		client := &http.Client{Transport: &http.Transport{DisableKeepAlives: i%3 == 2, MaxIdleConnsPerHost: 1}, Timeout: 10 * time.Second}
		w.wg.Go(func() {
			defer client.CloseIdleConnections()
			for {
				select {
				case <-w.stop:
					return
				default:
					w.ask(client, front)
				}
			}
		})
	}
	return w
}

func (w *witness) ask(client *http.Client, front string) {
	a := answered{begun: time.Now()}
	answer, err := client.Get(front + "/")
	var body []byte
	if err == nil {
		body, err = io.ReadAll(answer.Body)
		answer.Body.Close()
	}
	a.ended, a.side = time.Now(), release.Slot(body)
	w.mu.Lock()
	defer w.mu.Unlock()
	if err != nil || answer.StatusCode != http.StatusOK {
		w.failed++
		return
	}
	w.answers = append(w.answers, a)
}

// count is the number of answers so far.
func (w *witness) count() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return len(w.answers)
}

// lastOld is the time from the command to the last answer of the old side to a request begun after it.
func (w *witness) lastOld(command time.Time, old release.Slot) time.Duration {
	w.mu.Lock()
	defer w.mu.Unlock()
	var last time.Duration
	for _, a := range w.answers {
		if a.side == old && a.begun.After(command) {
			last = max(last, a.ended.Sub(command))
		}
	}
	w.answers = w.answers[:0]
	return last
}

// BenchmarkLastOld switches 100 times by teal and 100 times by hand (prepare, add, commit), in turns and under load, and
// compares the times to the last old answer. Every failed request of the 200 switches is counted.
func BenchmarkLastOld(b *testing.B) {
	r := newReal(b, 1)
	require.NoError(b, r.Send(b.Context(), route(side(0), 1)))
	r.serves(b, 0, side(0))
	w := newWitness(r.front[0], 6)
	var ours, raw []time.Duration
	for n := int64(1); n <= 200; n++ {
		before := w.count()
		command := time.Now()
		if n%2 == 0 {
			require.NoError(b, r.Send(b.Context(), route(side(n), uint64(n+2))))
		} else {
			r.raw(b, uint64(n+2))
		}
		require.Eventually(b, func() bool { return w.count() >= before+30 }, 10*time.Second, time.Millisecond)
		took := w.lastOld(command, side(n-1))
		if n%2 == 0 {
			ours = append(ours, took)
		} else {
			raw = append(raw, took)
		}
	}
	close(w.stop)
	w.wg.Wait()
	slices.Sort(ours)
	slices.Sort(raw)
	b.ReportMetric(float64(w.failed), "failed")
	b.ReportMetric(200, "switches")
	b.ReportMetric(float64(ours[len(ours)/2].Microseconds()), "µs-last-old")
	b.ReportMetric(float64(raw[len(raw)/2].Microseconds()), "µs-last-old-by-hand")
	b.ReportMetric(float64(ours[len(ours)/2])/float64(raw[len(raw)/2]), "x-by-hand")
}
