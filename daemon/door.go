package daemon

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime/debug"
	"time"

	"teal.dev/teal/events"
	"teal.dev/teal/release"
)

// poisonAfter is the number of tries without a verdict after which a message is put into quarantine.
const poisonAfter = 4

// Door judges release requests and stores its verdict before anybody hears of it. The stream, its rescan and the API
// all come through here; asked twice about the same message it says the same.
type Door struct {
	opt DoorOptions
}

// DoorOptions is what the door needs.
type DoorOptions struct {
	Config     func() *Config
	Journal    Journal
	Inbox      Inbox
	Register   Register
	Quarantine Quarantine
	Accepted   func(app string) // called after a new acceptance; nil = nobody cares
	Log        *slog.Logger
	Metrics    *Metrics
}

// NewDoor opens the door.
func NewDoor(opt DoorOptions) *Door {
	if opt.Log == nil {
		opt.Log = slog.New(slog.DiscardHandler)
	}
	if opt.Accepted == nil {
		opt.Accepted = func(string) {}
	}
	return &Door{opt: opt}
}

// Result is the door's verdict on one message.
type Result struct {
	App     string            `json:"app"`
	Release release.ID        `json:"release"`
	Receipt release.Receipt   `json:"receipt,omitempty"` // "" = it has no place in the store (no legal subject)
	Refused *events.Rejection `json:"refused,omitempty"` // nil = accepted
}

// Handle judges a message of the stream and says what becomes of it there.
func (d *Door) Handle(ctx context.Context, m events.Received) events.Disposition {
	result, err := d.Judge(ctx, m)
	log := d.opt.Log.With("app", result.App, "release", result.Release, "stream", m.Seq)
	switch {
	case err != nil:
		d.opt.Metrics.answered("retry")
		delay := retryAfter(m.Delivered)
		log.Warn("a request has no verdict yet and is asked for again", "err", err, "delay", delay, "delivered", m.Delivered)
		return events.Retry(delay)
	case result.Receipt == release.Duplicate:
		d.opt.Metrics.answered("duplicate")
		return events.Ack()
	case result.Refused != nil:
		d.opt.Metrics.answered(string(result.Refused.Code))
		log.Warn("a request was rejected", "code", result.Refused.Code, "pointer", result.Refused.Pointer, "text", result.Refused.Text)
		return events.Term(string(result.Refused.Code) + ": " + result.Refused.Text)
	}
	d.opt.Metrics.answered("accepted")
	log.Info("a request was accepted")
	return events.Ack()
}

// retryAfter is 5 s to 60 s, growing with the deliveries.
func retryAfter(delivered uint64) time.Duration {
	return min(5*time.Second*time.Duration(min(max(delivered, 1), 12)), time.Minute)
}

// Judge stores the verdict on one message and returns it. An error means that there is none yet.
func (d *Door) Judge(ctx context.Context, m events.Received) (result Result, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("panic at the door: %v\n%s", p, debug.Stack())
		}
	}()
	ctx, cancel := context.WithTimeout(ctx, 2*storeLimit)
	defer cancel()
	defer func() {
		// What ended in order is no poison: a store that is down, or a horizon not recorded yet, spoils no message.
		if err != nil && m.Delivered > 1 {
			_, _ = d.opt.Quarantine.Attempt(ctx, m.Seq, -1) // not recorded: the message only comes nearer to quarantine
		}
	}()
	name, id, bad := events.ParseSubject(m.Subject)
	if bad != nil { // it has neither app nor id under which a verdict could be stored
		return Result{Refused: bad}, d.quarantine(ctx, m, bad)
	}
	result = Result{App: name, Release: id}
	if m.Delivered > 1 {
		tries, err := d.opt.Quarantine.Attempt(ctx, m.Seq, +1)
		if err != nil {
			return result, err
		}
		if tries >= poisonAfter {
			poisoned := events.Poisoned(m.Seq, tries)
			if err := d.quarantine(ctx, m, poisoned); err != nil {
				return result, err
			}
			return d.refuse(ctx, m, result, "", poisoned)
		}
	}
	config := d.opt.Config()
	app, known := config.Apps[name]
	facts, err := d.facts(ctx, m, config, name)
	if err != nil {
		return result, err
	}
	admitted, refused := events.Admit(m, facts)
	if refused != nil {
		return d.refuse(ctx, m, result, release.Version(admitted.Event.Data.Version), refused)
	}
	if !known {
		return result, fmt.Errorf("%s is not in the config any more", name)
	}
	return d.admit(ctx, m, app, admitted, result)
}

// facts collects what Admit must know about the app.
func (d *Door) facts(ctx context.Context, m events.Received, config *Config, name string) (events.App, error) {
	app, known := config.Apps[name]
	facts := events.App{Known: known, Audience: config.Name, AllowUnsigned: app.AllowUnsigned, Keys: config.Keys,
		AllowDirs: app.AllowDirs, Limits: app.Limits}
	if !known {
		return facts, nil
	}
	if examiner, ok := app.Ports.Launcher.(Examiner); ok {
		facts.Kinds = examiner.Kinds()
	}
	state, _, err := d.opt.Journal.Load(ctx, name)
	if err != nil {
		return facts, err
	}
	facts.History = state.History
	highest, _, err := d.opt.Register.MaxSequence(ctx, name)
	if err != nil {
		return facts, err
	}
	facts.Sequence = uint64(max(highest, 0))
	if m.Seq == 0 || facts.History {
		return facts, nil
	}
	horizon, set, err := d.opt.Register.Horizon(ctx, name)
	if err != nil {
		return facts, err
	}
	if !set {
		return facts, errors.New("the stream's position when the app was first loaded is not recorded yet")
	}
	facts.Horizon = horizon
	return facts, nil
}

// admit reads what the request points at and stores the acceptance.
func (d *Door) admit(ctx context.Context, m events.Received, app AppConfig, a events.Admission, result Result) (Result, error) {
	folder, request := a.Folder, a.Request
	if a.Dir != "" {
		read, refused := readFolder(app.AllowDirs, a.Dir, a.DirDigest)
		if refused != nil {
			return d.refuse(ctx, m, result, request.Version, refused)
		}
		folder, request.Folder = read, read.Digest()
	}
	highest, err := d.opt.Quarantine.HighestIngested(ctx)
	if err != nil {
		return result, err
	}
	if m.Seq == 0 { // by the API: behind everything that the stream has brought so far
		request.Seq = highest
	}
	now := time.Now().Round(0).UTC()
	request.Accepted = now
	acceptance := release.Acceptance{App: a.App, ID: a.ID, Digest: a.Digest, Stream: m.Seq, Stored: m.Stored, Raw: m.Data,
		Signer: a.Signer, Request: request, Outcome: release.Outcome{Release: a.ID, Type: release.OutAccepted, At: now,
			Text: "accepted " + string(request.Version) + " into the queue", Facts: acceptedFacts(m, a)}}
	if s := a.Event.Data.Sequence; s != nil {
		acceptance.Sequence = int64(*s)
	}
	receipt, err := d.opt.Inbox.Accept(ctx, acceptance, folder)
	if err != nil {
		return result, err
	}
	return d.received(ctx, m, result, receipt, nil)
}

func acceptedFacts(m events.Received, a events.Admission) map[string]any {
	facts := map[string]any{"version": a.Event.Data.Version}
	if m.Seq != 0 {
		facts["stream_seq"] = m.Seq
	}
	if a.Signer != "" {
		facts["signer"] = a.Signer
	}
	return facts
}

// refuse stores a rejection, also for an app that nobody knows. The version is that of a request whose signature was verified
// and whose document could be read; "" = of any other.
func (d *Door) refuse(ctx context.Context, m events.Received, result Result, version release.Version, refused *events.Rejection) (Result, error) {
	now := time.Now().Round(0).UTC()
	outcome := refused.Outcome(result.Release, now)
	if version != "" {
		if outcome.Facts == nil {
			outcome.Facts = map[string]any{}
		}
		outcome.Facts["version"] = version
	}
	receipt, err := d.opt.Inbox.Accept(ctx, release.Acceptance{App: result.App, ID: result.Release, Digest: events.Digest(m.Data), Stream: m.Seq,
		Stored: m.Stored, Raw: m.Data, Request: release.Request{ID: result.Release, Seq: m.Seq, Version: version, Accepted: now},
		Outcome: outcome}, nil)
	if err != nil {
		return result, err
	}
	return d.received(ctx, m, result, receipt, refused)
}

// received turns the store's receipt into the verdict. The id of a conflict belongs to other bytes, whose record is left
// alone: the newcomer goes to quarantine.
func (d *Door) received(ctx context.Context, m events.Received, result Result, receipt release.Receipt, refused *events.Rejection) (Result, error) {
	result.Receipt, result.Refused = receipt, refused
	switch receipt {
	case release.Duplicate:
		result.Refused = nil // what was said then stands, whatever would be said now
	case release.Conflict:
		result.Refused = events.Conflict(result.Release)
		return result, d.quarantine(ctx, m, result.Refused)
	case release.New:
		d.opt.Accepted(result.App)
	}
	return result, nil
}

func (d *Door) quarantine(ctx context.Context, m events.Received, why *events.Rejection) error {
	if m.Seq == 0 { // by the API: who sent it has the bytes and hears the reason
		return nil
	}
	return d.opt.Quarantine.Quarantine(ctx, m.Seq, m.Subject, m.Data, string(why.Code)+": "+why.Text, time.Now().Round(0).UTC())
}
