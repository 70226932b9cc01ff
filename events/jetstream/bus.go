// Package jetstream knows NATS: the embedded server, the two streams, the consumer, the acknowledgements and the
// permissions that get in the way; it refuses to know what a message means.
package jetstream

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync/atomic"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"teal.dev/teal/events"
	"teal.dev/teal/release"
)

// ErrAlreadyRequested is returned by Request when the stream holds a request of that app and id: the subject is the
// idempotency key.
var ErrAlreadyRequested = errors.New("a release with this id was requested before; its first request stands, a correction needs a new id")

// Config is how to reach NATS and who this is.
type Config struct {
	Name        string // teal's name: the consumer is teal-<name>, the outcomes' source teal/<name>
	URL         string
	Credentials string        // path of a credentials file; "" = none
	NKey        string        // path of an nkey seed file; "" = none
	CA          string        // path of the authority's certificate; "" = the system's
	InboxPrefix string        // "" = _INBOX; set it where permissions name an inbox per user
	AckWait     time.Duration // after it a message without a verdict is delivered again; 0 = 30 s
	Log         *slog.Logger
}

// Bus is one connection to NATS with the two streams of teal.
type Bus struct {
	cfg     Config
	conn    *nats.Conn
	js      jetstream.JetStream
	log     *slog.Logger
	ensured atomic.Bool
	highest atomic.Uint64 // the largest last sequence seen: smaller means that the stream has lost messages
}

func logger(log *slog.Logger) *slog.Logger {
	if log == nil {
		return slog.New(slog.DiscardHandler)
	}
	return log
}

// Connect opens the connection, and keeps trying in the background when nobody answers yet. An error means that the
// configuration cannot work.
func Connect(cfg Config) (*Bus, error) {
	b := &Bus{cfg: cfg, log: logger(cfg.Log).With("part", "nats")}
	options := []nats.Option{
		nats.Name("teal " + cfg.Name), nats.MaxReconnects(-1), nats.RetryOnFailedConnect(true), nats.ReconnectWait(time.Second),
		nats.ReconnectJitter(500*time.Millisecond, 2*time.Second), nats.PingInterval(20 * time.Second), nats.MaxPingsOutstanding(2),
		// A publish that failed must not arrive later by itself: the outbox decides about that.
		nats.ReconnectBufSize(-1),
		nats.ErrorHandler(func(_ *nats.Conn, _ *nats.Subscription, err error) {
			// The only place where a denied permission is told; the call itself just times out.
			b.log.Warn("NATS reports an error; a permissions violation here explains a call that timed out", "err", err)
		}),
		nats.DisconnectErrHandler(func(_ *nats.Conn, err error) {
			if err != nil {
				b.log.Warn("the connection to NATS is lost; releases go on, requests and outcomes wait", "err", err)
			}
		}),
		nats.ReconnectHandler(func(*nats.Conn) { b.log.Info("the connection to NATS is back") }),
	}
	if cfg.Credentials != "" {
		options = append(options, nats.UserCredentials(cfg.Credentials))
	}
	if cfg.NKey != "" {
		option, err := nats.NkeyOptionFromSeed(cfg.NKey)
		if err != nil {
			return nil, fmt.Errorf("the nkey seed file cannot be read (%w); check its path and owner", err)
		}
		options = append(options, option)
	}
	if cfg.CA != "" {
		options = append(options, nats.RootCAs(cfg.CA))
	}
	if cfg.InboxPrefix != "" {
		options = append(options, nats.CustomInboxPrefix(cfg.InboxPrefix))
	}
	var err error
	if b.conn, err = nats.Connect(cfg.URL, options...); err != nil {
		return nil, fmt.Errorf("no connection to NATS (%w); check nats.url and nats.credentials", err)
	}
	if b.js, err = jetstream.New(b.conn); err != nil {
		b.conn.Close()
		return nil, fmt.Errorf("no JetStream on the connection (%w); check nats.url", err)
	}
	return b, nil
}

// Connected reports whether NATS answers now.
func (b *Bus) Connected() bool { return b.conn.IsConnected() }

// Close ends the connection.
func (b *Bus) Close() { b.conn.Close() }

// Request publishes a release request and returns its position in the stream once it is on disk there. A failed Request
// may be repeated with the same bytes: the answer is then ErrAlreadyRequested if the first one arrived after all.
func (b *Bus) Request(ctx context.Context, app string, id release.ID, data []byte) (uint64, error) {
	if len(data) > events.MaxMessage {
		return 0, fmt.Errorf("the request has %d bytes and %d are the most; send migrations as a directory (migrations: {kind: dir})", len(data), events.MaxMessage)
	}
	subject := events.RequestSubject(app, id)
	if _, _, r := events.ParseSubject(subject); r != nil {
		return 0, r
	}
	ack, err := b.js.Publish(ctx, subject, data)
	switch {
	case err == nil && ack.Stream != Releases:
		return 0, fmt.Errorf("the request was stored by the stream %s and not by %s; remove the subject %s from that stream", ack.Stream, Releases, releasesSubject)
	case err == nil:
		return ack.Sequence, nil
	case taken(err):
		return 0, fmt.Errorf("%w (%s)", ErrAlreadyRequested, subject)
	case errors.Is(err, jetstream.ErrNoStreamResponse):
		return 0, fmt.Errorf("no stream takes %s (%w); start teal serve once against this NATS, so that it creates %s", subject, err, Releases)
	}
	return 0, fmt.Errorf("the request was not confirmed (%w); repeat it with the same id, which is safe, and check the NATS permissions when it fails again", err)
}

// taken tells the refusal of a second message on a subject from the other failures to store one: they share a code.
func taken(err error) bool {
	var api *jetstream.APIError
	return errors.As(err, &api) && api.ErrorCode == storeFailed && api.Description == "maximum messages per subject exceeded"
}

const storeFailed = 10077

// Publish puts one outcome on the wire. Publishing the same twice is harmless: it has one id, by which the stream drops
// it for two minutes and a reader for ever.
func (b *Bus) Publish(ctx context.Context, p release.Posted) error {
	m, err := events.Message(b.cfg.Name, p)
	if err != nil {
		return &release.Fault{Class: release.Permanent, Code: "outcome", Text: err.Error()}
	}
	if err := b.ready(ctx); err != nil {
		return err
	}
	if _, err := b.js.Publish(ctx, m.Subject, m.Body, jetstream.WithMsgID(m.ID), jetstream.WithExpectStream(Outcomes)); err != nil {
		if errors.Is(err, jetstream.ErrNoStreamResponse) {
			b.ensured.Store(false) // somebody deleted the stream: make it again
		}
		return fmt.Errorf("the outcome %s was not published (%w); it stays in the outbox: check NATS and its permissions", m.ID, err)
	}
	return nil
}
