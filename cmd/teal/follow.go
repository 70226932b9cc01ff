package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"teal.dev/teal/events"
	"teal.dev/teal/events/jetstream"
	"teal.dev/teal/release"
)

const (
	holdGrace = 300 * time.Millisecond // a hold that the history shows may have been resumed since
	againWait = time.Second            // before listening again after the connection was lost
)

// ear hears the outcomes of one release, each once and in order: a *jetstream.Watch.
type ear interface {
	Each(ctx context.Context, from uint64, each func(events.OutcomeData) bool) error
	Close()
}

// follower publishes a request and reads what becomes of it until it knows the exit code.
type follower struct {
	io      stdio
	request *requested
	id      release.ID
	target  string
	json    bool

	next     uint64 // the number of the outcome that comes next
	outcomes []events.OutcomeData
}

func (f *follower) run(ctx context.Context, message []byte) error {
	result, err := f.publish(ctx, message)
	if !f.json {
		return err
	}
	doc := followed{Release: f.id, App: f.request.app, Version: f.request.version, Until: f.target, Result: result, Outcomes: f.outcomes}
	var e *exit
	if errors.As(err, &e) {
		doc.Code, doc.Error, doc.Next = e.code, e.text, e.hint
	}
	return errors.Join(err, printJSON(f.io.out, doc))
}

// publish listens before it speaks: a build system that may only subscribe would miss the first outcomes otherwise. What
// comes before the confirmation is bounded more narrowly than the wait: nobody works on a request that NATS has not got.
func (f *follower) publish(ctx context.Context, message []byte) (string, error) {
	early, cancel := context.WithTimeout(ctx, f.request.reach)
	defer cancel()
	bus, err := f.request.connect(early, f.io)
	if err != nil {
		return f.unpublished(ctx, early, err)
	}
	defer bus.Close()
	first, err := bus.Watch(early, f.request.app, f.id)
	if err != nil {
		return f.unpublished(ctx, early, failf(exitFailed, "%v; nothing was published", err))
	}
	switch _, err := bus.Request(early, f.request.app, f.id, message); {
	case errors.Is(err, jetstream.ErrAlreadyRequested):
		fmt.Fprintln(f.io.err, "already requested: the first request stands, its outcomes follow")
	case err != nil && early.Err() != nil:
		first.Close()
		return f.unconfirmed(ctx)
	case err != nil:
		first.Close()
		return "failed", failf(exitFailed, "%v", err)
	}
	cancel()
	fmt.Fprintf(f.io.err, "release %s of %s %s\n", f.id, f.request.app, f.request.version)
	return f.listen(ctx, first, func() (ear, error) { return bus.Watch(ctx, f.request.app, f.id) })
}

// unpublished is the end of a command that NATS has heard nothing of: nothing goes on, and nothing is to be waited for.
func (f *follower) unpublished(ctx, early context.Context, err error) (string, error) {
	if early.Err() == nil {
		return "failed", err
	}
	result, code := cutShort(ctx)
	return result, &exit{code: code, text: fmt.Sprintf("NATS at %s cannot be reached, nothing was published", f.request.nats),
		hint: "see that NATS runs there (teal serve runs its own on 127.0.0.1:4222), or give --nats URL"}
}

// unconfirmed is the end of a command whose request may have arrived: the same id asks again without releasing twice.
func (f *follower) unconfirmed(ctx context.Context) (string, error) {
	result, code := cutShort(ctx)
	return result, &exit{code: code, text: fmt.Sprintf("NATS at %s did not confirm the request, so it may have arrived or not", f.request.nats),
		hint: fmt.Sprintf("repeat it with --id %s, which is safe; if it fails again, look whether this user may publish to %s", f.id, events.RequestSubject(f.request.app, f.id))}
}

// cutShort tells the end of --timeout from that of the time in which a request has to be published.
func cutShort(ctx context.Context) (string, int) {
	if errors.Is(ctx.Err(), context.DeadlineExceeded) {
		return "timeout", exitTimeout
	}
	return "failed", exitFailed
}

// ended is the error of a wait for a release that goes on, which ctx cut short; else err.
func (f *follower) ended(ctx context.Context, err error) error {
	again := fmt.Sprintf("the release goes on; wait again with: teal release %s %s --id %s …", f.request.app, f.request.version, f.id)
	switch {
	case errors.Is(ctx.Err(), context.DeadlineExceeded):
		return &exit{code: exitTimeout, text: fmt.Sprintf("%s is not %s after %s", f.id, f.target, short(f.request.defaultTimeout())), hint: again}
	case ctx.Err() != nil:
		return &exit{code: exitFailed, text: "interrupted", hint: again}
	}
	return err
}

// listen reads outcomes until one of them decides. When nothing is delivered any more it listens again, from where it was.
func (f *follower) listen(ctx context.Context, now ear, again func() (ear, error)) (string, error) {
	f.next = 1
	for {
		result, err, done := f.hear(ctx, now)
		if done {
			return result, err
		}
		fmt.Fprintf(f.io.err, "%v; listening again\n", err)
		for now = nil; now == nil; {
			select {
			case <-ctx.Done():
				return "timeout", f.ended(ctx, ctx.Err())
			case <-time.After(againWait):
			}
			if fresh, err := again(); err == nil {
				now = fresh
			}
		}
	}
}

// hear reads one ear until an outcome decides (done), or until nothing is delivered any more.
func (f *follower) hear(ctx context.Context, now ear) (result string, err error, done bool) {
	inner, cancel := context.WithCancel(ctx)
	heard, broken := make(chan events.OutcomeData), make(chan error, 1)
	go func() {
		broken <- now.Each(inner, f.next, func(o events.OutcomeData) bool {
			select {
			case heard <- o:
				return true
			case <-inner.Done():
				return false
			}
		})
		now.Close()
	}()
	defer cancel()
	var held <-chan time.Time
	if n := len(f.outcomes); n > 0 && f.outcomes[n-1].Type == release.OutHeld {
		held = time.After(holdGrace) // heard before the connection was lost
	}
	for {
		select {
		case o := <-heard:
			f.take(o)
			verdict := judge(o, f.target)
			if verdict.held {
				held = time.After(holdGrace)
				continue
			}
			held = nil
			if verdict.done {
				return verdict.result, verdict.err, true
			}
		case <-held:
			last := f.outcomes[len(f.outcomes)-1]
			return "held", &exit{code: exitHeld, text: fmt.Sprintf("%s is held (%s): %s", f.id, last.Code, plain(last.Text)),
				hint: fmt.Sprintf("teal status %s shows what a person may do", f.request.app)}, true
		case err := <-broken:
			if ctx.Err() != nil {
				return "timeout", f.ended(ctx, ctx.Err()), true
			}
			return "", err, false
		}
	}
}

// take keeps an outcome, and prints its line.
func (f *follower) take(o events.OutcomeData) {
	f.next = o.N + 1
	f.outcomes = append(f.outcomes, o)
	if f.json {
		return
	}
	code := ""
	if o.Code != "" {
		code = " (" + plain(o.Code) + ")"
	}
	fmt.Fprintf(f.io.out, "%s  %s%s  %s\n", o.At.UTC().Format(time.RFC3339), plain(o.Type), code, indented(o.Text))
}

// verdict is what one outcome means for the one who waits.
type verdict struct {
	done   bool
	held   bool
	result string
	err    error
}

// judge compares an outcome with what is waited for.
func judge(o events.OutcomeData, target string) verdict {
	fail := func(code int) verdict {
		return verdict{done: true, result: o.Type, err: &exit{code: code, text: fmt.Sprintf("%s was %s: %s", o.Release, word(o.Type), firstLine(o.Text)),
			hint: fmt.Sprintf("teal explain %s", o.Release)}}
	}
	switch o.Type {
	case release.OutRejected:
		if o.Code == string(events.Policy) {
			return fail(exitRefused)
		}
		return fail(exitFailed)
	case release.OutSuperseded, release.OutAbandoned, release.OutRolledBack:
		return fail(exitEnded)
	case release.OutHeld:
		return verdict{held: true}
	}
	if o.Type == release.OutWaiting && o.Code == "held" { // it stands behind the app's hold
		return verdict{held: true}
	}
	if reached(o) >= rank(target) {
		return verdict{done: true, result: target}
	}
	return verdict{}
}

// rank orders what can be waited for.
func rank(target string) int {
	switch target {
	case "accepted":
		return 1
	case "switched":
		return 2
	case "baked":
		return 3
	}
	return 4
}

// reached says how far a release is that tells this outcome.
func reached(o events.OutcomeData) int {
	switch o.Type {
	case release.OutSwitched:
		return 2
	case release.OutBaking:
		if o.Code == "passed" {
			return 3
		}
		return 2
	case release.OutRetired:
		return 3
	case release.OutFinished, release.OutContracting, release.OutContracted:
		return 4
	case release.OutResumed:
		return 0
	}
	return 1
}

// word writes an outcome's type as people do.
func word(kind string) string {
	if kind == release.OutRolledBack {
		return "rolled back"
	}
	return kind
}
