package demo

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"teal.dev/teal/daemon"
	"teal.dev/teal/release"
)

func contains(text, part string) bool { return strings.Contains(text, part) }

// refused: nothing is touched, and the answer says which statement, why, and what to do instead.
func (p *play) refused(ctx context.Context) error {
	for _, one := range []struct{ version, statement string }{{"v3-rename", "RENAME COLUMN"}, {"v3-drop", "DROP TABLE"}} {
		before, err := p.expandVersion(ctx)
		if err != nil {
			return err
		}
		id, err := p.town.publishSigned(ctx, one.version)
		if err != nil {
			return err
		}
		o, err := p.outcome(ctx, id, release.OutRejected, "")
		if err != nil {
			return err
		}
		r := Refusal{Version: one.version, Code: o.Code, Why: o.Text}
		r.Statement, r.Rule, r.Instead = findingOf(o.Facts)
		p.refusals = append(p.refusals, r)
		p.expect(r.Code == "policy", one.version+" refused by the policy", r.Code, r.Why)
		p.expect(contains(strings.ToUpper(r.Statement), one.statement), "the statement with "+one.statement, r.Statement)
		p.expect(r.Why != "" && r.Instead != "", "a reason and what to do instead", r.Why, r.Instead)
		after, err := p.expandVersion(ctx)
		p.expect(err == nil && before == after, fmt.Sprintf("the expand track still at %d", before), after, err)
		p.timeline.say("refused by the rule %s: %s", r.Rule, oneLine(r.Statement))
	}
	return nil
}

// oneLine is a statement on one line.
func oneLine(sql string) string { return strings.Join(strings.Fields(sql), " ") }

// findingOf is the first denied statement of a rejection, as teal check prints it.
func findingOf(facts map[string]any) (statement, rule, instead string) {
	text, _ := facts["findings"].(string)
	var report struct {
		Files []struct {
			Statements []struct {
				SQL      string `json:"sql"`
				Rule     string `json:"rule"`
				Instead  string `json:"instead"`
				Decision string `json:"decision"`
			} `json:"statements"`
		} `json:"files"`
	}
	if json.Unmarshal([]byte(text), &report) != nil {
		return "", "", ""
	}
	for _, f := range report.Files {
		for _, s := range f.Statements {
			if s.Decision == "deny" {
				return s.SQL, s.Rule, s.Instead
			}
		}
	}
	return "", "", ""
}

func (p *play) expandVersion(ctx context.Context) (version int64, err error) {
	err = p.town.database.QueryRow(ctx, "SELECT version FROM schema_migrations").Scan(&version)
	return version, err
}

// sick: the traffic never moves.
func (p *play) sick(ctx context.Context) error {
	before, err := p.status(ctx)
	if err != nil {
		return err
	}
	began := time.Now()
	id, err := p.town.publishSigned(ctx, "v3-sick")
	if err != nil {
		return err
	}
	o, err := p.outcome(ctx, id, release.OutAbandoned, "")
	if err != nil {
		return err
	}
	p.abandoned = append(p.abandoned, Abandoned{Version: "v3-sick", Code: o.Code, Why: o.Text})
	after, err := p.status(ctx)
	p.expect(err == nil && after.Live == before.Live && after.Rev == before.Rev, "the traffic where it was", after.Live, after.Rev, err)
	for _, s := range p.load.book.since(began) {
		if s.Version == "v3-sick" {
			p.expect(false, "no answer of v3-sick", s)
			break
		}
	}
	p.live(ctx, "v2", release.ClassForwardOnly)
	return nil
}

// errorsAfterSwitch: every fifth answer of the new version is a 500, and its health check is fine.
func (p *play) errorsAfterSwitch(ctx context.Context) error {
	id, err := p.town.publishSigned(ctx, "v3-bad")
	if err != nil {
		return err
	}
	asked := time.Now()
	if _, err := p.outcome(ctx, id, release.OutSwitched, ""); err != nil {
		return err
	}
	o, err := p.outcome(ctx, id, release.OutRolledBack, "")
	if err != nil {
		return err
	}
	p.expect(o.Code == "errors", "a rollback because of errors", o.Code)
	p.timeline.catchUp(ctx)
	list := switchesOf(p.timeline.all())
	if n := len(list); n >= 2 && list[n-2].acked.After(asked) {
		bad, back := list[n-2], list[n-1]
		took := ms(back.acked.Sub(bad.acked))
		p.rollbacks = append(p.rollbacks, Rollback{How: "by itself, in the bake", From: back.From, To: back.To, TookMS: took, AckMS: back.AckMS, Why: o.Text})
		p.timeline.say("rolled back by itself %.0f ms after the switch: %s", took, o.Text)
	} else {
		p.expect(false, "a switch and a switch back in the timeline", len(list))
	}
	p.live(ctx, "v2", release.ClassForwardOnly)
	return nil
}

// haproxyDies: the map file is the memory of HAProxy, and the store that of teal.
func (p *play) haproxyDies(ctx context.Context) error {
	p.timeline.say("$ systemctl reload haproxy (SIGUSR2 to the master, process %d)", p.town.haproxy.PID())
	if err := p.town.haproxy.Reload(ctx); err != nil {
		return err
	}
	p.timeline.say("HAProxy has been reloaded; its old worker finishes what it has")
	p.servesOn(ctx, "v2", time.Now())
	p.timeline.say("$ kill -9 (the group of process %d: master and workers)", p.town.haproxy.PID())
	from := time.Now()
	if err := p.town.haproxy.Kill(); err != nil {
		return err
	}
	if err := p.town.haproxy.Start(ctx); err != nil {
		return err
	}
	to := time.Now()
	p.outages = append(p.outages, outage{From: from, To: to})
	p.timeline.say("HAProxy started again; it was dead for %s", brief(to.Sub(from)))
	p.servesOn(ctx, "v2", from)
	return p.seen(ctx, "HAProxy to say what teal wants", func(s daemon.AppStatus) bool {
		return len(s.Traffic) == 1 && s.Traffic[0].Known && s.Traffic[0].Present && s.Traffic[0].Route.Live == s.Live && s.Traffic[0].Route.Rev == s.Rev
	})
}

// servesOn waits for answers to requests begun after a moment, and expects that a version gave all of them.
func (p *play) servesOn(ctx context.Context, v string, from time.Time) {
	answers, other := 0, ""
	err := wait(ctx, patience, "fifty answers", func() (bool, string) {
		answers = 0
		for _, s := range p.load.book.since(from) {
			if !s.short() || s.failed() {
				continue
			}
			answers++
			if s.Version != "" && s.Version != v {
				other = s.Version
			}
		}
		return answers >= 50, fmt.Sprint(answers)
	})
	p.expect(err == nil, "the shop to answer", err)
	p.expect(other == "", "answers of "+v+" only", other)
}

// daemonDiesExpanding: the first of two files is applied, and the second waits for a lock.
func (p *play) daemonDiesExpanding(ctx context.Context) error {
	lock, err := p.lock(ctx, "orders")
	if err != nil {
		return err
	}
	defer lock.release()
	id, err := p.town.publishSigned(ctx, "v3")
	if err != nil {
		return err
	}
	if err := p.blocked(ctx, "expand", lock.pid); err != nil {
		return err
	}
	at, err := p.expandVersion(ctx)
	p.expect(err == nil && at >= 6 && !p.hasColumn(ctx, "orders", "note"), "0006 applied and 0007 not", at, err)
	if err := p.killDaemon(ctx); err != nil {
		return err
	}
	if err := p.blocked(ctx, "expand", lock.pid); err != nil {
		return err
	}
	lock.release()
	if _, err := p.outcome(ctx, id, release.OutExpanded, ""); err != nil {
		return err
	}
	p.expect(p.hasColumn(ctx, "orders", "note"), "the column orders.note", "it is not there")
	_, err = p.outcome(ctx, id, release.OutSwitched, "")
	return err
}

// killDaemon kills it, sees that the shop does not care, and starts it again.
func (p *play) killDaemon(ctx context.Context) error {
	pid := p.town.daemon.pid()
	p.timeline.say("$ kill -9 %d", pid)
	if err := p.town.daemon.kill(); err != nil {
		return err
	}
	dead := time.Now()
	err := wait(ctx, patience, "a hundred answers without the daemon", func() (bool, string) {
		n := len(p.load.book.since(dead))
		return n >= 100, fmt.Sprint(n)
	})
	if err != nil {
		return err
	}
	if err := p.town.serve(ctx); err != nil {
		return err
	}
	p.timeline.say("teal serve is back as process %d; the shop answered %d requests meanwhile", p.town.daemon.pid(), len(p.load.book.since(dead)))
	return nil
}

// daemonDiesBaking: the bake goes on where it was, and the time in between does not count.
func (p *play) daemonDiesBaking(ctx context.Context) error {
	var id release.ID
	err := p.seen(ctx, "the middle of a bake", func(s daemon.AppStatus) bool {
		if s.Current == nil || s.Current.Phase != release.Baking || s.Current.Clock.Spent < time.Second {
			return false
		}
		id = s.Current.ID
		return true
	})
	if err != nil {
		return err
	}
	if err := p.killDaemon(ctx); err != nil {
		return err
	}
	back := false
	err = p.seen(ctx, "the bake to go on", func(s daemon.AppStatus) bool {
		back = s.Current != nil && s.Current.ID == id && s.Current.Phase == release.Baking
		return back || s.Current == nil && !s.At.IsZero()
	})
	if err != nil {
		return err
	}
	p.expect(back, "the same release still baking", "another phase")
	if _, err := p.outcome(ctx, id, release.OutBaking, "passed"); err != nil {
		return err
	}
	if err := p.retire(ctx, id); err != nil {
		return err
	}
	p.live(ctx, "v3", release.ClassCold)
	return nil
}
