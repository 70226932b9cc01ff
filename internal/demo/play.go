package demo

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"teal.dev/teal/daemon"
	"teal.dev/teal/internal/client"
	"teal.dev/teal/release"
)

// patience bounds every wait for teal.
const patience = 30 * time.Second

// play is one performance: what was done, and what was seen against what was expected.
type play struct {
	town     *town
	timeline *timeline
	load     *generator
	began    time.Time

	steps     []Step
	missed    []string // expectations that did not hold
	outages   []outage
	rollbacks []Rollback
	refusals  []Refusal
	abandoned []Abandoned
	expands   int
	contracts int
	bad       map[string]bool // versions that answer 5xx on purpose
}

// Step is one chapter.
type Step struct {
	Name   string   `json:"name"`
	OK     bool     `json:"ok"`
	TookMS int64    `json:"took_ms"`
	Missed []string `json:"missed,omitempty"` // what was expected and what was seen instead
}

// acts plays the chapters in order. One that cannot go on ends the play; one whose expectation did not hold does not.
func (p *play) acts(ctx context.Context) {
	p.bad = map[string]bool{"v3-bad": true}
	for n, act := range []struct {
		name string
		play func(context.Context) error
	}{
		{"version 1 becomes live in an empty database, from its own migrations", p.firstInstall},
		{"version 2 splits a column: expand, approval, blue, switch, bake", p.secondVersion},
		{"rollback to version 1 while it is warm", p.warmRollback},
		{"version 2 again; green is retired", p.secondAgain},
		{"a cold rollback, and forward again", p.coldRollback},
		{"the contract runs, and there is no way back", p.contract},
		{"a column renamed and a table dropped in expand: refused at the door", p.refused},
		{"a blue that never becomes healthy is abandoned", p.sick},
		{"a blue that answers 5xx after the switch is rolled back by itself", p.errorsAfterSwitch},
		{"HAProxy is reloaded, then killed with -9 and started again", p.haproxyDies},
		{"the daemon is killed with -9 in the middle of an expand", p.daemonDiesExpanding},
		{"the daemon is killed with -9 in the middle of a bake", p.daemonDiesBaking},
	} {
		if !p.act(ctx, fmt.Sprintf("%d. %s", n+1, act.name), act.play) {
			return
		}
	}
}

// act plays one chapter and reports whether the next can follow.
func (p *play) act(ctx context.Context, name string, run func(context.Context) error) bool {
	p.timeline.heading(ctx, name)
	began, before := time.Now(), len(p.missed)
	err := run(ctx)
	if err != nil {
		p.missed = append(p.missed, fmt.Sprintf("%s: %v", name, err))
		p.timeline.say("NOT AS EXPECTED: %v", err)
	}
	missed := append([]string(nil), p.missed[before:]...)
	p.steps = append(p.steps, Step{Name: name, OK: len(missed) == 0, TookMS: time.Since(began).Milliseconds(), Missed: missed})
	return err == nil && ctx.Err() == nil
}

// expect notes what did not hold, and goes on.
func (p *play) expect(ok bool, what string, seen ...any) {
	if ok {
		return
	}
	p.missed = append(p.missed, fmt.Sprintf("expected: %s; seen: %s", what, strings.TrimSpace(fmt.Sprintln(seen...))))
	p.timeline.say("NOT AS EXPECTED: %s", p.missed[len(p.missed)-1])
}

// status is the app as teal shows it.
func (p *play) status(ctx context.Context) (daemon.AppStatus, error) { return p.town.api.App(ctx, app) }

// seen waits until the status is as wanted.
func (p *play) seen(ctx context.Context, what string, there func(daemon.AppStatus) bool) error {
	return wait(ctx, patience, what, func() (bool, string) {
		s, err := p.status(ctx)
		if err != nil {
			return false, err.Error()
		}
		return there(s), fmt.Sprintf("phase %q, live %q, class %s, rule %s: %s", s.Phase, s.Live, s.Class, s.Rule, s.Why)
	})
}

// outcome waits until a release has an outcome of a type (and a code, if one is given). Another end, or a hold, is an error.
func (p *play) outcome(ctx context.Context, id release.ID, kind, code string) (release.Posted, error) {
	var found release.Posted
	what := fmt.Sprintf("the outcome %s of release %s", strings.TrimSpace(kind+" "+code), id)
	var other error
	err := wait(ctx, patience, what, func() (bool, string) {
		past, err := p.town.api.Release(ctx, id)
		if err != nil {
			return false, err.Error()
		}
		seen := "no outcome"
		for _, o := range past.Outcomes {
			seen = fmt.Sprintf("%s %s: %s", o.Type, o.Code, o.Text)
			if o.Type == kind && (code == "" || o.Code == code) {
				found = o
				return true, seen
			}
			switch o.Type {
			case release.OutRejected, release.OutAbandoned, release.OutSuperseded, release.OutRolledBack, release.OutHeld:
				other = fmt.Errorf("release %s was %s (%s): %s", id, o.Type, o.Code, o.Text)
				return true, seen
			}
		}
		return false, seen
	})
	if found.Type != "" {
		return found, nil
	}
	return found, errors.Join(err, other)
}

// say brings a person's word to teal, as the command of the same name does.
func (p *play) say(ctx context.Context, verb release.Verb, reason string) (daemon.Answer, error) {
	p.timeline.say("$ teal %s %s --reason %q", verb, app, reason)
	return p.town.api.Order(ctx, app, verb, daemon.Order{Reason: reason})
}

// refusal is the daemon's no to a person, or nil.
func refusal(err error) *client.Error {
	var no *client.Error
	if errors.As(err, &no) {
		return no
	}
	return nil
}

// baked releases a version, signed, and follows it to the end of its bake.
func (p *play) baked(ctx context.Context, v string) (release.ID, error) {
	id, err := p.town.publishSigned(ctx, v)
	if err != nil {
		return id, err
	}
	_, err = p.outcome(ctx, id, release.OutBaking, "passed")
	return id, err
}

// retire stops the warm version by hand and waits for the end of the release.
func (p *play) retire(ctx context.Context, id release.ID) error {
	if _, err := p.say(ctx, release.VerbRetire, "seen enough"); err != nil {
		return err
	}
	_, err := p.outcome(ctx, id, release.OutFinished, "")
	return err
}

// live expects a version to be live, with a rollback class. What teal shows may be a turn older than what it has told.
func (p *play) live(ctx context.Context, v string, class release.ClassName) {
	var s daemon.AppStatus
	_ = wait(ctx, 3*time.Second, "the status", func() (bool, string) { // what is seen at the end is judged below
		s, _ = p.status(ctx)
		return s.Version == release.Version(v) && s.Class == class && s.Hold == nil, ""
	})
	p.expect(s.Version == release.Version(v), v+" is live", s.Version)
	p.expect(s.Class == class, fmt.Sprintf("the rollback class %s", class), s.Class)
	p.expect(s.Hold == nil, "nothing is held", s.Hold)
	p.timeline.say("live: %s in slot %s; rollback class: %s%s", s.Version, s.Live, s.Class, map[bool]string{true: ", unproven"}[s.Unproven])
}
