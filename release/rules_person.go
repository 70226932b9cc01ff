package release

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// said returns the command of this turn if it is verb.
func (t *turn) said(verb Verb) *Command {
	if c := t.o.Command; c != nil && c.Verb == verb {
		return c
	}
	return nil
}

// personRollsBack goes back to green: at once when green is warm, by starting it again when it is stopped. Nothing blocks
// it but the floor and, unless forced, a green that is not ready.
func personRollsBack(t *turn) (Action, bool) {
	c := t.said(VerbRollback)
	if c == nil {
		return silent()
	}
	if r := t.moving(); r != nil && r.Phase == RollingBack || t.s.Wish != nil {
		return refuse("already", "a rollback is under way already")
	}
	if h := t.s.Hold; h != nil && h.Code == "foreign_rev" {
		return refuse(h.Code, "somebody else writes the map, and a rollback would not win: "+h.Why)
	}
	if r := reversible(&t.s); r != nil {
		if plan := t.s.Slots[r.Green].Plan; plan == nil || plan.Generation < t.s.Floor {
			return refuse("forward_only", t.floorText())
		}
		return t.rollBack(r, c.Actor, c.Reason, c.Force)
	}
	earlier, _ := stopped(&t.s)
	switch {
	case t.s.Contracting, earlier != nil && earlier.Generation < t.s.Floor, earlier == nil && t.s.Floor > 0:
		return refuse("forward_only", t.floorText())
	case earlier == nil:
		return refuse("nothing", "there is no earlier version to go back to; release the version that you want")
	}
	t.liftHold("a rollback by hand goes on under a hold")
	t.s.Wish = copied(c)
	why := fmt.Sprintf("%s asked for %s, which is stopped: it is started again and switched to", c.Actor, earlier.Version)
	if r := t.s.Current; r != nil {
		t.yield(r, c.Release)
	}
	return record(c.Release, why)
}

// floorText says why there is no way back, and what there is instead.
func (t *turn) floorText() string {
	return "a contract migration that the earlier version needs absent has started: the class is forward-only; release a new version that works with this schema"
}

// yield takes a release that is not switched out of the way of a rollback.
func (t *turn) yield(r *Release, to ID) {
	if r.Phase == Queued || r.Phase == Vetted {
		t.endSuperseded(r.ID, to, "a rollback supersedes what was queued before it")
		t.s.Current, t.s.Waiting = nil, nil
		return
	}
	if r.Ending == "" {
		r.Ending = "rolled_back_under_it"
	}
}

// personHolds stops progress.
func personHolds(t *turn) (Action, bool) {
	c := t.said(VerbHold)
	if c == nil {
		return silent()
	}
	if t.s.Hold != nil {
		return refuse("already", "already held: "+t.s.Hold.Why)
	}
	action, ok := t.hold("by_hand", fmt.Sprintf("%s: %s", c.Actor, c.Reason))
	t.s.Hold.By = c.Actor
	return action, ok
}

// personResumes lifts the hold; the step that was held is tried again after looking afresh.
func personResumes(t *turn) (Action, bool) {
	c := t.said(VerbResume)
	if c == nil {
		return silent()
	}
	if t.s.Hold == nil {
		return refuse("not_held", "nothing is held")
	}
	why := fmt.Sprintf("%s resumed after %s", c.Actor, t.s.Hold.Code)
	t.tell(t.subject(), OutResumed, t.s.Hold.Code, why, nil)
	t.resetHold()
	return record(t.subject(), why)
}

// resetHold forgets the hold and everything that would bring it back without a fresh look.
func (t *turn) resetHold() {
	t.s.Hold = nil
	if w := t.s.Waiting; w != nil && w.For == "held" {
		t.s.Waiting = nil
	}
	t.s.Job = Lane{Handled: later(t.s.Job.Handled, t.o.Job.Ended)}
	for slot, place := range t.s.Slots {
		place.Launch = Lane{Handled: later(place.Launch.Handled, t.o.Launch[slot].Ended)}
		place.Tries, place.Next = 0, t.o.Now
		t.s.Slots[slot] = place
	}
	for _, r := range []*Release{t.s.Current, t.s.Last} {
		if r != nil {
			r.Clock.Blind, r.Clock.Unready, r.Asking = 0, 0, nil
		}
	}
	if r := t.s.Current; r != nil && r.Phase == Checking {
		r.Since, r.Clock.Spent = t.o.Now, 0
	}
}

// personAdopts takes what is there for the truth: which slot is live with which version, and (with --rev) a number above
// every one seen, so that teal's line wins again.
func personAdopts(t *turn) (Action, bool) {
	c := t.said(VerbAdopt)
	if c == nil {
		return silent()
	}
	moves := c.Live != t.s.Live && (c.Live != None || c.Version != "" || !c.Rev && c.Folder == "" && !c.Claim)
	switch r := t.s.Current; {
	case r != nil && t.s.Hold == nil:
		return refuse("busy", "a release is under way; hold it first: teal hold "+t.s.App+" --reason …")
	case moves && (r != nil && r.Phase != Queued && r.Phase != Vetted || t.s.Last != nil || t.s.Contracting):
		return refuse("busy", "the live slot cannot be adopted in the middle of a release or of its contract; abandon or roll back first")
	case moves && c.Live == None && t.s.Live != None && t.o.Slots[t.s.Live].Tenant.Running != No:
		return refuse("live", fmt.Sprintf("slot %s is live and may be running; name the slot that has the traffic: --live a|b --version V", t.s.Live))
	}
	if c.Live != None && c.Live != t.s.Live && c.Version == "" {
		return refuse("version", "say which version runs there: --version V")
	}
	if c.Folder != "" || c.Claim {
		if !t.l.HasDatabase {
			return refuse("no_database", "the app has no database; add database to apps/"+t.s.App+".yaml first")
		}
		if t.o.Job.Running {
			return refuse("busy", "a migration job is running; wait for its end")
		}
		t.s.Adopting = &Adoption{Folder: c.Folder, Claim: c.Claim, By: c.Actor}
		handled(&t.s.Job, t.o.Job)
		t.s.Job.Next = t.o.Now
		if c.Live == None && c.Version == "" && !c.Rev {
			t.liftHold("a person adopted what is there")
			return record(t.subject(), c.Actor+" adopts the database")
		}
	}
	t.s.Rev = max(t.s.Rev, t.highestRev()) + 1
	if moves || !c.Rev {
		t.s.Live, t.s.History = c.Live, true
		t.s.Generation = max(t.s.Generation, 1)
		t.seat()
	}
	if c.Live != None && c.Version != "" {
		t.occupy(c.Live, c.Version)
	}
	why := fmt.Sprintf("%s adopted: live is %q at rev %d", c.Actor, t.s.Live, t.s.Rev)
	t.liftHold("a person adopted what is there")
	if t.s.Live == None {
		return record("", why)
	}
	return Action{Kind: Send, Slot: t.s.Live, Route: t.wanted(), Why: why}, true
}

// occupy writes down that a version runs in a slot and must go on running there, also one that had been given up.
func (t *turn) occupy(slot Slot, version Version) {
	place := t.s.Slots[slot]
	if place.Plan == nil || place.Plan.Version != version {
		place = Place{Plan: &Plan{Version: version, Artifact: Artifact{Kind: "dir", Ref: string(version)}, Generation: t.s.Generation,
			Recipe: t.l.Recipe, Address: t.l.Addresses[slot]}}
	}
	place.Want, place.KeepUntil = true, time.Time{}
	t.s.Slots[slot] = place
}

// seat gives the release that has not touched anything its slot again, and has it vetted against what is live now.
func (t *turn) seat() {
	r := t.s.Current
	if r == nil {
		return
	}
	r.Phase, r.Verdict, r.First, r.Green, r.Blue = Queued, nil, t.s.Live == None, t.s.Live, t.s.Live.Other()
	if t.s.Live == None {
		r.Blue = A
	}
}

// liftHold ends a hold, if there is one, as part of another word of a person, or with the release that it was about.
func (t *turn) liftHold(why string) {
	if t.s.Hold != nil {
		t.tell(t.subject(), OutResumed, t.s.Hold.Code, why, nil)
		t.resetHold()
	}
}

// highestRev is the highest rev that any node shows.
func (t *turn) highestRev() uint64 {
	var highest uint64
	for _, n := range t.o.Traffic.Nodes {
		highest = max(highest, n.Route.Rev)
	}
	return highest
}

// personApproves gives a role's word to the step that needs it: the expand or the switch of the release under way, else
// the contract that is owed.
func personApproves(t *turn) (Action, bool) {
	c := t.said(VerbApprove)
	if c == nil {
		return silent()
	}
	step, roles := t.missing()
	switch {
	case step == "":
		return refuse("nothing", "nothing waits for an approval"+t.yet())
	case step == "contract" && t.s.Owed[0].Denied != "":
		return refuse("policy", "no approval counts yet: "+t.deniedText(&t.s.Owed[0]))
	}
	given := 0
	for _, role := range roles {
		if slices.Contains(c.Roles, role) || slices.Contains(c.Roles, "admin") {
			a := Approval{Step: step, Role: role, By: c.Actor, Reason: c.Reason, At: t.o.Now}
			if step == "contract" {
				t.s.Owed[0].Approvals = append(t.s.Owed[0].Approvals, a)
			} else {
				t.s.Current.Approvals = append(t.s.Current.Approvals, a)
			}
			given++
		}
	}
	if given == 0 {
		return refuse("role", fmt.Sprintf("the %s needs the word of %s; %s has the roles [%s]",
			step, strings.Join(roles, " and "), c.Actor, strings.Join(c.Roles, " ")))
	}
	t.s.Waiting = nil
	why := fmt.Sprintf("%s approved the %s", c.Actor, step)
	if step == "contract" && t.judges(&t.s.Owed[0]) {
		why += "; the policies have changed since it was judged: it is judged again before it begins, and a refusal voids the approval"
	}
	return record(t.subject(), why)
}

// unspoken is the part of roles that has not approved step.
func unspoken(roles []string, given []Approval, step string) []string {
	var left []string
	for _, role := range roles {
		if !slices.ContainsFunc(given, func(a Approval) bool { return a.Step == step && a.Role == role }) {
			left = append(left, role)
		}
	}
	return left
}

// personPromotes ends the bake: what teal would have watched for, a person takes upon herself.
func personPromotes(t *turn) (Action, bool) {
	c := t.said(VerbPromote)
	if c == nil {
		return silent()
	}
	r := t.s.Current
	if r == nil || r.Phase != Baking {
		return refuse("not_baking", "no release is baking; promote ends a bake")
	}
	r.Promoted = true
	if t.s.Hold.aboutBake() {
		t.liftHold("a person ended the bake")
	}
	return record(r.ID, fmt.Sprintf("%s ended the bake: %s", c.Actor, c.Reason))
}

// personAbandons gives up a release that has not switched.
func personAbandons(t *turn) (Action, bool) {
	c := t.said(VerbAbandon)
	if c == nil {
		return silent()
	}
	r := t.s.Current
	switch {
	case r == nil:
		return refuse("nothing", "no release is under way; after the switch the word is: teal rollback "+t.s.App)
	case r.Phase == Switching && r.Green == None && t.route() != Yes && t.ready(r.Blue) == No:
		t.s.Live = None // nobody is served by it, and there is nothing to go back to
		t.s.Rev++
	case r.Phase == Switching, r.Phase == Baking, r.Phase == RollingBack:
		return refuse("switched", "the traffic has been switched; the word is: teal rollback "+t.s.App)
	}
	r.Ending, r.Trigger = "by_hand", c.Actor
	r.Why = fmt.Sprintf("%s abandoned it: %s", c.Actor, c.Reason)
	t.liftHold("a person gave the release up")
	return record(r.ID, r.Why)
}

// personRetires ends the warm time.
func personRetires(t *turn) (Action, bool) {
	c := t.said(VerbRetire)
	if c == nil {
		return silent()
	}
	r := t.s.Last
	if r == nil || r.Phase != Warm {
		return refuse("not_warm", "no earlier version is warm; retire stops the one that is")
	}
	t.enter(r, Retiring)
	return record(r.ID, fmt.Sprintf("%s retires %s", c.Actor, r.Green))
}

// personContracts asks for the owed contract now, whatever contract.after says. Approvals are still needed.
func personContracts(t *turn) (Action, bool) {
	c := t.said(VerbContract)
	if c == nil {
		return silent()
	}
	switch {
	case len(t.s.Owed) == 0:
		return refuse("nothing", "no contract is owed"+t.yet())
	case t.s.Contracting:
		return refuse("already", "the contract is running")
	case t.denied(&t.s.Owed[0]):
		return refuse("policy", t.deniedText(&t.s.Owed[0]))
	}
	t.s.Owed[0].Asked = true
	return record(t.s.Owed[0].Release, fmt.Sprintf("%s asked for the contract of %s", c.Actor, t.s.Owed[0].Version))
}
