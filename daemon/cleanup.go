package daemon

import (
	"context"
	"log/slog"
	"sync"
	"time"
)

// cleanups are named ends, run in the reverse order of their beginnings, each within its own time.
type cleanups []cleanup

type cleanup struct {
	name  string
	limit time.Duration
	run   func(context.Context) error
}

func (c *cleanups) add(name string, limit time.Duration, run func(context.Context) error) {
	*c = append(*c, cleanup{name, limit, run})
}

func (c *cleanups) run(log *slog.Logger) {
	for i := len(*c) - 1; i >= 0; i-- {
		end := (*c)[i]
		ctx, cancel := context.WithTimeout(context.Background(), end.limit)
		if err := end.run(ctx); err != nil {
			log.Warn("did not end in an orderly way", "part", end.name, "err", err)
		}
		cancel()
	}
}

// waiting waits for a group, at most until ctx ends.
func waiting(group *sync.WaitGroup) func(context.Context) error {
	return func(ctx context.Context) error {
		done := make(chan struct{})
		go func() { group.Wait(); close(done) }()
		select {
		case <-done:
			return nil
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}
