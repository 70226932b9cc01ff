package daemon

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"

	"teal.dev/teal/release"
)

// TestASlotThatDoesNotStaySaysWhy: a version that ends each time it is started must not look as if nothing were wrong.
func TestASlotThatDoesNotStaySaysWhy(t *testing.T) {
	down := release.SlotSeen{Tenant: release.Tenant{Running: release.No}}
	require.Empty(t, trouble("shop", release.A, release.Place{Want: true, Tries: 1}, down), "the first start is no trouble")
	require.Contains(t, trouble("shop", release.A, release.Place{Want: true, Tries: 3}, down), "started 3 times and ended each time: see log/shop.a.log")
	require.Empty(t, trouble("shop", release.A, release.Place{Want: false, Tries: 3}, down))

	stranger := down
	stranger.Probe.Passes = 9
	require.Contains(t, trouble("shop", release.A, release.Place{Want: true, Tries: 3}, stranger), "something that teal did not start answers at the slot's address")

	up := release.SlotSeen{Tenant: release.Tenant{Running: release.Yes}}
	require.Empty(t, trouble("shop", release.A, release.Place{Want: true, Tries: 3}, up))
	stranger.Tenant.Problem = "artifact_changed: x"
	require.Equal(t, "artifact_changed: x", trouble("shop", release.A, release.Place{Want: true, Tries: 3}, stranger))
}

// TestApprovalsAreListedAsTheCoreHasThem: also a contract whose role is only in the app's config, also when a release waits
// for it, and with every role.
func TestApprovalsAreListedAsTheCoreHasThem(t *testing.T) {
	current := &release.Release{Request: release.Request{ID: "R2", Version: "1.2"}, Phase: release.Vetted, Verdict: &release.Verdict{After: []release.ID{"R1"}}}
	v := View{Limits: release.Limits{ContractApproval: "dba"}, State: release.State{App: "shop", Current: current,
		Owed:    []release.Owed{{Release: "R1", Version: "1.1", Roles: []string{"lead"}}},
		Waiting: &release.Waiting{For: "approval", Step: "contract", Release: "R2", Role: "lead", Why: "it expands what the contract of 1.1 changes"}}}
	list := pendingOf(v)
	require.Len(t, list, 1)
	require.Equal(t, "contract", list[0].Step)
	require.Equal(t, release.ID("R1"), list[0].Release)
	require.Equal(t, []string{"lead", "dba"}, list[0].Roles)
	require.Equal(t, "it expands what the contract of 1.1 changes", list[0].Why)

	v.State.Waiting = nil
	current.Verdict.Expand = []string{"operator"}
	require.Len(t, pendingOf(v), 1, "a step that has not come to wait is not listed")
	v.State.Waiting = &release.Waiting{For: "approval", Step: "expand", Release: "R2", Why: "the expand of 1.2", Asks: []string{"a:1 b"}}
	list = pendingOf(v)
	require.Equal(t, "expand", list[0].Step)
	require.Equal(t, "the expand of 1.2", list[0].Why)
	require.Equal(t, "the contract of 1.1 needs the word of lead and dba", list[1].Why)
	require.Equal(t, list, statusOf(v).Pending)

	v.State.Owed[0].Denied = "0003.up.sql:1: drop-column"
	require.Equal(t, "no approval counts yet, the policies refuse it: 0003.up.sql:1: drop-column", pendingOf(v)[1].Why)
}

// TestARecipeIsNotShown: it holds the app's environment, and everybody may read the status.
func TestARecipeIsNotShown(t *testing.T) {
	recipe := release.Recipe{Launch: "plain word"}
	plan := release.Plan{Version: "1", Recipe: recipe}
	r := &release.Release{Plan: plan, Limits: release.Limits{Recipe: recipe}}
	v := View{State: release.State{App: "shop", Current: r, Last: r, Previous: &plan, Slots: map[release.Slot]release.Place{release.A: {Plan: &plan}}},
		Action: release.Action{Kind: release.Start, Plan: plan}}
	text, err := json.Marshal(statusOf(v))
	require.NoError(t, err)
	require.NotContains(t, string(text), recipe.Launch)
	require.Zero(t, shown(v.Action).Plan.Recipe)
	require.Equal(t, recipe, plan.Recipe, "only what is shown is without")
	require.Equal(t, recipe, r.Limits.Recipe)
}
