package policies_test

import (
	"regexp"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"teal.dev/teal/policies"
)

func set(t *testing.T, site ...policies.Policy) policies.Set {
	t.Helper()
	s, err := policies.NewSet(site...)
	require.NoError(t, err)
	return s
}

func run(t *testing.T, ex policies.Example) policies.Report {
	t.Helper()
	return judge(set(t), ex)
}

// judge runs an example.
func judge(s policies.Set, ex policies.Example) policies.Report {
	in := policies.Input{Policy: s, App: "shop", Server: ex.Server, Now: time.Date(2026, 11, 23, 0, 0, 0, 0, time.UTC)}
	if ex.Before != "" {
		in.Files = append(in.Files, policies.File{Path: "0001_before.up.sql", Body: []byte(ex.Before), Applied: true})
	}
	if ex.Expand != "" {
		in.Files = append(in.Files, policies.File{Path: "0001_expand.up.sql", Phase: policies.PhaseExpand, Body: []byte(ex.Expand)})
	}
	in.Files = append(in.Files, policies.File{Path: "0002_example.up.sql", Phase: ex.Phase, Body: []byte(ex.SQL)})
	return policies.Check(in)
}

func entries(r policies.Report, rule string) []policies.Entry {
	var out []policies.Entry
	for _, f := range r.Files {
		for _, e := range f.Statements {
			if e.Rule == rule {
				out = append(out, e)
			}
		}
	}
	return out
}

func TestEveryRule(t *testing.T) {
	id := regexp.MustCompile(`^[a-z]+(-[a-z]+)*$`)
	seen := map[string]bool{}
	for _, r := range policies.Rules() {
		t.Run(r.ID, func(t *testing.T) {
			require.Regexp(t, id, r.ID)
			require.False(t, seen[r.ID], "two rules of one name")
			seen[r.ID] = true
			require.NotEmpty(t, r.Title)
			require.NotEmpty(t, r.Reason)
			if r.Compatibility == policies.Never || r.Compatibility == policies.Contract {
				require.NotEmpty(t, r.Instead, "a refusal must say what to do")
			}
			if r.ID == "expired-waiver" || r.ID == "unused-waiver" {
				return // its examples need a policy: TestWaivers
			}
			bad := entries(run(t, r.Bad), r.ID)
			require.NotEmpty(t, bad, "the bad example does not make the rule speak: %s", texts(run(t, r.Bad)))
			e := bad[len(bad)-1]
			require.Equal(t, r.Compatibility, e.Compatibility)
			hazards := append([]policies.Hazard{}, r.Hazards...)
			slices.Sort(hazards)
			require.Equal(t, hazards, e.Hazards)
			require.Equal(t, r.Rewrite, e.Operation.Rewrite)
			require.Equal(t, r.Scan, e.Operation.Scan)
			require.Equal(t, r.Blocks, e.Operation.Blocks)
			require.NotContains(t, e.Why+e.Instead, "{", "a name is not filled in")
			require.Empty(t, entries(run(t, r.Good), r.ID), "the good example makes the rule speak")
		})
	}
}

func texts(r policies.Report) string { return r.Text() }

func TestRuleByID(t *testing.T) {
	r, ok := policies.RuleByID("drop-column")
	require.True(t, ok)
	require.Equal(t, "DROP COLUMN", r.Title)
	_, ok = policies.RuleByID("nothing")
	require.False(t, ok)
}
