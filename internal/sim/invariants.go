package sim

import (
	"slices"
	"time"

	"teal.dev/teal/release"
)

// judgeIntent checks what may be checked when a state is stored: I1, I3 and I7.
func (w *World) judgeIntent(old, next release.State, a release.Action) {
	forced := next.Current != nil && next.Current.Forced || next.Last != nil && next.Last.Forced
	adopted := a.Rule == "person-adopts"
	if next.Live != old.Live && next.Live != release.None && !w.healthy(next.Live) && !forced && !adopted {
		w.violate("I1: live was set to slot %s, which is not ready (rule %s)", next.Live, a.Rule)
	}
	if next.Live != old.Live && next.Rev <= old.Rev {
		w.violate("I8: live moved without a new rev (rule %s)", a.Rule)
	}
	if next.Floor < old.Floor {
		w.violate("I3: the floor was lowered (rule %s)", a.Rule)
	}
	w.judgeBake(old, next)
}

// judgeBake measures by the world's clock how long each release was in the bake.
func (w *World) judgeBake(old, next release.State) {
	r := old.Current
	if r == nil || r.Phase != release.Baking || r.Promoted {
		return
	}
	gone := next.Current == nil || next.Current.ID != r.ID
	warm := next.Last != nil && next.Last.ID == r.ID && next.Last.Phase == release.Warm
	if !gone || !warm && next.Live != r.Blue {
		return
	}
	if begun := w.bakeBegan(r.ID); w.Now.Sub(begun) < w.Limits.BakeFor {
		w.violate("I7: %s left the bake after %s", r.ID, w.Now.Sub(begun))
	}
}

// bakeBegan is when a release's last bake began, from its outcomes.
func (w *World) bakeBegan(id release.ID) (at time.Time) {
	for _, o := range w.Store.Outcomes {
		if o.Release == id && o.Type == release.OutBaking && o.Code == "" {
			at = o.At
		}
	}
	return at
}

// judgeOutcomes checks I9 as outcomes are stored: one terminal each, and after finished only the contract.
func (w *World) judgeOutcomes(_ release.State, outcomes []release.Outcome) {
	for _, o := range outcomes {
		ends := w.Ends(o.Release)
		if len(ends) > 1 {
			w.violate("I9: %s ended twice: %v", o.Release, ends)
		}
		after := []string{release.OutContracting, release.OutContracted, release.OutHeld, release.OutResumed, release.OutWaiting}
		if len(ends) == 1 && !slices.Contains(Terminal(), o.Type) && (ends[0] != release.OutFinished || !slices.Contains(after, o.Type)) && !w.sameBatch(outcomes, o) {
			w.violate("I9: %s was told %s after its end (%s)", o.Release, o.Type, ends[0])
		}
	}
}

// sameBatch reports whether the end of a release is in the same batch, after o.
func (w *World) sameBatch(outcomes []release.Outcome, o release.Outcome) bool {
	return slices.ContainsFunc(outcomes, func(x release.Outcome) bool {
		return x.Release == o.Release && slices.Contains(Terminal(), x.Type)
	})
}

// judgeSend checks that HAProxy is only told what is stored (I8), and never an emptied map.
func (w *World) judgeSend(route release.Route) {
	if s := w.Store.State; route.Rev != s.Rev || route.Live != s.Live {
		w.violate("I8: HAProxy was told %s at rev %d and the store says %s at rev %d", route.Live, route.Rev, s.Live, s.Rev)
	}
	if route.Live == release.None {
		w.violate("I1: HAProxy was told to send the traffic nowhere")
	}
}

// judgeFile checks I3 and the order of the tracks when a migration file is applied, and that none is applied twice.
func (w *World) judgeFile(a release.Action, track string, n uint64) {
	if slices.Contains(w.DB.Expand, n) && track == "expand" || slices.Contains(w.DB.Contract, n) && track == "contract" {
		w.violate("I5: %s %d was applied twice", track, n)
	}
	if track == "expand" || a.Merged {
		return
	}
	s := w.Store.State
	if !s.Contracting || s.Floor == 0 {
		w.violate("I3: contract %d ran and the store does not say forward-only", n)
	}
	for slot, p := range w.Procs {
		if slices.Contains(p.Spec.Contract, n) || p.Plan.Generation >= s.Floor {
			continue
		}
		w.violate("I3: contract %d ran while %s (generation %d, floor %d) runs in slot %s", n, p.Plan.Version, p.Plan.Generation, s.Floor, slot)
	}
}

// judgeStart checks I2 and I4's twin: no version below the floor starts.
func (w *World) judgeStart(a release.Action) {
	spec := w.specFor(a.Plan)
	if a.Plan.Release != "" && !spec.NoDB && len(minus(spec.Expand, w.DB.Expand)) > 0 {
		w.violate("I2: %s was started and expand %v is not applied", a.Plan.Version, minus(spec.Expand, w.DB.Expand))
	}
	if a.Plan.Generation < w.Store.State.Floor {
		w.violate("I3: %s (generation %d) was started below the floor %d", a.Plan.Version, a.Plan.Generation, w.Store.State.Floor)
	}
	w.judgePlan(a.Plan)
}

// judgePlan checks that a release runs what its vetting has looked at, and keeps the plan that it began with whatever the
// config says meanwhile; a cold rollback has that of the version it goes back to.
func (w *World) judgePlan(plan release.Plan) {
	_, forward := w.Specs[plan.Release]
	if forward && plan.Artifact.Digest == "" {
		w.violate("%s was started and nobody has looked at its executable", plan.Version)
	}
	known := forward || plan.Release == ""
	for _, p := range w.starts {
		if p.Release != "" && p.Release == plan.Release && p != plan {
			w.violate("%s was started by another plan than before: %+v, then %+v", plan.Version, p, plan)
		}
		known = known || p.Version == plan.Version && p.Recipe == plan.Recipe
	}
	if !known {
		w.violate("the rollback to %s is not by its stored plan: %+v", plan.Version, plan)
	}
	w.starts = append(w.starts, plan)
}

// judgeStop checks I4.
func (w *World) judgeStop(slot release.Slot) {
	if slot == w.Store.State.Live {
		w.violate("I4: the live slot %s was stopped", slot)
	}
	for _, n := range w.Nodes {
		if !n.Down && n.Runtime.Live == slot {
			w.violate("I4: slot %s was stopped and %s sends traffic to it", slot, n.Name)
		}
	}
}

// Settled reports whether the town is at rest: every request has ended, nothing is owed whose time has come, and every
// node says what is stored.
func (w *World) Settled() bool {
	s := w.mem.state
	if s.Current != nil || s.Last != nil || s.Contracting || s.Wish != nil || len(w.queue()) > 0 || len(s.Owed) > 0 {
		return false
	}
	for slot, place := range s.Slots {
		if place.Want != (w.Procs[slot] != nil) || !place.KeepUntil.IsZero() {
			return false
		}
	}
	for _, n := range w.Nodes {
		if s.Live != release.None && (n.Runtime.Live != s.Live || n.Runtime.Rev != s.Rev) {
			return false
		}
	}
	return true
}

// Finish checks what must hold at the end: I6 (an end, or a hold with a reason) and I9.
func (w *World) Finish() {
	held := w.mem.state.Hold
	if held != nil && (held.Code == "" || held.Why == "") {
		w.violate("I6: a hold without a reason")
	}
	if held == nil && !w.Settled() {
		w.violate("I6: no end and no hold: %s", w.Describe())
	}
	for id := range w.Store.Requests {
		ends := len(w.Ends(id))
		if ends > 1 || ends == 0 && held == nil {
			w.violate("I9: %s has %d ends", id, ends)
		}
	}
}
