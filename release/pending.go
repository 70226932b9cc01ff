package release

import (
	"fmt"
	"slices"
	"strings"
)

// Unspoken is one step that needs the word of roles which have not given it.
type Unspoken struct {
	Release ID       `json:"release"`
	Version Version  `json:"version"`
	Step    string   `json:"step"`             // expand, switch or contract
	Roles   []string `json:"roles"`            // those that have not spoken
	Asks    []string `json:"asks,omitempty"`   // the statements that need the word, as far as the gate named them
	Denied  string   `json:"denied,omitempty"` // why the policies refuse it: until they let it pass no word counts
}

// Pending lists what an app needs a person's word for, in the order in which an approval is taken: the expand or the switch
// of the release under way, then each contract that is owed. The core asks it, and so does everybody who shows what waits:
// a list of its own would miss the roles that a config adds.
func Pending(state State, limits Limits) []Unspoken {
	var list []Unspoken
	if r := state.Current; r != nil && !r.Rollback {
		one := Unspoken{Release: r.ID, Version: r.Version}
		switch {
		case (r.Phase == Queued || r.Phase == Vetted) && r.Verdict != nil:
			one.Step, one.Roles, one.Asks = "expand", unspoken(r.Verdict.Expand, r.Approvals, "expand"), r.Verdict.Asks
		case r.Phase == Expanding || r.Phase == Starting || r.Phase == Checking:
			if role := Stricter(r.Limits, limits).SwitchApproval; needed(role) {
				one.Step, one.Roles = "switch", unspoken([]string{role}, r.Approvals, "switch")
			}
		}
		if len(one.Roles) > 0 {
			list = append(list, one)
		}
	}
	for i, owed := range state.Owed {
		if i == 0 && state.Contracting {
			continue // past the point at which a word counts
		}
		if roles := awaited(&owed, limits); len(roles) > 0 {
			list = append(list, Unspoken{Release: owed.Release, Version: owed.Version, Step: "contract", Roles: roles, Asks: owed.Asks, Denied: owed.Denied})
		}
	}
	return list
}

// awaited are the roles whose word an owed contract still needs: those that it was owed with, and today's config's.
func awaited(owed *Owed, limits Limits) []string {
	roles := owed.Roles
	if needed(limits.ContractApproval) {
		roles = union(roles, []string{limits.ContractApproval})
	}
	return unspoken(roles, owed.Approvals, "contract")
}

// needs is the sentence of a step that waits for a person's word: who, for which statements, and the commands.
func (t *turn) needs(step string, v Version, roles, asks []string) string {
	who, app := strings.Join(roles, " and "), t.s.App
	if len(asks) == 0 {
		return fmt.Sprintf("the %s of %s needs the word of %s: teal approve %s", step, v, who, app)
	}
	return fmt.Sprintf("the %s of %s needs the word of %s for %s: teal plan %s shows it, teal approve %s gives it", step, v, who, strings.Join(asks, ", "), app, app)
}

// missing is the step that an approval given now would count for, and the roles that have not spoken. A contract has its
// turn one after the other.
func (t *turn) missing() (string, []string) {
	list := Pending(t.s, t.l)
	if len(list) == 0 || list[0].Step == "contract" && list[0].Release != t.s.Owed[0].Release {
		return "", nil
	}
	return list[0].Step, slices.Clone(list[0].Roles)
}
