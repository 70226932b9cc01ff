package policies_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"teal.dev/teal/policies"
)

// TestEveryWordIsExplained: what a rule's finding is described with, teal explain knows.
func TestEveryWordIsExplained(t *testing.T) {
	for _, r := range policies.Rules() {
		require.NotEmpty(t, policies.AboutWord(string(r.Compatibility)), r.ID)
		for _, h := range r.Hazards {
			require.NotEmpty(t, policies.AboutWord(string(h)), r.ID)
		}
	}
	for _, word := range []string{"new-values", "data-changed", "behaviour-changed", "opaque", "rewrite", "scan", "blocks", "allow", "warn", "prove", "approve", "deny"} {
		require.NotEmpty(t, policies.AboutWord(word), word)
	}
	require.Empty(t, policies.AboutWord("nothing"))
}
