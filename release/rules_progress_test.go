package release_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"teal.dev/teal/release"
)

// TestWarningsTravelWithTheExpand: whoever follows a release hears what its vetting found odd.
func TestWarningsTravelWithTheExpand(t *testing.T) {
	expanding := func(warnings ...string) release.Outcome {
		state := release.State{App: "shop", Current: &release.Release{Request: release.Request{ID: "R1", Version: "1.1", Folder: "f"}, Phase: release.Vetted,
			Verdict: &release.Verdict{Pending: []uint64{2}, Warnings: warnings}}}
		_, _, outcomes := release.Step(state, release.Observation{}, release.Limits{HasDatabase: true})
		require.Len(t, outcomes, 1)
		return outcomes[0]
	}
	require.Equal(t, "applying expand 0002", expanding().Text)
	require.NotContains(t, expanding().Facts, "warnings")
	require.Equal(t, "applying expand 0002; warning: one", expanding("one").Text)
	several := expanding("one", "two", "three")
	require.Equal(t, "applying expand 0002; warning: one (and 2 more)", several.Text)
	require.Equal(t, []string{"one", "two", "three"}, several.Facts["warnings"])
}
