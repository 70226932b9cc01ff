package daemon

import (
	"context"
	"log/slog"
	"sync/atomic"
	"time"
)

// Pump publishes what lies in the outbox, oldest first, one at a time: an outcome never overtakes another.
type Pump struct {
	outbox    Outbox
	publisher Publisher
	log       *slog.Logger
	bell      chan struct{}
	depth     atomic.Int64
	failing   atomic.Bool
}

const (
	pumpBatch   = 100
	pumpEvery   = 5 * time.Second // also without a bell: another daemon may have posted
	publishTime = 10 * time.Second
)

// NewPump makes a pump; Run starts it.
func NewPump(outbox Outbox, publisher Publisher, log *slog.Logger) *Pump {
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	return &Pump{outbox: outbox, publisher: publisher, log: log, bell: make(chan struct{}, 1)}
}

// Wake tells the pump that there is something to publish.
func (p *Pump) Wake() {
	select {
	case p.bell <- struct{}{}:
	default:
	}
}

// Depth is how many outcomes waited after the last round (at most one batch is counted), and whether publishing fails.
func (p *Pump) Depth() (int, bool) { return int(p.depth.Load()), p.failing.Load() }

// Run publishes until ctx ends.
func (p *Pump) Run(ctx context.Context) {
	failed := 0
	for ctx.Err() == nil {
		err := p.round(ctx)
		if err == nil {
			failed = 0
			p.failing.Store(false)
			if p.depth.Load() == 0 {
				pause(ctx, pumpEvery, p.bell)
			}
			continue
		}
		if ctx.Err() != nil {
			return
		}
		if failed == 0 {
			p.log.Warn("outcomes wait in the outbox", "err", err, "waiting", p.depth.Load())
		}
		p.failing.Store(true)
		pause(ctx, backoff(failed), nil) // the bell does not shorten a back-off
		failed++
	}
}

// round publishes one batch. What was published and not marked is published again: that is harmless.
func (p *Pump) round(ctx context.Context) error {
	bounded, cancel := context.WithTimeout(ctx, storeLimit)
	waiting, err := p.outbox.Unsent(bounded, pumpBatch)
	cancel()
	if err != nil {
		return err
	}
	p.depth.Store(int64(len(waiting)))
	for _, posted := range waiting {
		bounded, cancel := context.WithTimeout(ctx, publishTime)
		err := p.publisher.Publish(bounded, posted)
		if err == nil {
			err = p.outbox.Sent(bounded, posted.Row)
		}
		cancel()
		if err != nil {
			return err
		}
		p.depth.Add(-1)
	}
	return nil
}
