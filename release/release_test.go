package release_test

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"teal.dev/teal/release"
)

// The values are those of the textbook's formula for z = 1.96.
func TestWilsonIsTheLowerBound(t *testing.T) {
	for _, c := range []struct {
		errors, requests uint64
		want             float64
	}{{0, 0, 0}, {0, 1000, 0}, {1, 1, 0.2065}, {3, 4, 0.3006}, {50, 100, 0.4038}, {20, 1000, 0.0130}, {1000, 1000, 0.9962}} {
		require.InDelta(t, c.want, release.Wilson(c.errors, c.requests), 0.0001, "%d of %d", c.errors, c.requests)
	}
}

func TestMoreErrorsAreNeverBetter(t *testing.T) {
	for requests := uint64(1); requests <= 200; requests++ {
		last := -1.0
		for errors := uint64(0); errors <= requests; errors++ {
			bound := release.Wilson(errors, requests)
			require.Greater(t, bound+1e-12, last)
			require.LessOrEqual(t, bound, float64(errors)/float64(requests)+1e-9, "a lower bound")
			last = bound
		}
	}
}

func TestStricterIsTheSaferOfTwoNumberByNumber(t *testing.T) {
	a := release.Limits{Recipe: release.Recipe{Launch: "then"}, Passes: 3, Stable: time.Second, BakeFor: time.Hour, MaxErrors: 0.05, FewRequests: "pass", SwitchApproval: "none", ContractAfter: time.Minute,
		Drain: time.Minute, LongLived: time.Minute}
	b := release.Limits{Recipe: release.Recipe{Launch: "now"}, Passes: 5, Stable: time.Minute, BakeFor: time.Minute, MaxErrors: 0.01, FewRequests: "hold", SwitchApproval: "lead", ContractAfter: time.Hour,
		Drain: time.Second, LongLived: time.Hour}
	got := release.Stricter(a, b)
	require.Equal(t, 5, got.Passes)
	require.Equal(t, time.Minute, got.Stable)
	require.Equal(t, time.Hour, got.BakeFor)
	require.InDelta(t, 0.01, got.MaxErrors, 0)
	require.Equal(t, "hold", got.FewRequests)
	require.Equal(t, "lead", got.SwitchApproval)
	require.Equal(t, time.Hour, got.ContractAfter)
	require.Equal(t, "then", got.Recipe.Launch, "how a version is run is neither safer nor laxer")
	require.Equal(t, time.Minute, got.Drain)
	require.Equal(t, time.Hour, got.LongLived)
	b.MaxErrors = 0
	require.Zero(t, release.Stricter(a, b).MaxErrors, "no error at all is a number too")
}

// Step is pure: the state that it is given stays as it was, whatever it decides.
func TestStepNeverWritesIntoItsCallersState(t *testing.T) {
	now := time.Date(2026, 1, 1, 3, 0, 0, 0, time.UTC)
	plan := release.Plan{Release: "r1", Version: "v1", Generation: 1}
	for _, phase := range []release.Phase{release.Queued, release.Vetted, release.Expanding, release.Starting, release.Checking, release.Switching, release.Baking} {
		for _, verb := range []release.Verb{"", release.VerbApprove, release.VerbPromote, release.VerbHold, release.VerbAbandon, release.VerbRollback, release.VerbAdopt} {
			state := release.State{App: "shop", Live: release.A, Rev: 1, History: true,
				Slots:    map[release.Slot]release.Place{release.A: {Plan: &plan, Want: true, Ready: release.Yes}, release.B: {Plan: &plan}},
				Previous: &plan, Owed: []release.Owed{{Release: "r0", Numbers: []uint64{4}}},
				Current: &release.Release{Request: release.Request{ID: "r2", Version: "v2"}, Phase: phase, Blue: release.B, Green: release.A,
					Verdict: &release.Verdict{Expand: []string{"dba"}}, Tally: release.Tally{Base: map[string]release.Count{"lb1": {Requests: 1}}}}}
			before, err := json.Marshal(state)
			require.NoError(t, err)
			seen := release.Observation{Now: now, Elapsed: time.Second, Traffic: release.Traffic{Nodes: []release.Node{{Name: "lb1", Known: true,
				Servers: map[release.Slot]release.Server{release.B: {Up: release.Yes, Requests: 9, Errors: 9, Counted: true}}}}}}
			if verb != "" {
				seen.Command = &release.Command{Verb: verb, Actor: "ana", Roles: []string{"dba"}, Live: release.B, Version: "v9", At: now}
			}
			next, _, _ := release.Step(state, seen, release.Limits{BakeFor: time.Minute, ProbeEvery: time.Second})
			after, err := json.Marshal(state)
			require.NoError(t, err)
			require.JSONEq(t, string(before), string(after), "%s %s", phase, verb)
			require.Equal(t, "shop", next.App)
		}
	}
}

// A release that began under a teal which kept no recipe gets that of the day on which it is vetted.
func TestAReleaseThatBeganWithoutARecipe(t *testing.T) {
	now := time.Date(2026, 1, 1, 3, 0, 0, 0, time.UTC)
	today := release.Limits{Recipe: release.Recipe{Launch: "today", Health: "/healthz"}, ProbeEvery: time.Second}
	for began, want := range map[string]string{"": "today", "then": "then"} {
		state := release.State{App: "shop", Live: release.A, History: true, Current: &release.Release{Request: release.Request{ID: "r2", Version: "v2"},
			Phase: release.Queued, Blue: release.B, Green: release.A, Limits: release.Limits{Recipe: release.Recipe{Launch: began}}}}
		next, action, _ := release.Step(state, release.Observation{Now: now}, today)
		require.Equal(t, release.Vet, action.Kind, action.Why)
		require.Equal(t, want, action.Plan.Recipe.Launch)
		require.Equal(t, action.Plan, next.Current.Plan, "the plan is stored before it is looked at")
	}
}
