package policies_test

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"teal.dev/teal/policies"
)

const rulesHead = `# The rules

Written by ` + "`TEAL_UPDATE=1 go test ./policies -run Docs`" + ` from the rules themselves; do not edit.

A rule states facts, and the [policy](policies.md) decides. Two verdicts that do not depend on each other:

- **Compatibility** with the version that is running: *expand* (it does not notice), *depends* (on the hazards named), *contract*
  (only when that version is gone), *never* (must be written otherwise).
- **Operation**: what it locks and costs while it runs. *Blocks* means for as long as the work takes, which grows with the table; a
  lock for an instant blocks nobody, because teal takes it under a short lock_timeout and tries again.

Locks, rewrites and scans are compared with a real PostgreSQL 15 by the tests; what is said of other versions is from their
documentation, and where teal is unsure it says so. A rule without facts by version is the same from PostgreSQL 11 to 18. What no
rule knows is ` + "[`opaque`](#opaque)" + `, never safe.

`

func writeRules() string {
	var b strings.Builder
	b.WriteString(rulesHead)
	b.WriteString("| rule | change | verdict |\n|---|---|---|\n")
	for _, r := range policies.Rules() {
		fmt.Fprintf(&b, "| [%s](#%s) | %s | %s |\n", r.ID, r.ID, cell(r.Title), r.Compatibility)
	}
	for _, r := range policies.Rules() {
		writeRule(&b, &r)
	}
	return b.String()
}

func cell(s string) string { return strings.ReplaceAll(s, "|", `\|`) }

func writeRule(b *strings.Builder, r *policies.Rule) {
	fmt.Fprintf(b, "\n## %s\n\n%s\n\n", r.ID, r.Title)
	why, instead := r.Explain()
	fmt.Fprintf(b, "- **Verdict**: %s", r.Compatibility)
	for i, h := range r.Hazards {
		fmt.Fprintf(b, "%s%s", []string{", for ", ", "}[min(i, 1)], h)
	}
	fmt.Fprintf(b, "\n- **Why**: %s\n- **Operation**: %s\n", why, operation(r))
	for _, f := range r.Facts {
		fmt.Fprintf(b, "- **%s**: %s\n", f.Versions, f.Text)
	}
	if r.Bad.SQL == "" {
		return
	}
	fmt.Fprintf(b, "\nIt speaks about:\n\n```sql\n%s\n```\n", strings.TrimSpace(r.Bad.SQL))
	if instead != "" {
		fmt.Fprintf(b, "\nInstead:\n\n```sql\n%s\n```\n", commented(instead))
	}
	fmt.Fprintf(b, "\nIt is silent about:\n\n```sql\n%s\n```\n", strings.TrimSpace(r.Good.SQL))
}

func operation(r *policies.Rule) string {
	parts := []string{}
	if r.Lock != "" {
		parts = append(parts, string(r.Lock))
	}
	if r.Rewrite {
		parts = append(parts, "rewrites the table")
	}
	if r.Scan {
		parts = append(parts, "reads the whole table")
	}
	if r.Blocks != policies.BlocksNobody {
		parts = append(parts, "blocks "+string(r.Blocks)+" meanwhile")
	}
	if len(parts) == 0 {
		return "nothing of note on the table itself"
	}
	return strings.Join(parts, ", ")
}

// commented makes comments of the sentences of an advice, so that the whole of it is SQL.
func commented(text string) string {
	lines := strings.Split(text, "\n")
	for i, l := range lines {
		if l != "" && !strings.HasPrefix(l, "--") && !strings.HasSuffix(l, ";") {
			lines[i] = "-- " + l
		}
	}
	return strings.Join(lines, "\n")
}

// TestExplainHasNoPlaces: what is told of a rule, and written into its documentation, names things and leaves no place open.
func TestExplainHasNoPlaces(t *testing.T) {
	for _, r := range policies.Rules() {
		why, instead := r.Explain()
		require.NotEmpty(t, why, r.ID)
		if r.Instead != "" {
			require.NotEmpty(t, instead, r.ID)
		}
		for _, text := range append([]string{why, instead, r.Title}, facts(&r)...) {
			require.NotRegexp(t, `\{[a-z]+\}`, text, r.ID)
		}
	}
	index, _ := policies.RuleByID("create-index")
	why, instead := index.Explain()
	require.Equal(t, "writes to note wait for as long as the index is built", why)
	require.Contains(t, instead, "CREATE INDEX CONCURRENTLY note_body ON note (body);")
}

func facts(r *policies.Rule) (texts []string) {
	for _, f := range r.Facts {
		texts = append(texts, f.Versions, f.Text)
	}
	return texts
}

// TestRulesDocs keeps docs/rules.md what the rules say.
func TestRulesDocs(t *testing.T) {
	const name = "../docs/rules.md"
	want := writeRules()
	if os.Getenv("TEAL_UPDATE") != "" {
		require.NoError(t, os.WriteFile(name, []byte(want), 0o644))
	}
	have, err := os.ReadFile(name)
	require.NoError(t, err, "write it with TEAL_UPDATE=1 go test ./policies -run Docs")
	require.Equal(t, want, string(have), "stale: write it anew with TEAL_UPDATE=1 go test ./policies -run Docs")
}
