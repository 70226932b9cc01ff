package jetstream

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"teal.dev/teal/events"
)

const (
	ackWait    = 30 * time.Second
	ackTime    = 5 * time.Second
	retryDelay = 5 * time.Second
	leaveTime  = time.Second
	pullTime   = 10 * time.Second
	heartbeat  = 2 * time.Second // two without a sign of life, and the consumer is gone: the client keeps a 503 to itself
)

// Handle judges one message.
type Handle = func(context.Context, events.Received) events.Disposition

// consumerConfig: one message at a time, delivered until it has a verdict. No BackOff: it would override AckWait.
func (b *Bus) consumerConfig() jetstream.ConsumerConfig {
	return jetstream.ConsumerConfig{Durable: "teal-" + b.cfg.Name, Description: "teal's doorbell; the stream is the record", DeliverPolicy: jetstream.DeliverAllPolicy,
		AckPolicy: jetstream.AckExplicitPolicy, AckWait: cmp.Or(b.cfg.AckWait, ackWait), MaxDeliver: -1, MaxAckPending: 1, MaxRequestBatch: 1}
}

// Consume delivers requests one by one until ctx ends or the consumer is lost; it is then called again. A consumer that
// is missing is created, and one that waits behind the end of the stream (it would stay deaf) is made anew: every
// message is then delivered again, which is harmless.
func (b *Bus) Consume(ctx context.Context, handle Handle) error {
	b.ensured.Store(false) // a stream may have been deleted since
	if err := b.ready(ctx); err != nil {
		return err
	}
	consumer, err := b.consumer(ctx)
	if err != nil {
		return fmt.Errorf("the consumer teal-%s can neither be read nor created (%w); check NATS and its permissions", b.cfg.Name, err)
	}
	messages, err := consumer.Messages(jetstream.PullMaxMessages(1), jetstream.PullExpiry(pullTime), jetstream.PullHeartbeat(heartbeat),
		jetstream.WithMessagesErrOnMissingHeartbeat(true))
	if err != nil {
		return fmt.Errorf("the requests cannot be fetched (%w); check NATS and its permissions", err)
	}
	defer leave(messages)
	for {
		msg, err := messages.Next(jetstream.NextContext(ctx))
		if err != nil {
			if ctx.Err() != nil {
				return ctx.Err()
			}
			return fmt.Errorf("the requests are not delivered any more (%w); the stream is opened again", err)
		}
		if err := b.serve(ctx, msg, handle); err != nil {
			return fmt.Errorf("the consumer may be gone (%w); the stream is opened again", err)
		}
	}
}

// leave ends the fetching so that NATS knows of it at once, and gives back what was under way: a message that reaches
// nobody would be delivered again only after AckWait.
func leave(messages jetstream.MessagesContext) {
	messages.Drain()
	for {
		msg, err := messages.Next(jetstream.NextMaxWait(leaveTime))
		if err != nil {
			messages.Stop()
			return
		}
		_ = msg.Nak()
	}
}

func (b *Bus) consumer(ctx context.Context) (jetstream.Consumer, error) {
	want := b.consumerConfig()
	consumer, err := b.js.Consumer(ctx, Releases, want.Durable)
	if errors.Is(err, jetstream.ErrConsumerNotFound) {
		return b.js.CreateOrUpdateConsumer(ctx, Releases, want)
	}
	if err != nil {
		return nil, err
	}
	info := consumer.CachedInfo()
	last, err := b.LastSeq(ctx)
	if err != nil {
		return nil, err
	}
	if info.Delivered.Stream > last || info.AckFloor.Stream > last {
		b.log.Warn("the consumer is ahead of the stream, which has lost messages; it is made anew", "code", "stream_regressed", "consumer", info.Delivered.Stream, "stream", last)
		if err := b.js.DeleteConsumer(ctx, Releases, want.Durable); err != nil && !errors.Is(err, jetstream.ErrConsumerNotFound) {
			return nil, err
		}
		return b.js.CreateOrUpdateConsumer(ctx, Releases, want)
	}
	if got := info.Config; got.AckWait != want.AckWait || got.MaxDeliver != want.MaxDeliver || got.MaxAckPending != want.MaxAckPending || len(got.BackOff) > 0 {
		return b.js.CreateOrUpdateConsumer(ctx, Releases, want)
	}
	return consumer, nil
}

// serve has one message judged. Its error means that the verdict has no answer: nobody listens (the consumer, or its stream,
// was deleted meanwhile), or the answer is lost. Waiting for the next message would take until a heartbeat is missed.
func (b *Bus) serve(ctx context.Context, msg jetstream.Msg, handle Handle) error {
	meta, err := msg.Metadata()
	if err != nil {
		b.log.Warn("a message without JetStream's description was delivered and is left alone", "subject", msg.Subject(), "err", err)
		return nil
	}
	d := handle(ctx, events.Received{Subject: msg.Subject(), Data: msg.Data(), Seq: meta.Sequence.Stream, Stored: meta.Timestamp.UTC(), Delivered: meta.NumDelivered})
	// The verdict is in the store: tell NATS even when teal is going down just now.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), ackTime)
	defer cancel()
	switch d.Verb {
	case events.Acked:
		err = msg.DoubleAck(ctx)
	case events.Terminated:
		err = msg.TermWithReason(d.Reason)
	case events.Retried:
		err = msg.NakWithDelay(d.Delay)
	default:
		err = msg.NakWithDelay(retryDelay)
	}
	if err != nil {
		b.log.Warn("a verdict did not reach NATS; the message comes again and is known then", "seq", meta.Sequence.Stream, "verb", string(d.Verb), "err", err)
		return fmt.Errorf("the verdict on message %d has no answer: %w", meta.Sequence.Stream, err)
	}
	return nil
}

// LastSeq is the last sequence of the stream of requests. When it is smaller than it was, the stream has lost messages,
// and the consumer is thrown away so that Consume makes a new one, which is not deaf.
func (b *Bus) LastSeq(ctx context.Context) (uint64, error) {
	if err := b.ready(ctx); err != nil {
		return 0, err
	}
	before := b.highest.Load() // before asking: another caller may see more meanwhile
	stream, err := b.js.Stream(ctx, Releases)
	if err != nil {
		if errors.Is(err, jetstream.ErrStreamNotFound) {
			b.ensured.Store(false)
		}
		return 0, fmt.Errorf("the stream %s cannot be read (%w); check NATS and its permissions", Releases, err)
	}
	last := stream.CachedInfo().State.LastSeq
	if last < before {
		if err := b.js.DeleteConsumer(ctx, Releases, "teal-"+b.cfg.Name); err != nil && !errors.Is(err, jetstream.ErrConsumerNotFound) {
			return 0, fmt.Errorf("the stream %s has lost messages and the consumer cannot be made anew (%w); allow teal to delete its consumer, or delete teal-%s by hand", Releases, err, b.cfg.Name)
		}
	}
	b.highest.CompareAndSwap(before, last)
	return last, nil
}

// Rescan reads every message from a sequence to the end of the stream, without the consumer, and calls handle with each.
// What handle answers is not told to NATS: the consumer will deliver the message too, and it is known by then.
func (b *Bus) Rescan(ctx context.Context, from uint64, handle Handle) error {
	last, err := b.LastSeq(ctx)
	if err != nil {
		return err
	}
	stream, err := b.js.Stream(ctx, Releases)
	if err != nil {
		return fmt.Errorf("the stream %s cannot be read (%w); check NATS and its permissions", Releases, err)
	}
	for seq := max(from, 1); seq <= last; seq++ {
		msg, err := stream.GetMsg(ctx, seq, jetstream.WithGetMsgSubject(releasesSubject))
		if errors.Is(err, jetstream.ErrMsgNotFound) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("message %d of the stream %s cannot be read (%w); check NATS and its permissions", seq, Releases, err)
		}
		seq = msg.Sequence // messages that are too old are gone and skipped
		handle(ctx, events.Received{Subject: msg.Subject, Data: msg.Data, Seq: msg.Sequence, Stored: msg.Time.UTC()})
	}
	return nil
}
