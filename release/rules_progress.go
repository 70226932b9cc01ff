package release

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// beginRollback starts a promised cold rollback: the stored plan, under a new release id, without migrations, queue,
// freeze or approval.
func beginRollback(t *turn) (Action, bool) {
	w := t.s.Wish
	if w == nil || t.s.Current != nil || t.s.Last != nil || t.s.Contracting {
		return silent()
	}
	t.s.Wish = nil
	if t.s.Previous == nil || t.s.Previous.Generation < t.s.Floor {
		return record(w.Release, t.floorText())
	}
	for _, q := range t.o.Queue {
		t.endSuperseded(q.ID, w.Release, "a rollback supersedes what was queued before it")
	}
	plan := *t.s.Previous
	plan.Release = w.Release
	t.s.Current = &Release{
		Request: Request{ID: w.Release, Version: plan.Version, Artifact: plan.Artifact, Accepted: w.At},
		Phase:   Starting, Rollback: true, Blue: t.s.Live.Other(), Green: t.s.Live, Plan: plan, Limits: t.l,
		Since: t.o.Now, Begun: t.o.Now, Trigger: w.Actor,
	}
	t.tell(w.Release, OutAccepted, "rollback", fmt.Sprintf("cold rollback to %s, asked for by %s", plan.Version, w.Actor), nil)
	return record(w.Release, fmt.Sprintf("cold rollback to %s: it is started in slot %s from its stored plan", plan.Version, t.s.Live.Other()))
}

// endSuperseded is the end of a request that a newer one overtook.
func (t *turn) endSuperseded(id, by ID, why string) {
	t.tell(id, OutSuperseded, "", why, map[string]any{"by": by})
}

// supersede lets the newest of the queue win, also over a release that has not begun to expand.
func supersede(t *turn) (Action, bool) {
	if t.l.Queue == "fifo" || len(t.o.Queue) == 0 {
		return silent()
	}
	newest := t.o.Queue[len(t.o.Queue)-1]
	why := fmt.Sprintf("release %s of version %s is newer", newest.ID, newest.Version)
	if r := t.s.Current; r != nil && !r.Rollback && (r.Phase == Queued || r.Phase == Vetted) && r.Ending == "" && !t.o.Job.Running {
		t.endSuperseded(r.ID, newest.ID, why)
		t.s.Current, t.s.Waiting = nil, nil
		return record(r.ID, why)
	}
	if len(t.o.Queue) < 2 {
		return silent()
	}
	for _, q := range t.o.Queue[:len(t.o.Queue)-1] {
		t.endSuperseded(q.ID, newest.ID, why)
	}
	return record(t.o.Queue[0].ID, why)
}

// begin takes the next request out of the queue. Its limits are frozen here.
func begin(t *turn) (Action, bool) {
	if t.s.Current != nil || t.s.Wish != nil || len(t.o.Queue) == 0 || t.s.Last != nil && t.s.Last.Phase != Warm || t.o.Removed {
		return silent()
	}
	if action, ok := t.guess(); ok {
		return action, true
	}
	q := t.o.Queue[0]
	if live := t.planOf(t.s.Live); q.Current != "" && q.Current != live.Version {
		why := fmt.Sprintf("the request wants %s to be live and %q is", q.Current, live.Version)
		t.tell(q.ID, OutRejected, "precondition_failed", why, nil)
		return Action{Kind: Record, Release: q.ID, Code: "precondition_failed", Why: why}, true
	}
	l := t.l
	if q.Tighten != nil {
		l = Stricter(l, *q.Tighten)
	}
	t.s.Current = &Release{Request: q, Limits: l, Since: t.o.Now, Begun: t.o.Now}
	t.seat()
	t.s.Waiting = nil
	return record(q.ID, fmt.Sprintf("%s leaves the queue; it will come up in slot %s", q.Version, t.s.Current.Blue))
}

// at returns the release under way if it is in a phase and nobody wants to end it.
func (t *turn) at(phases ...Phase) *Release {
	r := t.s.Current
	if r == nil {
		return nil
	}
	for _, p := range phases {
		if r.Phase == p {
			return r
		}
	}
	return nil
}

// judge takes up the word of a vetting that has ended.
func judge(t *turn) (Action, bool) {
	r := t.at(Queued)
	if r == nil || !mine(t.o.Job, Vet, r.ID) || !fresh(&t.s.Job, t.o.Job) {
		return silent()
	}
	if f := t.o.Job.Fault; f != nil {
		if f.Class == Permanent {
			handled(&t.s.Job, t.o.Job)
			return t.reject(r, f.Code, f.Text, nil)
		}
		t.retry(&t.s.Job, t.o.Job, 30*time.Second)
		if strings.HasPrefix(f.Code, "artifact_") {
			return t.waitFor(r.ID, Waiting{For: "artifact", Why: f.Text})
		}
		return t.waitFor(r.ID, Waiting{For: "database", Why: f.Text})
	}
	v := t.o.Verdict
	handled(&t.s.Job, t.o.Job)
	switch {
	case v == nil || v.Release != r.ID:
		return record(r.ID, "the vetting left no word; it is done again")
	case v.Refuse != "":
		return t.reject(r, v.Refuse, v.Why, v.Findings)
	case v.Hold != "":
		return t.hold(v.Hold, v.Why)
	}
	t.s.Job.Tries = 0
	void := r.takeVerdict(v)
	t.s.Generation++
	if v.Digest != "" { // in the request, so that another vetting wants the same bytes
		r.Artifact.Digest = v.Digest
	}
	r.Plan.Artifact, r.Plan.Generation = r.Artifact, t.s.Generation
	t.enter(r, Vetted)
	return record(r.ID, fmt.Sprintf("vetted: %d expand to apply, %d contract to owe%s%s", len(v.Pending), len(v.Owes), void, warned(v.Warnings)))
}

// takeVerdict writes the gate's word on a release down. What an earlier vetting asked for still holds; the approvals do not
// when the gate asks for something that nobody had seen when they were given, and then it says so.
func (r *Release) takeVerdict(v *Verdict) (void string) {
	before := r.Verdict
	r.Verdict = copied(v)
	if before != nil {
		if len(v.Asks) == 0 {
			r.Verdict.Asks = before.Asks
		}
		if len(v.AsksLater) == 0 {
			r.Verdict.AsksLater = before.AsksLater
		}
		r.Verdict.Expand, r.Verdict.Contract = union(before.Expand, v.Expand), union(before.Contract, v.Contract)
		if asksMore(before.Asks, v.Asks) && len(r.Approvals) > 0 {
			r.Approvals, void = nil, "; the approvals that it had are void, because more is asked for"
		}
	}
	r.Verdict.Findings = nil // told in outcomes when they matter, not carried in the state
	r.Verdict.Warnings = v.Warnings[:min(len(v.Warnings), warningsKept)]
	r.Unproven = v.NewValues
	return void
}

// asksMore reports whether the gate asks about a statement that it had not asked about before.
func asksMore(before, now []string) bool { return len(union(before, now)) > len(before) }

// warningsKept is how many warnings the state carries; teal plan shows all of them.
const warningsKept = 20

// warned adds the first warning to a sentence, and how many more there are.
func warned(warnings []string) string {
	switch n := len(warnings); n {
	case 0:
		return ""
	case 1:
		return "; warning: " + warnings[0]
	default:
		return fmt.Sprintf("; warning: %s (and %d more)", warnings[0], n-1)
	}
}

// reject refuses a release at the door: nothing was touched.
func (t *turn) reject(r *Release, code, why string, findings []byte) (Action, bool) {
	facts := map[string]any{}
	if len(findings) > 0 {
		facts["findings"] = string(findings)
	}
	t.tell(r.ID, OutRejected, code, why, facts)
	t.s.Current, t.s.Waiting = nil, nil
	return Action{Kind: Record, Release: r.ID, Code: code, Why: why}, true
}

// vet asks for the gate's word.
func vet(t *turn) (Action, bool) {
	r := t.at(Queued)
	if r == nil {
		return silent()
	}
	if t.o.Job.Running || t.o.Now.Before(t.s.Job.Next) {
		return wait(progress(t.o.Job, "vetting"))
	}
	r.Plan = Plan{Release: r.ID, Version: r.Version, Artifact: r.Artifact, Recipe: r.Limits.Recipe}
	if r.Plan.Recipe.Launch == "" { // it began under a teal or a launcher that had none
		r.Plan.Recipe = t.l.Recipe
	}
	return Action{Kind: Vet, Release: r.ID, Plan: r.Plan, Folder: r.Folder, Merged: t.s.Merged, Why: fmt.Sprintf("%s is judged under the policies in force", r.Version)}, true
}

// gateExpand keeps a vetted release from touching the schema: a contract that must run first, an approval, a freeze window.
func gateExpand(t *turn) (Action, bool) {
	r := t.at(Vetted)
	if r == nil {
		return silent()
	}
	if first, waits := t.owes(r.Verdict.After); waits {
		return t.waitContract(r, &first)
	}
	if roles := unspoken(r.Verdict.Expand, r.Approvals, "expand"); len(roles) > 0 {
		return t.waitApproval(r, roles, Asking{Step: "expand", Roles: r.Verdict.Expand, Asks: r.Verdict.Asks})
	}
	if t.o.Freeze.Active {
		return t.waitFor(r.ID, Waiting{For: "freeze", Why: t.o.Freeze.Why, Until: t.o.Freeze.Until})
	}
	return silent()
}

// owes is the first contract of these releases that has not run yet.
func (t *turn) owes(ids []ID) (Owed, bool) {
	for _, o := range Owing(t.s) {
		if slices.Contains(ids, o.Release) {
			return o, true
		}
	}
	return Owed{}, false
}

// waitContract waits for the contract that has to run before a release expands, and says what keeps it.
func (t *turn) waitContract(r *Release, first *Owed) (Action, bool) {
	w := Waiting{For: "contract", Why: fmt.Sprintf("it expands what the contract of %s changes; that runs first", first.Version)}
	roles := awaited(first, t.l)
	switch {
	case t.s.Last != nil && t.s.Last.ID == first.Release:
		w.Why += fmt.Sprintf(", once the version before it is retired: teal retire %s", t.s.App)
	case first.Denied != "" && !first.Begun:
		w.For = "policy"
		w.Why += "; " + t.deniedText(first)
	case len(roles) > 0:
		w.For, w.Step, w.Role, w.Asks = "approval", "contract", roles[0], first.Asks
		w.Why += "; " + t.needs("contract", first.Version, roles, first.Asks)
	default:
		w.Why += ": teal contract " + t.s.App
	}
	return t.waitFor(r.ID, w)
}

// expand begins to apply the expand migrations, or steps over an app without any.
func expand(t *turn) (Action, bool) {
	r := t.at(Vetted)
	if r == nil || t.o.Job.Running {
		return silent()
	}
	if r.Folder == "" {
		t.enter(r, Starting)
		return record(r.ID, "no migrations")
	}
	t.enter(r, Expanding)
	handled(&t.s.Job, t.o.Job)
	t.s.Job.Tries, t.s.Job.Next = 0, t.o.Now
	facts := map[string]any{"numbers": r.Verdict.Pending}
	if len(r.Verdict.Warnings) > 0 {
		facts["warnings"] = r.Verdict.Warnings
	}
	t.tell(r.ID, OutExpanding, "", fmt.Sprintf("applying expand %s%s", numbers(r.Verdict.Pending), warned(r.Verdict.Warnings)), facts)
	return t.applyExpand(r, "begins")
}

// applyExpand is the effect.
func (t *turn) applyExpand(r *Release, why string) (Action, bool) {
	return Action{Kind: Expand, Release: r.ID, Folder: r.Folder, Merged: t.s.Merged, Why: fmt.Sprintf("expand %s of %s %s", numbers(r.Verdict.Pending), r.Version, why)}, true
}

// expandFailed gives up when repeating cannot help, holds when the schema's state cannot be proven, and else tries again.
func expandFailed(t *turn) (Action, bool) {
	r := t.at(Expanding)
	if r == nil || !mine(t.o.Job, Expand, r.ID) {
		return silent()
	}
	f := t.failed(&t.s.Job, t.o.Job)
	if f == nil {
		return silent()
	}
	switch f.Class {
	case Permanent, Budget:
		handled(&t.s.Job, t.o.Job)
		return t.abandon(r, f.Code, f.Text)
	case Unproven:
		handled(&t.s.Job, t.o.Job)
		return t.hold(f.Code, f.Text)
	}
	t.retry(&t.s.Job, t.o.Job, 30*time.Second)
	return t.waitFor(r.ID, Waiting{For: "database", Why: f.Text})
}

// expanded sees that every expand file is in the ledger and the track is clean.
func expanded(t *turn) (Action, bool) {
	r := t.at(Expanding)
	s := t.o.Schema
	if r == nil || t.o.Job.Running || !s.Known || s.For != r.Folder || s.Expand.Dirty || len(s.Expand.Pending) > 0 {
		return silent()
	}
	if t.s.Merged && (s.Contract.Dirty || len(s.Contract.Pending) > 0) {
		return silent()
	}
	handled(&t.s.Job, t.o.Job)
	t.tell(r.ID, OutExpanded, "", fmt.Sprintf("the expand track is at %d", s.Expand.Version), map[string]any{"version": s.Expand.Version, "numbers": r.Verdict.Pending})
	t.enter(r, Starting)
	return record(r.ID, fmt.Sprintf("expanded to %d", s.Expand.Version))
}

// expandAgain goes on with an expand that a crash or a fault interrupted.
func expandAgain(t *turn) (Action, bool) {
	r := t.at(Expanding)
	switch {
	case r == nil:
		return silent()
	case t.o.Job.Running:
		return wait(progress(t.o.Job, "expanding"))
	case !t.o.Schema.Known || t.o.Schema.For != r.Folder:
		return wait("the database does not answer; the expand goes on when it does" + because(t.o.Schema.Why))
	case t.o.Now.Before(t.s.Job.Next):
		return wait("the expand is tried again shortly")
	}
	handled(&t.s.Job, t.o.Job)
	return t.applyExpand(r, "goes on")
}

// cancelAgain is the pause before a job that has not ended is told to end once more: the first word may have been lost.
const cancelAgain = 5 * time.Second

// abandonWhenQuiet ends a release that is to be given up: first its running job is told to end, then it is gone. It is
// read above "held", because nothing keeps a person from abandoning.
func abandonWhenQuiet(t *turn) (Action, bool) {
	r := t.s.Current
	if r == nil || r.Ending == "" {
		return silent()
	}
	if t.o.Job.Running && t.o.Job.Release == r.ID {
		if r.Cancelled && t.o.Now.Before(t.s.Job.Next) {
			return silent() // the rules of the step wait for the job; the traffic must not wait for it
		}
		r.Cancelled = true
		t.s.Job.Next = t.o.Now.Add(cancelAgain)
		return Action{Kind: Cancel, Release: r.ID, Why: "the release is given up: its running job is cancelled"}, true
	}
	handled(&t.s.Job, t.o.Job)
	t.s.Job.Tries, t.s.Job.Next = 0, t.o.Now
	why := r.Why
	if why == "" {
		why = "a rollback went back behind it"
	}
	return t.abandon(r, r.Ending, why)
}

// abandon ends a release before its switch: blue is kept for its logs and then stopped, the expand stays, green is
// untouched.
func (t *turn) abandon(r *Release, code, why string) (Action, bool) {
	if place := t.s.Slots[r.Blue]; r.Blue != t.s.Live && place.Plan != nil && place.Plan.Release == r.ID {
		t.keep(r.Blue)
	}
	if r.expands() && r.Phase != Queued && r.Phase != Vetted { // the expand stays: earlier versions meet it
		t.s.Doubtful = true
		if t.s.Last != nil {
			t.s.Last.Unproven = true
		}
	}
	t.tell(r.ID, OutAbandoned, code, why, map[string]any{"phase": r.Phase})
	t.s.Current, t.s.Waiting = nil, nil
	return Action{Kind: Record, Release: r.ID, Code: string(Abandoned), Why: why}, true
}
