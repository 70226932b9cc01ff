package release

import (
	"fmt"
	"time"
)

// bakeOver ends the bake when it has been watched long enough, or a person (or an urgent release, where the app allows it)
// ended it.
func bakeOver(t *turn) (Action, bool) {
	r := t.s.Current
	if r == nil || r.Phase != Baking {
		return silent()
	}
	l := t.limits(r)
	if n := len(t.o.Queue); l.AllowUrgent && n > 0 && t.o.Queue[n-1].Urgent && !r.Promoted {
		r.Promoted = true
		return record(r.ID, fmt.Sprintf("the urgent release %s ends the bake of %s", t.o.Queue[n-1].ID, r.Version))
	}
	if !r.Promoted && r.Clock.Spent < l.BakeFor {
		return silent()
	}
	few := r.Tally.Requests < l.Few
	if few && l.FewRequests == "hold" && !r.Promoted {
		return t.hold("few_requests", fmt.Sprintf("only %d requests in the bake, which is no evidence; promote or roll back", r.Tally.Requests))
	}
	if r.Green == None {
		t.tell(r.ID, OutBaking, "passed", fmt.Sprintf("%s has baked", r.Version), map[string]any{"evidence": evidence(few), "requests": r.Tally.Requests, "errors": r.Tally.Errors})
		return t.finish(r, "the first release")
	}
	t.tell(r.ID, OutBaking, "passed", fmt.Sprintf("%s has baked; %s stays warm", r.Version, t.planOf(r.Green).Version), map[string]any{
		"evidence": evidence(few), "requests": r.Tally.Requests, "errors": r.Tally.Errors})
	t.enter(r, Warm)
	t.s.Last, t.s.Current = r, nil
	return record(r.ID, fmt.Sprintf("baked with %d errors in %d requests; %s stays warm for %s", r.Tally.Errors, r.Tally.Requests, r.Green, word(l.WarmFor)))
}

// evidence says what a bake proves.
func evidence(few bool) string {
	if few {
		return "none"
	}
	return "observed"
}

// word writes a duration that may be forever.
func word(d time.Duration) string {
	if d == Forever {
		return "ever"
	}
	return d.String()
}

// bake waits while blue is watched.
func bake(t *turn) (Action, bool) {
	r := t.s.Current
	if r == nil || r.Phase != Baking && r.Phase != RollingBack {
		return silent()
	}
	if r.Phase == RollingBack {
		return wait("the rollback is being confirmed by every node")
	}
	return wait(fmt.Sprintf("baking %s: %s of %s, %d errors in %d requests", r.Version, r.Clock.Spent.Round(time.Second), t.limits(r).BakeFor, r.Tally.Errors, r.Tally.Requests))
}

// warmOver begins to retire green: the time is over, or the next release needs the slot.
func warmOver(t *turn) (Action, bool) {
	r := t.s.Last
	if r == nil || r.Phase != Warm {
		return silent()
	}
	over := t.limits(r).WarmFor != Forever && r.Clock.Spent >= t.limits(r).WarmFor
	next := t.s.Current != nil && t.s.Current.Phase == Starting
	switch {
	case over:
		t.enter(r, Retiring)
		return record(r.ID, fmt.Sprintf("the warm time is over: %s is retired", r.Green))
	case next:
		t.enter(r, Retiring)
		return record(r.ID, fmt.Sprintf("release %s needs slot %s", t.s.Current.ID, r.Green))
	}
	return silent()
}

// warm waits at the end of the table: nothing else had anything to say.
func warm(t *turn) (Action, bool) {
	r := t.s.Last
	if r == nil || r.Phase != Warm {
		return silent()
	}
	return wait(fmt.Sprintf("%s is warm in slot %s: %s of %s", t.planOf(r.Green).Version, r.Green, r.Clock.Spent.Round(time.Second), word(t.limits(r).WarmFor)))
}

// planOf is the plan in a slot, or the zero plan.
func (t *turn) planOf(slot Slot) Plan {
	if p := t.s.Slots[slot].Plan; p != nil {
		return *p
	}
	return Plan{}
}

// drainGreen waits until nobody is served by green any more, or the drain time is over.
func drainGreen(t *turn) (Action, bool) {
	r := t.s.Last
	if r == nil || r.Phase != Retiring {
		return silent()
	}
	return wait(fmt.Sprintf("draining slot %s: %s of %s", r.Green, t.o.Now.Sub(r.Since).Round(time.Second), t.limits(r).Drain))
}

// stopGreen stops green when it is drained. What is left after the drain time are long-lived connections: the process is
// told (SIGTERM) and has long_lived to end them.
func stopGreen(t *turn) (Action, bool) {
	r := t.s.Last
	if r == nil || r.Phase != Retiring || t.o.Launch[r.Green].Running || r.Green == t.s.Live {
		return silent()
	}
	if t.route() == No {
		return silent() // a node sends it traffic; that is healed first
	}
	drained := r.Clock.Zero >= 2
	place := t.s.Slots[r.Green]
	if !drained && t.o.Now.Sub(r.Since) < t.limits(r).Drain || t.o.Now.Before(place.Next) {
		return silent()
	}
	grace, why := stopGrace, "drained"
	if !drained {
		grace, why = t.limits(r).LongLived, fmt.Sprintf("the drain time is over; long-lived connections are told now and cut after %s", t.limits(r).LongLived)
	}
	place.Want, place.Ready = false, No
	place.Next = t.o.Now.Add(time.Second)
	t.s.Slots[r.Green] = place
	return Action{Kind: Stop, Release: r.ID, Slot: r.Green, Grace: grace, Why: why}, true
}

// greenGone finishes a release: green is seen stopped.
func greenGone(t *turn) (Action, bool) {
	r := t.s.Last
	if r == nil || r.Phase != Retiring || t.s.Slots[r.Green].Want || t.o.Slots[r.Green].Tenant.Running != No || t.o.Launch[r.Green].Running {
		return silent()
	}
	plan := t.planOf(r.Green)
	t.tell(r.ID, OutRetired, "", fmt.Sprintf("%s is stopped in slot %s", plan.Version, r.Green), map[string]any{"slot": r.Green, "version": plan.Version})
	if plan.Version != "" {
		t.s.Previous, t.s.Doubtful = &plan, r.Unproven
	}
	return t.finish(r, fmt.Sprintf("%s is stopped", plan.Version))
}

// finish is the good end. What the release still owes to the schema is written down; a cold rollback voids what it went
// back behind.
func (t *turn) finish(r *Release, why string) (Action, bool) {
	t.tell(r.ID, OutFinished, "", fmt.Sprintf("%s is live in slot %s", r.Version, r.Blue), map[string]any{
		"slot": r.Blue, "version": r.Version, "evidence": evidence(r.Tally.Requests < t.limits(r).Few), "requests": r.Tally.Requests, "errors": r.Tally.Errors})
	t.owe(r)
	t.s.History, t.s.Merged = true, false
	if t.s.Last == r {
		t.s.Last = nil
	}
	if t.s.Current == r {
		t.s.Current = nil
	}
	t.s.Waiting = nil
	return Action{Kind: Record, Release: r.ID, Code: string(Finished), Why: fmt.Sprintf("finished: %s is live in slot %s (%s)", r.Version, r.Blue, why)}, true
}

// Owing lists the contracts that a release which is vetted now meets: those that are owed, and that of the release that is
// warm or being retired, which will be. What the traffic has gone back behind is void, and owed anew by the next release.
func Owing(s State) []Owed {
	var list []Owed
	live := s.Slots[s.Live].Plan
	for _, o := range s.Owed {
		if live == nil || live.Generation >= o.Generation {
			list = append(list, o)
		}
	}
	if r := s.Last; r != nil && (r.Phase == Warm || r.Phase == Retiring) {
		if o, owes := owing(&s, r); owes {
			list = append(list, o)
		}
	}
	return list
}

// owing is what a release owes to the schema once it has finished.
func owing(s *State, r *Release) (Owed, bool) {
	if r.Verdict == nil || len(r.Verdict.Owes) == 0 || s.Merged || r.Rollback {
		return Owed{}, false
	}
	roles := r.Verdict.Contract
	if role := r.Limits.ContractApproval; needed(role) { // the app's file of that day; a laxer one begins with the next release
		roles = union(roles, []string{role})
	}
	return Owed{Release: r.ID, Version: r.Version, Generation: r.Plan.Generation, Folder: r.Folder, Numbers: r.Verdict.Owes, Roles: roles, Asks: r.Verdict.AsksLater,
		Policies: r.Verdict.Policies}, true
}

// owe writes down the contract of a finished release.
func (t *turn) owe(r *Release) {
	var owed []Owed
	for _, o := range t.s.Owed {
		void := o.Generation > r.Plan.Generation // went back behind it
		if !void && (r.Verdict == nil || !overlap(o.Numbers, r.Verdict.Owes)) {
			owed = append(owed, o)
		}
	}
	if o, owes := owing(&t.s, r); owes {
		o.NotBefore = notBefore(r, t.limits(r).ContractAfter)
		owed = append(owed, o)
	}
	t.s.Owed = owed
}

// stopKept stops an abandoned or rolled-back tenant when its time is over.
func stopKept(t *turn) (Action, bool) {
	if t.o.Removed {
		return silent()
	}
	for _, slot := range Slots() {
		place := t.s.Slots[slot]
		if place.KeepUntil.IsZero() || place.Want || slot == t.s.Live || t.o.Now.Before(place.KeepUntil) {
			continue
		}
		if t.o.Slots[slot].Tenant.Running == No {
			place.KeepUntil = time.Time{}
			t.s.Slots[slot] = place
			return record("", fmt.Sprintf("slot %s is empty", slot))
		}
		if action, ok := t.stop(slot, "it was kept long enough for its logs"); ok && action.Kind != Wait {
			return action, true // while it goes, nothing waits for it
		}
	}
	return silent()
}
