package release

import (
	"fmt"
	"time"
)

// later is the later of two times.
func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}

// backoff is the pause after n tries in a row: base, doubled each time, at most limit.
func backoff(n int, base, limit time.Duration) time.Duration {
	for ; n > 1 && base < limit; n-- {
		base *= 2
	}
	return min(base, limit)
}

// intend makes slot the live one. Nothing is written to HAProxy before the state that says so is stored.
func (t *turn) intend(slot Slot) Action {
	t.s.Live = slot
	t.s.Rev++
	t.s.Heal = Lane{}
	return Action{Kind: Send, Slot: slot, Route: t.wanted()}
}

// foreignRevHolds stops when somebody else writes the map: a rev above teal's, or a value that teal never wrote. teal does
// not fight; "teal adopt --rev" takes a number above.
func foreignRevHolds(t *turn) (Action, bool) {
	why := t.foreign()
	if why == "" {
		return silent()
	}
	if t.s.Live == None && !t.s.History {
		return t.hold("unknown_live_version", why+fmt.Sprintf("; teal has no history for this app; say what is live: teal adopt %s --live a|b|none --version V", t.s.App))
	}
	return t.hold("foreign_rev", why+fmt.Sprintf("; see who wrote it, then: teal adopt %s --rev", t.s.App))
}

// foreign says what in a map cannot be teal's own; "" = nothing.
func (t *turn) foreign() string {
	for _, n := range t.o.Traffic.Nodes {
		switch {
		case !n.Known, !n.Present:
		case n.Foreign != "":
			return fmt.Sprintf("the map on %s says %q, which teal never wrote", n.Name, n.Foreign)
		case n.Route.Rev > t.s.Rev:
			return fmt.Sprintf("the map on %s has rev %d and teal knows only %d", n.Name, n.Route.Rev, t.s.Rev)
		}
	}
	return ""
}

// withdrawSwitch takes back a switch that is not confirmed yet when its target stops being ready. With neither slot ready
// nothing moves.
func withdrawSwitch(t *turn) (Action, bool) {
	r := t.moving()
	if r == nil || t.route() == Yes || t.ready(t.s.Live) != No || r.Forced {
		return silent()
	}
	target, old := t.s.Live, t.s.Live.Other()
	if t.ready(old) != Yes || t.s.Slots[old].Plan == nil || !t.s.Slots[old].Want {
		if r.Green == None {
			return t.hold("no_ready_target", fmt.Sprintf("slot %s stopped being ready before the switch to it was confirmed, and there is no earlier version; it goes on when the slot is ready, or: teal abandon %s", target, t.s.App))
		}
		return t.hold("no_ready_target", fmt.Sprintf("slot %s stopped being ready before the switch to it was confirmed, and %s is not ready either; nothing moves", target, old))
	}
	if r.Phase == RollingBack {
		phase := r.Before
		t.enter(r, phase)
		r.Before = ""
	} else {
		t.enter(r, Checking)
		r.Ready = false
	}
	action := t.intend(old)
	action.Release = r.ID
	action.Why = fmt.Sprintf("slot %s stopped being ready before the switch to it was confirmed", target)
	return action, true
}

// moving is the release whose switch or rollback is not confirmed.
func (t *turn) moving() *Release {
	for _, r := range []*Release{t.s.Current, t.s.Last} {
		if r != nil && (r.Phase == Switching || r.Phase == RollingBack) {
			return r
		}
	}
	return nil
}

// trafficBlocked reports the holds under which even the automatic rollback stands still.
func (t *turn) trafficBlocked() bool {
	h := t.s.Hold
	return h != nil && (h.Code == "foreign_rev" || h.Code == "no_ready_target" || t.s.Contracting)
}

// rollBackOnErrors ends a bake in which blue answers too many errors: the lower bound of the share, not the share, so that
// three errors in four requests are no verdict.
func rollBackOnErrors(t *turn) (Action, bool) {
	r := t.s.Current
	if r == nil || r.Phase != Baking || r.Promoted || t.trafficBlocked() {
		return silent()
	}
	bound := Wilson(r.Tally.Errors, r.Tally.Requests)
	if bound <= t.limits(r).MaxErrors {
		return silent()
	}
	why := fmt.Sprintf("%d of %d answers of %s were errors: at least %.2f %% with 95 %% confidence, and max_errors is %.2f %%",
		r.Tally.Errors, r.Tally.Requests, r.Version, 100*bound, 100*t.limits(r).MaxErrors)
	if r.Green == None {
		return t.hold("bad_bake", why+noWayBack)
	}
	return t.rollBack(r, "errors", why, false)
}

// noWayBack ends the sentence of a first release whose bake is bad.
const noWayBack = "; there is no earlier version to go back to: promote it, and release one that is better"

// rollBackOnUnready goes back when blue has not been ready for ten seconds: in the bake always, while warm when the app
// wants it and green is ready.
func rollBackOnUnready(t *turn) (Action, bool) {
	r := t.s.Current
	if r == nil || r.Phase != Baking {
		r = t.s.Last
	}
	if r == nil || t.trafficBlocked() || t.ready(r.Blue) != No || r.Clock.Unready < t.l.ReadyLost {
		return silent()
	}
	why := fmt.Sprintf("%s in slot %s has not been ready for %s", r.Version, r.Blue, r.Clock.Unready.Round(time.Second))
	switch {
	case r.Phase == Baking && r.Promoted:
		return silent()
	case r.Phase == Baking && r.Green == None:
		return t.hold("bad_bake", why+noWayBack)
	case r.Phase == Baking:
		return t.rollBack(r, "health", why, false)
	case r.Phase == Warm && t.limits(r).AutoRollback && t.ready(r.Green) == Yes:
		return t.rollBack(r, "health", why, false)
	}
	return silent()
}

// rollBack switches to green: the same act as a switch, with the other slot. What was queued before it is superseded. A
// hold about something else than the bake is left standing when nobody asked for the rollback: only a person ends it.
func (t *turn) rollBack(r *Release, trigger, why string, force bool) (Action, bool) {
	green := t.s.Slots[r.Green]
	if t.ready(r.Green) != Yes && !force {
		if t.said(VerbRollback) != nil {
			return refuse("no_ready_target", fmt.Sprintf("slot %s is not ready (%s): %s; teal keeps starting it; --force switches anyway", r.Green, readyWord(t.ready(r.Green)), t.illness(r.Green)))
		}
		return t.hold("no_ready_target", fmt.Sprintf("%s; and slot %s is not ready to take the traffic back", why, r.Green))
	}
	green.Want, green.KeepUntil = true, time.Time{}
	t.s.Slots[r.Green] = green
	r.Before, r.Trigger, r.Why, r.Forced = r.Phase, trigger, why, force
	t.enter(r, RollingBack)
	if next := t.s.Current; next != nil && next != r {
		t.yield(next, r.ID)
	}
	for _, q := range t.o.Queue {
		t.endSuperseded(q.ID, r.ID, "a rollback supersedes what was queued before it")
	}
	if byHand := t.said(VerbRollback) != nil; byHand || t.s.Hold.aboutBake() || t.s.Hold != nil && t.s.Hold.Code == "blind" {
		t.liftHold("the release is rolled back")
	}
	action := t.intend(r.Green)
	action.Release, action.Why = r.ID, fmt.Sprintf("rollback to %s in slot %s: %s", green.Plan.Version, r.Green, why)
	return action, true
}

// readyWord writes a readiness for a sentence.
func readyWord(t Tri) string {
	switch t {
	case Yes:
		return "ready"
	case No:
		return "not ready"
	}
	return "not seen yet"
}

// settleRollback ends a release whose traffic is seen on green again. Its blue is kept for its logs; its contract is void.
func settleRollback(t *turn) (Action, bool) {
	r := t.moving()
	if r == nil || r.Phase != RollingBack || t.route() != Yes {
		return silent()
	}
	t.keep(r.Blue)
	facts := map[string]any{"from": r.Blue, "to": r.Green, "trigger": r.Trigger, "requests": r.Tally.Requests, "errors": r.Tally.Errors, "rev": t.s.Rev}
	t.tell(r.ID, OutRolledBack, r.Trigger, r.Why, facts)
	if r == t.s.Last {
		t.s.Last = nil
	} else {
		t.s.Current = nil
	}
	t.s.Doubtful = t.s.Doubtful || r.Unproven || r.expands()
	t.s.Waiting = nil
	return Action{Kind: Record, Release: r.ID, Slot: r.Green, Code: string(RolledBack), Why: fmt.Sprintf("all traffic is on slot %s again", r.Green)}, true
}

// keep leaves what runs in a slot alone for a while, for its logs, and no longer restarts it.
func (t *turn) keep(slot Slot) {
	place := t.s.Slots[slot]
	place.Want, place.KeepUntil = false, t.o.Now.Add(t.l.Keep)
	t.s.Slots[slot] = place
}

// settleSwitch begins the bake: every node says so.
func settleSwitch(t *turn) (Action, bool) {
	r := t.s.Current
	if r == nil || r.Phase != Switching || t.route() != Yes {
		return silent()
	}
	t.enter(r, Baking)
	r.Switched = t.o.Now
	t.tell(r.ID, OutSwitched, "", fmt.Sprintf("the traffic is on slot %s", r.Blue), map[string]any{"from": r.Green, "to": r.Blue, "rev": t.s.Rev})
	t.tell(r.ID, OutBaking, "", fmt.Sprintf("watching %s for %s", r.Version, t.limits(r).BakeFor), map[string]any{"for": t.limits(r).BakeFor.String()})
	return Action{Kind: Record, Release: r.ID, Slot: r.Blue, Why: fmt.Sprintf("every node says %s: baking for %s", r.Blue, t.limits(r).BakeFor)}, true
}

// healTraffic writes the wanted line again wherever a node that answers has another: an old map file after a restart, an
// emptied map, or a switch that reached only some.
func healTraffic(t *turn) (Action, bool) {
	if t.route() != No || t.foreign() != "" || t.o.Now.Before(t.s.Heal.Next) {
		return silent()
	}
	if r := t.moving(); r != nil && t.ready(t.s.Live) != Yes && !r.Forced {
		return silent() // an unfinished switch is finished only towards a slot that is ready
	}
	t.s.Heal.Tries++
	t.s.Heal.Next = t.o.Now.Add(backoff(t.s.Heal.Tries, t.l.Busy, 5*time.Second))
	id := ID("")
	if r := t.moving(); r != nil {
		id = r.ID
	}
	return Action{Kind: Send, Release: id, Slot: t.s.Live, Route: t.wanted(), Why: fmt.Sprintf("the map does not say %s at rev %d on every node", t.s.Live, t.s.Rev)}, true
}

// artifactProblemHolds stops when the executable of a slot that must run is not the one that was accepted.
func artifactProblemHolds(t *turn) (Action, bool) {
	if r := t.s.Current; t.s.Wish != nil || r != nil && r.Rollback {
		return silent() // somebody is leaving that slot already
	}
	for _, slot := range Slots() {
		problem := t.o.Slots[slot].Tenant.Problem
		if problem != "" && t.s.Slots[slot].Want && slot == t.s.Live {
			return t.hold("artifact_changed", fmt.Sprintf("slot %s cannot be started again: %s", slot, problem))
		}
	}
	return silent()
}

// keepRunning starts again what must run and does not: the live slot, a warm green, and the blue of a release under way.
func keepRunning(t *turn) (Action, bool) {
	for _, slot := range []Slot{t.s.Live, t.s.Live.Other(), A, B} {
		place, there := t.s.Slots[slot]
		if !there || slot == None || t.o.Launch[slot].Running || !place.Want || place.Plan == nil || t.o.Slots[slot].Tenant.Running != No || t.o.Now.Before(place.Next) {
			continue
		}
		if r := t.s.Current; r != nil && r.Blue == slot && r.Phase == Checking && t.failed(&place.Launch, t.o.Launch[slot]) != nil {
			continue // start-failed has the word
		}
		place.Tries++
		place.Next = t.o.Now.Add(backoff(place.Tries, time.Second, 30*time.Second))
		place.Ready = No
		t.s.Slots[slot] = place
		return Action{Kind: Start, Release: place.Plan.Release, Slot: slot, Plan: *place.Plan, Why: fmt.Sprintf("%s must run in slot %s and does not", place.Plan.Version, slot)}, true
	}
	return silent()
}

// blindHolds stops a switch or a bake that nobody can see, and a switch that HAProxy does not confirm.
func blindHolds(t *turn) (Action, bool) {
	for _, r := range []*Release{t.s.Current, t.s.Last} {
		if r == nil || t.s.Hold != nil || t.l.Blind <= 0 || r.Clock.Blind < t.l.Blind || r.Phase == Warm {
			continue
		}
		if t.visible() {
			return t.hold("unconfirmed", fmt.Sprintf("not every HAProxy has said %s at rev %d for %s, although all of them answer; see what teal doctor says, then resume", t.s.Live, t.s.Rev, r.Clock.Blind.Round(time.Second)))
		}
		return t.hold("blind", fmt.Sprintf("HAProxy has not been seen for %s", r.Clock.Blind.Round(time.Second)))
	}
	return silent()
}
