package release

import (
	"fmt"
	"slices"
	"strings"
)

// waitApproval waits for a role's word, and abandons when it does not come. The time of a request is its own: it goes on
// when the release is judged again and the same is asked for, and begins anew with what nobody was asked before.
func (t *turn) waitApproval(r *Release, roles []string, asking Asking) (Action, bool) {
	if r.Asking == nil || !r.Asking.same(asking) {
		asking.Since = t.o.Now
		r.Asking, t.s.Waiting = &asking, nil
	}
	l, step, since := t.limits(r), asking.Step, r.Asking.Since
	if l.ApprovalWait > 0 && t.o.Now.Sub(since) > l.ApprovalWait {
		return t.abandon(r, "approval_timeout", fmt.Sprintf("nobody of %s approved the %s within %s", strings.Join(roles, ", "), step, l.ApprovalWait))
	}
	return t.waitFor(r.ID, Waiting{For: "approval", Step: step, Role: roles[0], Since: since, Until: since.Add(l.ApprovalWait),
		Why: t.needs(step, r.Version, roles, asking.Asks), Asks: asking.Asks})
}

// same reports whether two requests ask the same of the same roles.
func (a Asking) same(b Asking) bool {
	return a.Step == b.Step && slices.Equal(a.Roles, b.Roles) && slices.Equal(a.Asks, b.Asks)
}
