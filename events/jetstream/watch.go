package jetstream

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"teal.dev/teal/events"
	"teal.dev/teal/release"
)

const historyWait = 3 * time.Second

// Watch is an ear for the outcomes of one release.
type Watch struct {
	bus  *Bus
	id   release.ID
	next func(context.Context) (string, []byte, error)
	stop func()
}

// Watch begins to listen for the outcomes of a release. Those of the past come first when this user may read the stream;
// a build system that may only subscribe hears what is published from now on, so it listens before it publishes.
func (b *Bus) Watch(ctx context.Context, app string, id release.ID) (*Watch, error) {
	short, cancel := context.WithTimeout(ctx, historyWait)
	defer cancel()
	subject := events.OutcomeSubject(app, id, "*")
	live, err := b.conn.SubscribeSync(subject)
	if err == nil {
		err = b.conn.FlushWithContext(short)
	}
	if err != nil {
		return nil, fmt.Errorf("the outcomes of %s cannot be subscribed to (%w); check nats.url, or follow with teal status", id, err)
	}
	w := &Watch{bus: b, id: id}
	err = w.history(short, subject)
	switch {
	case err == nil:
		_ = live.Unsubscribe() // the history goes on with what is new
	case errors.Is(err, jetstream.ErrStreamNotFound):
		_ = live.Unsubscribe()
		return nil, fmt.Errorf("this NATS has no stream %s (%w); start teal serve against it, which creates it", Outcomes, err)
	default:
		b.log.Debug("the outcome stream cannot be read; only new outcomes are heard", "err", err)
		w.live(live)
	}
	return w, nil
}

func (w *Watch) history(ctx context.Context, subject string) error {
	consumer, err := w.bus.js.OrderedConsumer(ctx, Outcomes, jetstream.OrderedConsumerConfig{FilterSubjects: []string{subject}})
	if err != nil {
		return err
	}
	messages, err := consumer.Messages()
	if err != nil {
		return err
	}
	w.stop = messages.Stop
	w.next = func(ctx context.Context) (string, []byte, error) {
		msg, err := messages.Next(jetstream.NextContext(ctx))
		if err != nil {
			return "", nil, err
		}
		return msg.Subject(), msg.Data(), nil
	}
	return nil
}

func (w *Watch) live(sub *nats.Subscription) {
	w.stop = func() { _ = sub.Unsubscribe() }
	w.next = func(ctx context.Context) (string, []byte, error) {
		msg, err := sub.NextMsgWithContext(ctx)
		if err != nil {
			return "", nil, err
		}
		return msg.Subject, msg.Data, nil
	}
}

// Close stops listening.
func (w *Watch) Close() { w.stop() }

// Each calls each with every outcome from number from on, each once and in order, until it returns false or ctx ends.
func (w *Watch) Each(ctx context.Context, from uint64, each func(events.OutcomeData) bool) error {
	for next := max(from, 1); ; {
		subject, body, err := w.next(ctx)
		if err != nil {
			if ctx.Err() != nil {
				return ctx.Err()
			}
			return fmt.Errorf("the outcomes of %s are not delivered any more (%w); follow with teal status", w.id, err)
		}
		outcome, err := events.ParseOutcome(body)
		if err != nil {
			w.bus.log.Warn("a message on the outcome stream is skipped", "subject", subject, "err", err)
			continue
		}
		if outcome.N < next || outcome.Release != w.id {
			continue
		}
		next = outcome.N + 1
		if !each(outcome) {
			return nil
		}
	}
}

// WatchOutcomes is Watch, Each and Close for those who may read the past.
func (b *Bus) WatchOutcomes(ctx context.Context, app string, id release.ID, from uint64, each func(events.OutcomeData) bool) error {
	w, err := b.Watch(ctx, app, id)
	if err != nil {
		return err
	}
	defer w.Close()
	return w.Each(ctx, from, each)
}
