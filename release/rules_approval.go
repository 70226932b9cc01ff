package release

import (
	"fmt"
	"strings"
	"time"
)

// waitApproval waits for a role's word, and abandons when it does not come. The time of a request is its own: it goes on
// when the release is judged again and the same is asked for, and begins anew with what nobody was asked before.
func (t *turn) waitApproval(r *Release, roles []string, asking Asking) (Action, bool) {
	asking.Since = t.asked(r, asking)
	if r.Asking == nil || !r.Asking.Since.Equal(asking.Since) {
		t.s.Waiting = nil
	}
	r.Asking = &asking
	l, step, since := t.limits(r), asking.Step, r.Asking.Since
	if l.ApprovalWait > 0 && t.o.Now.Sub(since) > l.ApprovalWait {
		return t.abandon(r, "approval_timeout", fmt.Sprintf("nobody of %s approved the %s within %s", strings.Join(roles, ", "), step, l.ApprovalWait))
	}
	return t.waitFor(r.ID, Waiting{For: "approval", Step: step, Role: roles[0], Since: since, Until: since.Add(l.ApprovalWait),
		Why: t.needs(step, r.Version, roles, asking.Asks), Asks: asking.Asks})
}

// asked is since when something has been asked for: now, when somebody or something in it is new.
func (t *turn) asked(r *Release, asking Asking) time.Time {
	was := r.Asking
	if w := t.s.Waiting; was == nil && w != nil && w.For == "approval" && w.Release == r.ID && w.Step == asking.Step {
		return w.Since // of an earlier teal, which did not keep what it had asked for
	}
	if was == nil || was.Step != asking.Step || asksMore(was.Roles, asking.Roles) || asksMore(was.Asks, asking.Asks) {
		return t.o.Now
	}
	return was.Since
}
