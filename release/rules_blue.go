package release

import (
	"fmt"
	"strings"
	"time"
)

// startBlue brings the new version up in the other slot, after whatever is left there has been stopped. A green that is
// still warm there is retired first (warm-over).
func startBlue(t *turn) (Action, bool) {
	r := t.at(Starting)
	if r == nil {
		return silent()
	}
	if t.s.Last != nil {
		return wait(fmt.Sprintf("slot %s is being retired", r.Blue))
	}
	tenant := t.o.Slots[r.Blue].Tenant
	if tenant.Running == Yes && tenant.Release == r.ID && t.s.Slots[r.Blue].Plan != nil && t.s.Slots[r.Blue].Plan.Release == r.ID {
		return t.toChecking(r, "it runs already")
	}
	switch tenant.Running {
	case Unknown:
		return wait(fmt.Sprintf("slot %s is not seen yet", r.Blue))
	case Yes:
		return t.stop(r.Blue, "the slot is needed for "+string(r.Version))
	}
	job := t.o.Launch[r.Blue]
	if job.Running {
		return wait("the launcher is busy")
	}
	plan := r.Plan
	plan.Address = r.Limits.Addresses[r.Blue]
	t.s.Slots[r.Blue] = Place{Plan: &plan, Want: true, Tries: 1, Next: t.o.Now.Add(time.Second), Ready: No, Launch: Lane{Handled: job.Ended}}
	t.enter(r, Checking)
	return Action{Kind: Start, Release: r.ID, Slot: r.Blue, Plan: plan, Why: fmt.Sprintf("%s comes up in slot %s", r.Version, r.Blue)}, true
}

// toChecking goes on to the checks of a blue that runs.
func (t *turn) toChecking(r *Release, why string) (Action, bool) {
	place := t.s.Slots[r.Blue]
	place.Want, place.KeepUntil = true, time.Time{}
	t.s.Slots[r.Blue] = place
	t.enter(r, Checking)
	return record(r.ID, why)
}

// startFailed gives up when the launcher says that another try gives the same answer.
func startFailed(t *turn) (Action, bool) {
	r := t.at(Checking)
	if r == nil || t.o.Launch[r.Blue].Kind != Start {
		return silent()
	}
	place, job := t.s.Slots[r.Blue], t.o.Launch[r.Blue]
	f := t.failed(&place.Launch, job)
	if f == nil {
		return silent()
	}
	handled(&place.Launch, job)
	t.s.Slots[r.Blue] = place
	if f.Class == Permanent {
		return t.abandon(r, f.Code, f.Text)
	}
	return record(r.ID, "the start is tried again: "+f.Text)
}

// blueReady says once that blue is ready.
func blueReady(t *turn) (Action, bool) {
	r := t.at(Checking)
	if r == nil || r.Ready || t.ready(r.Blue) != Yes {
		return silent()
	}
	r.Ready = true
	took := t.o.Now.Sub(r.Since)
	t.tell(r.ID, OutBlueReady, "", fmt.Sprintf("%s is ready in slot %s", r.Version, r.Blue), map[string]any{"slot": r.Blue, "took_ms": took.Milliseconds()})
	return record(r.ID, fmt.Sprintf("%s is ready in slot %s after %s", r.Version, r.Blue, took.Round(time.Millisecond)))
}

// abandonLateBlue gives up on a blue that does not become ready in the time that teal has watched it. A blue that was ready and is not any more gets
// the deadline anew, from the moment it was lost.
func abandonLateBlue(t *turn) (Action, bool) {
	r := t.at(Checking)
	if r == nil || t.ready(r.Blue) == Yes {
		return silent()
	}
	if r.Ready {
		r.Ready = false
		r.Since, r.Clock = t.o.Now, Clock{}
		return record(r.ID, fmt.Sprintf("%s in slot %s is not ready any more", r.Version, r.Blue))
	}
	if r.Clock.Spent < t.limits(r).Deadline {
		return silent()
	}
	return t.abandon(r, "not_ready", fmt.Sprintf("%s was not ready in slot %s within %s: %s", r.Version, r.Blue, t.limits(r).Deadline, t.illness(r.Blue)))
}

// illness says what keeps a slot from being ready.
func (t *turn) illness(slot Slot) string {
	seen := t.o.Slots[slot]
	switch {
	case seen.Tenant.Problem != "":
		return seen.Tenant.Problem
	case t.o.Launch[slot].Running:
		return "it is being started"
	case seen.Tenant.Running == No:
		return "it does not stay up; see its log"
	case seen.Probe.Problem != "":
		return seen.Probe.Problem
	case t.serverUp(slot) != Yes:
		if !t.visible() {
			return t.unseen()
		}
		return "HAProxy's own check does not say UP" + t.checkOf(slot)
	}
	return "its health check has not passed often enough in a row"
}

// checkOf quotes the last check of a HAProxy that does not have a slot's server up.
func (t *turn) checkOf(slot Slot) string {
	for _, n := range t.o.Traffic.Nodes {
		s := n.Servers[slot]
		if !n.Known || s.Up != No || s.Check == "" {
			continue
		}
		text := fmt.Sprintf(" (%s: %s, last check %s)", n.Name, s.Status, s.Check)
		if strings.HasPrefix(s.Check, "L7STS") { // an answer, and not the one that is wanted
			text += "; teal's own probe passes, so compare option httpchk and http-check with teal haproxy config"
		}
		return text
	}
	return ""
}

// unseen says which HAProxy cannot be seen, and why.
func (t *turn) unseen() string {
	for _, n := range t.o.Traffic.Nodes {
		switch {
		case n.Known:
		case n.Problem != "":
			return fmt.Sprintf("HAProxy %s: %s", n.Name, n.Problem)
		default:
			return fmt.Sprintf("HAProxy %s does not answer", n.Name)
		}
	}
	return "no HAProxy has been asked yet"
}

// waitForBlue waits for a blue that is not ready yet.
func waitForBlue(t *turn) (Action, bool) {
	r := t.at(Checking)
	if r == nil || t.ready(r.Blue) == Yes {
		return silent()
	}
	return wait(fmt.Sprintf("%s in slot %s is not ready yet: %s", r.Version, r.Blue, t.illness(r.Blue)))
}

// gateSwitch keeps a ready blue from the traffic: an approval, a freeze window. A cold rollback passes both.
func gateSwitch(t *turn) (Action, bool) {
	r := t.at(Checking)
	if r == nil || r.Rollback {
		return silent()
	}
	if role := t.limits(r).SwitchApproval; needed(role) {
		if roles := unspoken([]string{role}, r.Approvals, "switch"); len(roles) > 0 {
			return t.waitApproval(r, roles, Asking{Step: "switch", Roles: []string{role}})
		}
	}
	if t.o.Freeze.Active {
		return t.waitFor(r.ID, Waiting{For: "freeze", Why: t.o.Freeze.Why, Until: t.o.Freeze.Until})
	}
	return silent()
}

// switchTraffic makes blue the live slot. It is ready: every gate above has passed in this very turn.
func switchTraffic(t *turn) (Action, bool) {
	r := t.at(Checking)
	if r == nil {
		return silent()
	}
	if !t.visible() {
		return wait("not every HAProxy answers; the switch waits")
	}
	t.enter(r, Switching)
	r.Tally.Requests, r.Tally.Errors = 0, 0 // those of an earlier switch that was withdrawn
	action := t.intend(r.Blue)
	action.Release, action.Why = r.ID, fmt.Sprintf("%s is ready: the traffic goes to slot %s", r.Version, r.Blue)
	return action, true
}

// waitForSwitch waits until every node says the new line.
func waitForSwitch(t *turn) (Action, bool) {
	if t.at(Switching) == nil {
		return silent()
	}
	return wait("the switch is being confirmed by every node")
}
