package daemon

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"teal.dev/teal/release"
)

// loop is one life of a runner. Only its own goroutine touches it.
type loop struct {
	app    *App
	config AppConfig
	epoch  uint64
	state  release.State
	loaded bool
	asked  *ask

	eyes    eyes
	seen    release.Observation    // of the previous turn
	migrate lane                   // vet, expand, contract, adopt
	launch  map[release.Slot]*lane // start, stop
	verdict *release.Verdict
	removed bool

	turned  time.Time // monotonic: the previous turn
	stored  []byte    // the state as it was last saved
	savedAt time.Time
	failed  int    // store failures in a row
	again   int    // the same action in a row
	last    string // key of the last action, for pace and log
	logged  string
}

func newLoop(a *App) *loop {
	return &loop{app: a, eyes: newEyes(), launch: map[release.Slot]*lane{release.A: {}, release.B: {}}}
}

// lanes lists every lane: the migrations first, then the slots in order.
func (l *loop) lanes() []*lane {
	return []*lane{&l.migrate, l.launch[release.A], l.launch[release.B]}
}

// turn goes round once and returns how long to rest.
func (l *loop) turn(ctx context.Context) (time.Duration, error) {
	if err := l.configure(); err != nil {
		l.app.degrade(err.Error())
		return time.Second, nil
	}
	if err := l.load(ctx); err != nil {
		return l.troubled("read", err)
	}
	l.reap(ctx)
	core := l.app.opt.Core
	l.asked = l.app.take()
	seen := l.observe(ctx, core.Watch(l.state, l.seen, l.config.Limits))
	if ctx.Err() != nil {
		l.answer(reply{err: errStopping})
		return 0, nil
	}
	next, action, outcomes := core.Step(l.state, seen, l.config.Limits)
	l.say(action)
	rest := l.rest(core.Watch(next, seen, l.config.Limits))
	if action.Kind == release.Wait && len(outcomes) == 0 && l.asked == nil {
		l.again = 0
		return rest, l.wait(ctx, next, action, seen)
	}
	if err := l.save(ctx, next, outcomes, l.entry(next, action, seen.Now)); err != nil {
		l.answer(reply{err: fmt.Errorf("the store did not confirm the command; look at teal status before you repeat it: %w", err)})
		return l.troubled("write", err)
	}
	l.show(action, seen)
	l.answer(reply{answer: Answer{Action: shown(action), Phase: phaseOf(l.state, action)}})
	if action.Kind == release.Wait {
		return rest, nil
	}
	return l.pace(action, l.act(ctx, action, seen)), nil
}

// configure fetches the config of this turn; the last one is kept when the app's file is gone.
func (l *loop) configure() error {
	config, ok := l.app.opt.Config()
	l.removed = !ok
	if ok {
		l.config = config
	}
	if l.config.Ports.Switch == nil || l.config.Ports.Launcher == nil {
		return fmt.Errorf("%s has no config with a switch and a launcher; put its file back into apps/", l.app.name)
	}
	return nil
}

// load takes the app over once, and reads the state again whenever it is not sure what is stored.
func (l *loop) load(ctx context.Context) error {
	if l.loaded {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, storeLimit)
	defer cancel()
	if l.epoch == 0 {
		epoch, err := l.app.opt.TakeOver(ctx, l.app.name)
		if err != nil {
			return err
		}
		l.epoch = epoch
	}
	state, found, err := l.app.opt.Journal.Load(ctx, l.app.name)
	if err != nil {
		return err
	}
	if !found {
		state = release.State{}
	}
	state.App = l.app.name
	if state.Epoch > l.epoch {
		return errReplaced
	}
	state.Epoch = l.epoch
	l.state, l.loaded = state, true
	l.stored, l.savedAt = encode(state), time.Now()
	return nil
}

// wait ends a turn in which there was nothing to do: only clocks went on, and they are stored now and then.
func (l *loop) wait(ctx context.Context, next release.State, action release.Action, seen release.Observation) error {
	next.Seq, next.Epoch = l.state.Seq, l.epoch
	l.state = next
	if time.Since(l.savedAt) >= clocksEvery {
		l.savedAt = time.Now()
		if !bytes.Equal(encode(next), l.stored) {
			if err := l.save(ctx, next, nil, release.Entry{App: l.app.name, At: seen.Now}); err != nil {
				_, err := l.troubled("write", err)
				return err
			}
		}
	}
	l.show(action, seen)
	return nil
}

// save stores next with its outcomes and its line. After an error nobody knows what is stored: it is read again.
func (l *loop) save(ctx context.Context, next release.State, outcomes []release.Outcome, entry release.Entry) error {
	ctx, cancel := context.WithTimeout(ctx, storeLimit)
	defer cancel()
	next.App, next.Seq, next.Epoch = l.app.name, l.state.Seq+1, l.epoch
	if err := l.app.opt.Journal.Save(ctx, next, outcomes, entry); err != nil {
		l.loaded = false
		return err
	}
	l.state, l.failed = next, 0
	l.stored, l.savedAt = encode(next), time.Now()
	if len(outcomes) > 0 {
		l.app.opt.Metrics.outcomes(l.app.name)
		if l.app.opt.Posted != nil {
			l.app.opt.Posted()
		}
	}
	return nil
}

// troubled notes that the store did not do its part and returns the back-off. Nothing is acted meanwhile.
func (l *loop) troubled(what string, err error) (time.Duration, error) {
	if errors.Is(err, errReplaced) {
		return 0, err
	}
	why := fmt.Sprintf("store: %s: %v", what, err)
	if l.failed == 0 {
		l.app.opt.Log.Error("the store does not answer; nothing is done until it does", "err", err, "what", what)
	}
	l.app.degrade(why)
	l.failed++
	return backoff(l.failed - 1), nil
}

// rest is the core's pause, with a floor that keeps a wrong number from burning a core.
func (l *loop) rest(interest release.Interest) time.Duration {
	if interest.Every <= 0 {
		return time.Second
	}
	return max(interest.Every, 10*time.Millisecond)
}

// pace is the pause after an action: none, unless the very same action comes again and again.
func (l *loop) pace(action release.Action, err error) time.Duration {
	key := keyOf(action)
	if key != l.last {
		l.last, l.again = key, 0
	} else {
		l.again++
	}
	if err == nil && l.again == 0 {
		return 0
	}
	return backoff(l.again)
}

func (l *loop) answer(r reply) {
	if l.asked == nil {
		return
	}
	l.asked.reply <- r
	l.asked = nil
}

// entry is the line of the timeline for an action.
func (l *loop) entry(next release.State, action release.Action, now time.Time) release.Entry {
	e := release.Entry{App: l.app.name, At: now, Action: shown(action), Phase: phaseOf(next, action)}
	if l.asked != nil {
		c := l.asked.command
		e.Actor, e.Verb, e.Reason = c.Actor, c.Verb, c.Reason
	}
	return e
}

// show publishes what this turn saw and decided.
func (l *loop) show(action release.Action, seen release.Observation) {
	class, unproven := l.app.opt.Core.Class(l.state, seen)
	v := &View{State: l.state, Action: action, Observation: seen, Limits: l.config.Limits, Class: class,
		Unproven: unproven, Problems: l.eyes.problems, At: seen.Now}
	if !l.loaded {
		v.Degraded = l.app.View().Degraded
	}
	l.app.view.Store(v)
}

// say logs and counts a decision; the same one again is only counted.
func (l *loop) say(action release.Action) {
	l.app.opt.Metrics.turn(l.app.name, action)
	key := keyOf(action)
	if key == l.logged {
		return
	}
	l.logged = key
	l.app.opt.Log.Info("decided", "rule", action.Rule, "kind", action.Kind, "slot", action.Slot,
		"release", action.Release, "why", action.Why)
}

// end cancels the jobs and waits until they have gone: before another loop of this process, or at most jobGrace at the end.
func (l *loop) end(ctx context.Context) {
	l.answer(reply{err: errStopping})
	var grace <-chan time.Time
	for _, lane := range l.lanes() {
		j := lane.job
		if j == nil {
			continue
		}
		j.cancel()
		select {
		case <-j.done:
			continue
		case <-ctx.Done():
		}
		if grace == nil {
			grace = time.After(jobGrace)
		}
		select {
		case <-j.done:
		case <-grace:
			l.app.opt.Log.Error("a job did not end in time and is left behind", "kind", j.action.Kind, "grace", jobGrace)
			return
		}
	}
}

var errStopping = fmt.Errorf("the daemon is stopping or begins this app's runner again; try again in a moment")

// phaseOf finds the phase of the release that an action is about.
func phaseOf(s release.State, action release.Action) release.Phase {
	for _, r := range []*release.Release{s.Current, s.Last} {
		if r != nil && (action.Release == "" || action.Release == r.ID) {
			return r.Phase
		}
	}
	return ""
}

func keyOf(a release.Action) string {
	return fmt.Sprintf("%s|%s|%s|%s|%d|%s", a.Kind, a.Rule, a.Slot, a.Release, a.Route.Rev, a.Code)
}

// encode is only compared, so that what cannot be encoded is at worst stored once too often.
func encode(s release.State) []byte {
	s.Seq = 0
	b, err := json.Marshal(s)
	if err != nil {
		return nil
	}
	return b
}
