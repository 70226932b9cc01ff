package daemon

import (
	"context"
	"log/slog"
	"sync/atomic"
	"time"

	"teal.dev/teal/events"
)

const rescanEvery = 5 * time.Minute

// listener reads the stream: the consumer is only the doorbell, the rescan makes sure that nothing was missed.
type listener struct {
	intake    Intake
	handle    Handle
	log       *slog.Logger
	connected atomic.Bool
	scanned   uint64 // the last sequence a rescan has seen; only rescans touch it
}

// consume rings the door for each delivered message, and begins again with back-off when the stream is lost.
func (l *listener) consume(ctx context.Context) {
	for n := 0; ctx.Err() == nil; n++ {
		began := time.Now()
		err := l.intake.Consume(ctx, l.handle)
		if ctx.Err() != nil {
			return
		}
		if time.Since(began) > time.Minute {
			n = 0
		}
		l.log.Warn("the stream of requests was lost and is opened again", "err", err)
		pause(ctx, backoff(n), nil)
	}
}

// rescan reads the stream at the start and now and then. A failed one is tried again soon.
func (l *listener) rescan(ctx context.Context) {
	for n := 0; ctx.Err() == nil; {
		err := l.scan(ctx)
		l.connected.Store(err == nil)
		if err == nil {
			n = 0
			pause(ctx, rescanEvery, nil)
			continue
		}
		if ctx.Err() == nil && n == 0 {
			l.log.Warn("the stream of requests cannot be read", "err", err)
		}
		pause(ctx, backoff(n), nil)
		n++
	}
}

// scan judges what no rescan has seen yet; everything, when the stream's end went back.
func (l *listener) scan(ctx context.Context) error {
	last, err := l.intake.LastSeq(ctx)
	if err != nil {
		return err
	}
	if last < l.scanned {
		l.log.Error("the stream of requests went back: it has lost messages; all of it is read again", "code", "stream_regressed", "last", last, "seen", l.scanned)
		l.scanned = 0
	}
	if last == l.scanned {
		return nil
	}
	missed := false
	err = l.intake.Rescan(ctx, l.scanned+1, func(ctx context.Context, m events.Received) events.Disposition {
		d := l.handle(ctx, m)
		missed = missed || d.Verb == events.Retried
		return d
	})
	if err == nil && !missed {
		l.scanned = last
	}
	return err
}
