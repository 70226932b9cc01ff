package oracle_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"teal.dev/teal/internal/oracle"
	"teal.dev/teal/policies"
)

// TestEveryRuleHasItsCases demands a bad, a good and a borderline case of every rule, and no case of a rule that is gone.
func TestEveryRuleHasItsCases(t *testing.T) {
	have := map[string]map[oracle.Part]bool{}
	for _, c := range load(t) {
		if have[c.Rule] == nil {
			have[c.Rule] = map[oracle.Part]bool{}
		}
		have[c.Rule][c.Part] = true
	}
	var missing []string
	for _, r := range policies.Rules() {
		for _, part := range []oracle.Part{oracle.Bad, oracle.Good, oracle.Borderline} {
			if !have[r.ID][part] {
				missing = append(missing, fmt.Sprintf("%s/%s.txtar", r.ID, part))
			}
		}
		delete(have, r.ID)
	}
	require.Empty(t, missing, "write these in testdata/oracle, and let TEAL_UPDATE=1 fill in what the server says:\n%s", strings.Join(missing, "\n"))
	require.Empty(t, have, "no rule has these names")
}
