package daemon

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"sync/atomic"
	"time"

	"teal.dev/teal/release"
)

// lane runs one long effect at a time and remembers how the last one ended.
type lane struct {
	job   *job // nil = none runs
	last  release.Job
	ended time.Time // of the newest job that has ended; never goes back
}

// look takes up what the lane's job says now, and returns it when it has ended. The end of a job is always later than that
// of the one before, whatever the machine's clock does: the core tells them apart by it.
func (l *lane) look() *job {
	j := l.job
	if j == nil {
		return nil
	}
	l.last = j.seen()
	if l.last.Running {
		return nil
	}
	if !l.last.Ended.After(l.ended) {
		l.last.Ended = l.ended.Add(time.Nanosecond)
	}
	l.job, l.ended = nil, l.last.Ended
	return j
}

// job is one long effect in its own goroutine. took and err may be read once done is closed.
type job struct {
	action release.Action
	cancel context.CancelFunc
	done   chan struct{}
	text   atomic.Pointer[string]
	began  time.Time

	ended   time.Time
	took    time.Duration
	err     error
	verdict *release.Verdict
}

// work is what a job does; progress keeps one line about what it waits for.
type work func(ctx context.Context, j *job, progress func(string)) error

// begin starts a job; wake is called once it has ended.
func begin(ctx context.Context, action release.Action, do work, wake func()) *job {
	ctx, cancel := context.WithCancel(ctx)
	j := &job{action: action, cancel: cancel, done: make(chan struct{}), began: time.Now()}
	progress := func(text string) { j.text.Store(&text) }
	go func() {
		defer wake()
		defer close(j.done)
		defer cancel()
		defer func() {
			if p := recover(); p != nil {
				j.err = &release.Fault{Class: release.Unproven, Code: "panic", Text: fmt.Sprintf("a defect of teal ended the %s: %v; report it with the log, "+
					"look at what was done, then teal resume", action.Kind, p)}
				progress(string(debug.Stack()))
			}
			j.ended, j.took = time.Now().Round(0).UTC(), time.Since(j.began)
		}()
		j.err = do(ctx, j, progress)
	}()
	return j
}

// seen is the job as the core sees it, running or ended.
func (j *job) seen() release.Job {
	s := release.Job{Kind: j.action.Kind, Release: j.action.Release, Slot: j.action.Slot}
	if text := j.text.Load(); text != nil {
		s.Text = *text
	}
	select {
	case <-j.done:
		s.Ended, s.Fault = j.ended, faultOf(j.err)
	default:
		s.Running = true
	}
	return s
}

// faultOf finds the class of an error; what has none may be repeated, because a time-out is ignorance and not a verdict.
func faultOf(err error) *release.Fault {
	if err == nil {
		return nil
	}
	var fault *release.Fault
	if errors.As(err, &fault) {
		return &release.Fault{Class: fault.Class, Code: fault.Code, Text: err.Error()}
	}
	return &release.Fault{Class: release.Retry, Code: "unclassified", Text: err.Error()}
}

// reap takes up what ended since the last turn, and writes how long it took. It is done before the ports are asked, never
// after: what is seen of the world must not be older than the end of a job that is told with it.
func (l *loop) reap(ctx context.Context) {
	for _, lane := range l.lanes() {
		j := lane.look()
		if j == nil {
			continue
		}
		if j.verdict != nil && j.err == nil {
			l.verdict = j.verdict
		}
		l.took(ctx, j.action, j.took, j.err)
	}
}

// took writes that an effect has ended. The line is for people: its loss stops nothing.
func (l *loop) took(ctx context.Context, action release.Action, took time.Duration, err error) {
	l.app.opt.Metrics.effect(l.app.name, action.Kind, took, err)
	entry := release.Entry{App: l.app.name, At: time.Now().Round(0).UTC(), Action: shown(action), Took: took}
	entry.Phase = phaseOf(l.state, action)
	log := l.app.opt.Log.With("kind", action.Kind, "slot", action.Slot, "release", action.Release, "took", took)
	if err != nil {
		entry.Error = err.Error()
		log.Warn("the effect failed", "err", err)
	} else {
		log.Info("the effect ended")
	}
	ctx, cancel := context.WithTimeout(ctx, storeLimit)
	defer cancel()
	if err := l.app.opt.Journal.Took(ctx, entry); err != nil {
		log.Warn("the end of an effect is not in the timeline", "err", err)
	}
}
