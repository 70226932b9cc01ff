package release

import (
	"fmt"
	"slices"
	"time"
)

// changed reports whether other policies are in force than those that something was judged by. Nothing is known of the
// policies of an app without a gate.
func (t *turn) changed(judgedBy string) bool {
	return t.o.Policies != "" && t.o.Policies != judgedBy
}

// judgeAgain sends a release that has touched nothing back to the gate when the policies have changed: a stricter word
// counts for it too, a laxer one begins with the next release.
func judgeAgain(t *turn) (Action, bool) {
	r := t.at(Vetted)
	if r == nil || r.Folder == "" || t.s.Merged || t.o.Job.Running || !t.changed(r.Verdict.Policies) {
		return silent()
	}
	t.enter(r, Queued)
	return record(r.ID, "the policies have changed since it was vetted: it is judged again")
}

// due is the contract that may begin now, as far as time, slots and releases say: only between releases (or before the next
// one's expand), and only when the version that is live needs nothing of what it takes away.
func (t *turn) due() (*Owed, bool) {
	if len(t.s.Owed) == 0 || t.s.Contracting || t.s.Last != nil || t.s.Wish != nil || t.o.Job.Running || t.o.Removed || !t.l.HasDatabase {
		return nil, false
	}
	if r := t.s.Current; r != nil && r.Phase != Queued && r.Phase != Vetted {
		return nil, false
	}
	owed := &t.s.Owed[0]
	return owed, (owed.Asked || !t.o.Now.Before(owed.NotBefore)) && t.liveAtLeast(owed.Generation)
}

// judgeOwed asks the gate once more about a contract that is due, when the policies have changed since it was judged. What
// they ask for beyond what was asked for then is asked for too; what they refuse stays owed.
func judgeOwed(t *turn) (Action, bool) {
	owed, due := t.due()
	if !due || !t.judges(owed) {
		return silent()
	}
	if mine(t.o.Job, Vet, owed.Release) && fresh(&t.s.Job, t.o.Job) {
		return t.takeUp(owed)
	}
	if t.o.Now.Before(owed.Next) {
		return silent() // the lane is free for the release that waits
	}
	return Action{Kind: Vet, Release: owed.Release, Folder: owed.Folder, Numbers: owed.Numbers,
		Why: fmt.Sprintf("the contract of %s is judged again: the policies have changed since it was vetted", owed.Version)}, true
}

// judges reports whether an owed contract has to be judged before it may begin. One that has begun is not judged any more.
func (t *turn) judges(owed *Owed) bool { return !owed.Begun && t.changed(owed.Policies) }

// takeUp takes up the word of a vetting of an owed contract.
func (t *turn) takeUp(owed *Owed) (Action, bool) {
	handled(&t.s.Job, t.o.Job)
	if f := t.o.Job.Fault; f != nil {
		owed.Tries++
		owed.Next = t.o.Now.Add(backoff(owed.Tries, time.Second, longest))
		if t.s.Current != nil || len(t.o.Queue) > 0 {
			return record(owed.Release, fmt.Sprintf("the contract of %s cannot be judged and is tried again: %s", owed.Version, f.Text))
		}
		return t.waitFor(owed.Release, Waiting{For: "database", Why: f.Text})
	}
	v := t.o.Verdict
	if v == nil || v.Release != owed.Release {
		return record(owed.Release, "the vetting left no word; it is done again")
	}
	owed.Tries = 0
	if w := t.s.Waiting; w != nil && w.Release == owed.Release && (w.For == "database" || w.For == "policy") {
		t.s.Waiting = nil
	}
	return record(owed.Release, owed.takeVerdict(v))
}

// takeVerdict writes the gate's word on an owed contract down, and says it. Approvals do not outlive a refusal, nor that the
// gate asks for more: who gave them has not seen it.
func (owed *Owed) takeVerdict(v *Verdict) string {
	void := ""
	switch {
	case len(owed.Approvals) == 0:
	case v.Refuse != "" || owed.Denied != "": // one may stand beside a refusal in a store of an earlier teal
		owed.Approvals, void = nil, "; the approvals that it had are void"
	case asksMore(owed.Asks, v.AsksLater):
		owed.Approvals, void = nil, "; the approvals that it had are void, because more is asked for"
	}
	owed.Policies, owed.Roles, owed.Denied = v.Policies, union(owed.Roles, v.Contract), ""
	if len(v.AsksLater) > 0 {
		owed.Asks = v.AsksLater
	}
	if v.Refuse != "" {
		owed.Denied = v.Why
		return fmt.Sprintf("the policies in force refuse the contract of %s%s", owed.Version, void)
	}
	return fmt.Sprintf("the contract of %s stands under the policies in force%s", owed.Version, void)
}

// union is a and what b has beyond it.
func union(a, b []string) []string {
	out := slices.Clone(a)
	for _, word := range b {
		if !slices.Contains(out, word) {
			out = append(out, word)
		}
	}
	return out
}
