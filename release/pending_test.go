package release_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"teal.dev/teal/release"
)

// TestPendingHasEveryRole: those of the policies, and those that today's config adds; what has been said is left out.
func TestPendingHasEveryRole(t *testing.T) {
	given := []release.Approval{{Step: "contract", Role: "dba"}}
	state := release.State{
		Current: &release.Release{Request: release.Request{ID: "R3", Version: "1.3"}, Phase: release.Vetted,
			Verdict: &release.Verdict{Expand: []string{"dba", "lead"}, Asks: []string{"0003_c.up.sql:1 opaque"}}},
		Owed: []release.Owed{{Release: "R1", Version: "1.1"}, {Release: "R2", Version: "1.2", Roles: []string{"dba"}, Approvals: given}},
	}
	expand := release.Unspoken{Release: "R3", Version: "1.3", Step: "expand", Roles: []string{"dba", "lead"}, Asks: []string{"0003_c.up.sql:1 opaque"}}
	require.Equal(t, []release.Unspoken{expand}, release.Pending(state, release.Limits{}))

	first := release.Unspoken{Release: "R1", Version: "1.1", Step: "contract", Roles: []string{"operator"}}
	second := release.Unspoken{Release: "R2", Version: "1.2", Step: "contract", Roles: []string{"operator"}}
	limits := release.Limits{ContractApproval: "operator", SwitchApproval: "none"}
	require.Equal(t, []release.Unspoken{expand, first, second}, release.Pending(state, limits), "the config's role counts too")
	state.Contracting = true
	require.Equal(t, []release.Unspoken{expand, second}, release.Pending(state, limits), "what has begun needs nobody's word any more")

	state.Contracting, state.Owed, state.Current.Phase = false, nil, release.Checking
	require.Empty(t, release.Pending(state, limits))
	limits.SwitchApproval = "lead"
	require.Equal(t, []release.Unspoken{{Release: "R3", Version: "1.3", Step: "switch", Roles: []string{"lead"}}}, release.Pending(state, limits))
	state.Current.Rollback = true
	require.Empty(t, release.Pending(state, limits), "a cold rollback asks nobody")
}

// TestUnreadyIsAGreenThatARollbackWouldBeRefusedTo: the command agrees with what status says about it.
func TestUnreadyIsAGreenThatARollbackWouldBeRefusedTo(t *testing.T) {
	state := release.State{App: "shop", Live: release.A, Slots: map[release.Slot]release.Place{
		release.A: {Plan: &release.Plan{Version: "1.1", Generation: 2}, Want: true, Ready: release.Yes},
		release.B: {Plan: &release.Plan{Version: "1.0", Generation: 1}, Want: true, Ready: release.No}},
		Last: &release.Release{Phase: release.Warm, Blue: release.A, Green: release.B, Limits: release.Limits{WarmFor: release.Forever}}}
	seen := release.Observation{Command: &release.Command{Verb: release.VerbRollback, Actor: "ana"}}
	class, _ := release.RollbackClass(state, seen)
	require.Equal(t, release.ClassCold, class)
	require.Equal(t, release.B, release.Unready(state))
	_, action, _ := release.Step(state, seen, release.Limits{})
	require.Equal(t, release.Refuse, action.Kind)
	require.Equal(t, "no_ready_target", action.Code)

	green := state.Slots[release.B]
	green.Ready = release.Yes
	state.Slots[release.B] = green
	require.Equal(t, release.None, release.Unready(state))
	state.Last = nil
	require.Equal(t, release.None, release.Unready(state), "a green that is stopped is started again")
}

// TestWhatIsDeniedSaysSo: who lists what waits sees that no word counts yet.
func TestWhatIsDeniedSaysSo(t *testing.T) {
	state := release.State{Owed: []release.Owed{{Release: "R1", Version: "1.1", Roles: []string{"dba"}, Denied: "0003.up.sql:1: drop-column"}}}
	require.Equal(t, []release.Unspoken{{Release: "R1", Version: "1.1", Step: "contract", Roles: []string{"dba"}, Denied: "0003.up.sql:1: drop-column"}},
		release.Pending(state, release.Limits{}))
}
