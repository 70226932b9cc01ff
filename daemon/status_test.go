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
