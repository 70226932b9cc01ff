package release_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"teal.dev/teal/release"
)

// TestUpcomingSaysWhatTheContractWaitsFor: while the earlier version is warm nothing is owed yet, and a person has to know.
func TestUpcomingSaysWhatTheContractWaitsFor(t *testing.T) {
	switched := time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
	warm := func(change func(*release.Release)) release.State {
		r := &release.Release{Request: release.Request{ID: "R2", Version: "1.1", Folder: "f"}, Phase: release.Warm, Green: release.A, Blue: release.B, Switched: switched,
			Verdict: &release.Verdict{Owes: []uint64{3}, Contract: []string{"dba"}, AsksLater: []string{"0003_c.up.sql:1 drop-column"}},
			Limits:  release.Limits{WarmFor: 24 * time.Hour, ContractAfter: 48 * time.Hour}, Clock: release.Clock{Spent: time.Hour}}
		change(r)
		return release.State{App: "shop", Live: release.B, Last: r, Slots: map[release.Slot]release.Place{release.A: {Plan: &release.Plan{Version: "1.0"}}}}
	}
	as := func(*release.Release) {}
	got := release.Upcoming(warm(as), release.Limits{ContractApproval: "lead"})
	require.Equal(t, []string{"dba", "lead"}, got.Needs, "today's config has a word too")
	require.Equal(t, []uint64{3}, got.Numbers)
	require.Equal(t, []string{"0003_c.up.sql:1 drop-column"}, got.Asks)
	require.Equal(t, switched.Add(48*time.Hour), got.NotBefore)
	require.Equal(t, "it waits until 1.0 is retired: teal retire shop, or by itself after another 23h0m0s of warm time; it runs no earlier than 2026-11-25T12:00:00Z (contract.after)", got.Why)

	byHand := release.Upcoming(warm(func(r *release.Release) { r.Limits.WarmFor, r.Limits.ContractAfter = release.Forever, release.Forever }), release.Limits{})
	require.Equal(t, "it waits until 1.0, which stays warm, is retired by hand: teal retire shop; then it runs by hand only (contract.after): teal contract shop", byHand.Why)
	going := release.Upcoming(warm(func(r *release.Release) {
		r.Phase, r.Limits.ContractAfter, r.Verdict.Contract = release.Retiring, 0, nil
	}), release.Limits{})
	require.Equal(t, "it waits until 1.0 is stopped, which is under way", going.Why)
	require.Equal(t, []string{}, going.Needs)

	for name, none := range map[string]func(*release.Release){
		"no contract":     func(r *release.Release) { r.Verdict.Owes = nil },
		"a cold rollback": func(r *release.Release) { r.Rollback = true },
		"not vetted":      func(r *release.Release) { r.Verdict = nil },
		"rolling back":    func(r *release.Release) { r.Phase = release.RollingBack },
	} {
		require.Nil(t, release.Upcoming(warm(none), release.Limits{}), name)
	}
	require.Nil(t, release.Upcoming(release.State{}, release.Limits{}))
}
