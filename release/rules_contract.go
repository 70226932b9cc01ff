package release

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// contractPause is how long an owed contract rests after its lock budget was spent.
const contractPause = 10 * time.Minute

// contractFailed deals with a contract job that ended badly: waited in vain, it stays owed; past the point of no return
// anything else is a hold, never a step back.
func contractFailed(t *turn) (Action, bool) {
	if !t.s.Contracting || t.o.Job.Kind != Contract {
		return silent()
	}
	fault := t.failed(&t.s.Job, t.o.Job)
	if fault == nil {
		return silent()
	}
	owed := &t.s.Owed[0]
	switch fault.Class {
	case Budget:
		handled(&t.s.Job, t.o.Job)
		t.s.Contracting = false
		owed.Asked, owed.NotBefore = false, t.o.Now.Add(contractPause)
		return t.waitFor(owed.Release, Waiting{For: "lock", Why: fault.Text + "; the contract stays owed", Until: owed.NotBefore})
	case Permanent, Unproven:
		handled(&t.s.Job, t.o.Job)
		return t.hold(fault.Code, fault.Text)
	}
	t.retry(&t.s.Job, t.o.Job, 30*time.Second)
	return record(owed.Release, "the contract is tried again: "+fault.Text)
}

// contractDone sees that nothing owed is pending any more.
func contractDone(t *turn) (Action, bool) {
	if !t.s.Contracting || t.o.Job.Running {
		return silent()
	}
	owed, schema := t.s.Owed[0], t.o.Schema
	if !schema.Known || schema.For != owed.Folder || schema.Contract.Dirty || overlap(schema.Contract.Pending, owed.Numbers) {
		return silent()
	}
	handled(&t.s.Job, t.o.Job)
	t.s.Job.Tries = 0
	t.s.Contracting, t.s.Waiting = false, nil
	t.s.Owed = slices.Clone(t.s.Owed[1:])
	t.tell(owed.Release, OutContracted, "", fmt.Sprintf("contract %s applied", numbers(owed.Numbers)), map[string]any{"numbers": owed.Numbers})
	if r := t.s.Current; r != nil && (r.Phase == Vetted || r.Phase == Queued) {
		r.Phase = Queued // judged against a schema that has changed
	}
	return record(owed.Release, fmt.Sprintf("contract %s of %s is applied", numbers(owed.Numbers), owed.Version))
}

// overlap reports whether two lists of numbers share one.
func overlap(a, b []uint64) bool {
	return slices.ContainsFunc(a, func(n uint64) bool { return slices.Contains(b, n) })
}

// numbers writes migration numbers for a sentence.
func numbers(list []uint64) string {
	if len(list) == 0 {
		return "(nothing new)"
	}
	words := make([]string, len(list))
	for i, n := range list {
		words[i] = fmt.Sprintf("%04d", n)
	}
	return strings.Join(words, " ")
}

// contractAgain goes on with a contract that a crash or a fault interrupted. While one runs nothing else progresses.
func contractAgain(t *turn) (Action, bool) {
	if !t.s.Contracting {
		return silent()
	}
	owed := t.s.Owed[0]
	switch {
	case t.o.Job.Running:
		return wait(progress(t.o.Job, "the contract is being applied"))
	case !t.o.Schema.Known || t.o.Schema.For != owed.Folder:
		return wait("the database does not answer; the contract goes on when it does" + because(t.o.Schema.Why))
	case t.o.Now.Before(t.s.Job.Next):
		return wait("the contract is tried again shortly")
	}
	handled(&t.s.Job, t.o.Job)
	return t.contract(owed, "goes on")
}

// progress is a job's own words, or the sentence given.
func progress(job Job, otherwise string) string {
	if job.Text != "" {
		return job.Text
	}
	return otherwise
}

// contract is the effect.
func (t *turn) contract(owed Owed, why string) (Action, bool) {
	return Action{Kind: Contract, Release: owed.Release, Folder: owed.Folder, Numbers: owed.Numbers,
		Why: fmt.Sprintf("contract %s of %s %s", numbers(owed.Numbers), owed.Version, why)}, true
}

// contractOwed begins the contract when its time has come: only between releases (or before the next one's expand), only
// when every slot with a version below it is stopped, and only after the floor is in the store.
func contractOwed(t *turn) (Action, bool) {
	owed, due := t.due()
	if !due || t.judges(owed) {
		return silent()
	}
	if w, waits := t.gateContract(owed); waits {
		if t.s.Current != nil || len(t.o.Queue) > 0 {
			return silent() // it stays owed, and stops no release
		}
		return t.waitFor(owed.Release, w)
	}
	if action, ok := t.clearBelow(owed.Generation); ok {
		return action, true
	}
	t.s.Contracting, t.s.Waiting, owed.Begun = true, nil, true
	t.s.Floor = max(t.s.Floor, owed.Generation)
	handled(&t.s.Job, t.o.Job)
	t.s.Job.Tries, t.s.Job.Next = 0, t.o.Now
	t.tell(owed.Release, OutContracting, "", fmt.Sprintf("contract %s begins; from here there is no way back to an earlier version", numbers(owed.Numbers)), map[string]any{"numbers": owed.Numbers})
	return t.contract(*owed, "begins; the class is forward-only from here")
}

// gateContract is what keeps a contract that is due: the policies in force refuse it, a role has not spoken, a freeze window.
func (t *turn) gateContract(owed *Owed) (Waiting, bool) {
	roles := awaited(owed, t.l)
	switch {
	case owed.Denied != "" && !owed.Begun:
		return Waiting{For: "policy", Why: t.deniedText(owed)}, true
	case len(roles) > 0:
		return Waiting{For: "approval", Step: "contract", Role: roles[0], Asks: owed.Asks, Why: t.needs("contract", owed.Version, roles, owed.Asks)}, true
	case t.o.Freeze.Active:
		return Waiting{For: "freeze", Why: t.o.Freeze.Why, Until: t.o.Freeze.Until}, true
	}
	return Waiting{}, false
}

// denied reports whether the policies in force refuse an owed contract, as far as they have been asked: others than those that
// refused it may let it pass.
func (t *turn) denied(owed *Owed) bool {
	return owed.Denied != "" && !owed.Begun && !t.changed(owed.Policies)
}

// deniedText says why the policies in force keep a contract owed.
func (t *turn) deniedText(owed *Owed) string {
	if !t.denied(owed) {
		return fmt.Sprintf("the policies have changed since they refused the contract of %s; it is judged again when it is due, and its approval is asked for then", owed.Version)
	}
	return fmt.Sprintf("the policies in force refuse the contract of %s, and it stays owed until they let it pass (a waiver does; teal policy show --effective %s shows where each decision comes from): %s", owed.Version, t.s.App, owed.Denied)
}

// liveAtLeast reports whether the version that is live belongs to a generation or a later one.
func (t *turn) liveAtLeast(generation uint64) bool {
	plan := t.s.Slots[t.s.Live].Plan
	return t.s.Live != None && plan != nil && plan.Generation >= generation
}

// clearBelow makes sure that nothing older than a generation runs in the other slot: it stops it, waits for it, or is
// content.
func (t *turn) clearBelow(generation uint64) (Action, bool) {
	slot := t.s.Live.Other()
	place := t.s.Slots[slot]
	running := t.o.Slots[slot].Tenant.Running
	if running == No && !place.Want || place.Plan != nil && place.Plan.Generation >= generation {
		return silent()
	}
	if running == Unknown {
		return wait(fmt.Sprintf("the contract waits until slot %s is seen stopped", slot))
	}
	return t.stop(slot, "the contract needs it stopped")
}

// stop ends what runs in a slot. The live slot is never stopped.
func (t *turn) stop(slot Slot, why string) (Action, bool) {
	if slot == t.s.Live || slot == None {
		return silent()
	}
	place := t.s.Slots[slot]
	if t.route() == No {
		return wait(fmt.Sprintf("slot %s may still have traffic: the map is being healed", slot))
	}
	if t.o.Launch[slot].Running || t.o.Now.Before(place.Next) {
		return wait(fmt.Sprintf("slot %s is being stopped", slot))
	}
	place.Want, place.Ready = false, No
	place.Next = t.o.Now.Add(time.Second)
	t.s.Slots[slot] = place
	id := ID("")
	if place.Plan != nil {
		id = place.Plan.Release
	}
	return Action{Kind: Stop, Release: id, Slot: slot, Grace: stopGrace, Why: why}, true
}

// stopGrace is how long a process may take to end when nobody is served by it any more.
const stopGrace = 10 * time.Second
