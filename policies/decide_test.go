package policies_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"teal.dev/teal/policies"
)

// decidedBy judges one statement by site policies over the built-in one and returns its worst entry and the text.
func decidedBy(t *testing.T, sql string, phase policies.Phase, files ...string) (policies.Entry, string) {
	t.Helper()
	var site []policies.Policy
	for i := 0; i < len(files); i += 2 {
		p, err := policies.ParsePolicy(files[i], []byte(files[i+1]))
		require.NoError(t, err)
		site = append(site, p)
	}
	all, err := policies.NewSet(site...)
	require.NoError(t, err)
	report := policies.Check(policies.Input{Policy: all, App: "shop", Now: time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC),
		Files: []policies.File{{Path: "0007_x.up.sql", Phase: phase, Body: []byte(sql)}}})
	return report.Files[0].Statements[0], report.Text()
}

// TestARefusalNamesTheLineThatDecided: who is refused must find the policy that did it, and the way on.
func TestARefusalNamesTheLineThatDecided(t *testing.T) {
	const addColumn = "ALTER TABLE note ADD COLUMN extra text;"
	const next = "next: change the migrations as advised, or let somebody answer for them with a waiver in policies/ (docs/policies.md); teal policy show --effective APP shows where each decision comes from\n"
	e, text := decidedBy(t, addColumn, policies.PhaseExpand, "a.yaml", "version: 1\nhazards:\n  row-shape: warn\n", "b.yaml", "version: 1\nhazards:\n  row-shape: deny\n")
	require.Equal(t, policies.Deny, e.Decision)
	require.Equal(t, []policies.Place{{File: "b.yaml", Line: 3}}, e.Policy, "the stricter of two")
	require.Contains(t, text, "\n  policy: b.yaml:3\n")
	require.Contains(t, text, next)

	e, text = decidedBy(t, addColumn, policies.PhaseExpand, "a.yaml", "version: 1\nrules: {add-column: warn}\n")
	require.Equal(t, []policies.Place{{File: "a.yaml", Line: 2}}, e.Policy)
	require.NotContains(t, text, "policy: ", "a warning refuses nothing")
	require.NotContains(t, text, "next: ")

	const both = "ALTER TABLE note ADD COLUMN c int CHECK (c > 0);"
	e, _ = decidedBy(t, both, policies.PhaseExpand, "a.yaml", "version: 1\nhazards:\n  row-shape: deny\noperations:\n  scan: deny\n  blocks: warn\n")
	require.Equal(t, []policies.Place{{File: "a.yaml", Line: 3}, {File: "a.yaml", Line: 5}}, e.Policy, "two that say the same decide together, a laxer one does not")

	e, text = decidedBy(t, "ALTER TABLE note DROP COLUMN old;", policies.PhaseExpand)
	require.Equal(t, policies.Deny, e.Decision)
	require.Empty(t, e.Policy)
	require.Contains(t, text, "\n  policy: none; it is refused whatever they say, and only a waiver lets it pass\n")
	require.Contains(t, text, next)

	e, _ = decidedBy(t, addColumn, policies.PhaseExpand, "a.yaml", "version: 1\nhazards: {row-shape: deny}\nwaivers:\n  - {rule: add-column, owner: ana@example.com, reason: nobody reads it, until: 2027-01-31}\n")
	require.Equal(t, policies.Allow, e.Decision)
	require.Equal(t, []policies.Place{{File: "a.yaml", Line: 4}}, e.Policy, "the waiver's own line")
}
