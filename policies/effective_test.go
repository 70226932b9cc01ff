package policies_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"teal.dev/teal/policies"
)

func named(t *testing.T, name, text string) policies.Policy {
	t.Helper()
	p, err := policies.ParsePolicy(name, []byte(text))
	require.NoError(t, err)
	return p
}

// TestEffective: each decision names the line that it comes from, and the one that it takes the place of.
func TestEffective(t *testing.T) {
	s := set(t,
		named(t, "a.yaml", "version: 1\nhazards:\n  row-shape: approve\nrules: {drop-column: {action: approve, role: owner}}\n"),
		named(t, "b.yaml", "version: 1\napply: {apps: [shop]}\nhazards:\n  row-shape:\n    action: deny\noperations: {scan: {action: warn, over_rows: 5}}\n"),
		named(t, "c.yaml", "version: 1\napply: {tables: [\"ledger_*\"]}\nhazards: {row-shape: deny}\n"))
	find := func(app, key string) (out []string) {
		for _, d := range s.Effective(app) {
			if d.Key == key {
				line := fmt.Sprintf("%s %s %d %v from %s", d.Action, d.Role, d.OverRows, d.Tables, d.From)
				if d.Over != nil {
					line += " over " + d.Over.String()
				}
				out = append(out, line)
			}
		}
		return out
	}
	require.Equal(t, []string{"deny  0 [ledger_*] from c.yaml:3 over built in, line 6", "deny  0 [] from b.yaml:5 over built in, line 6"}, find("shop", "hazards.row-shape"))
	require.Equal(t, []string{"deny  0 [ledger_*] from c.yaml:3 over built in, line 6", "approve dba 0 [] from a.yaml:3 over built in, line 6"}, find("web", "hazards.row-shape"))
	require.Equal(t, []string{"approve owner 0 [] from a.yaml:4"}, find("web", "rules.drop-column"))
	require.Equal(t, []string{"warn  5 [] from b.yaml:6 over built in, line 17"}, find("shop", "operations.scan"))
	require.Equal(t, []string{"deny  0 [] from built in, line 12"}, find("web", "hazards.unparsable"))
	keys := []string{}
	for _, d := range s.Effective("shop") {
		keys = append(keys, d.Key)
	}
	require.True(t, slices.IsSorted(keys), "%v", keys)
}

// TestWindowsAndWaiversOfAnApp: what holds for an app is shown as it stands in the files, with what it means now.
func TestWindowsAndWaiversOfAnApp(t *testing.T) {
	s := set(t,
		named(t, "a.yaml", "version: 1\napply: {apps: [shop]}\nfreeze:\n  - {days: [sun, friday], from: \"16:00\", to: \"02:00\", zone: Europe/Berlin, reason: peak}\n  - {from: \"09:30\"}\n"),
		named(t, "b.yaml", "version: 1\nwaivers:\n  - {rule: drop-column, app: shop, migration: \"0007\", owner: ana, reason: empty, until: 2026-11-19}\n"+
			"  - {rule: drop-table, owner: bo, reason: unused, until: 2026-11-20}\n  - {rule: drop-table, app: pay, owner: bo, reason: unused, until: 2026-11-20}\n"))
	now := day("2026-11-20 23:59") // a Friday, and the last minute of the second waiver
	require.Equal(t, []policies.EffectiveWindow{
		{Days: []string{"fri", "sun"}, From: "16:00", To: "02:00", Zone: "Europe/Berlin", Reason: "peak", Open: true, At: policies.Place{File: "a.yaml", Line: 4}},
		{Days: []string{"mon", "tue", "wed", "thu", "fri", "sat", "sun"}, From: "09:30", To: "24:00", Zone: "UTC", Open: true, At: policies.Place{File: "a.yaml", Line: 5}},
	}, s.Windows("shop", now))
	require.Empty(t, s.Windows("pay", now))
	require.False(t, s.Windows("shop", day("2026-11-20 09:29"))[1].Open)
	require.Equal(t, []policies.EffectiveWaiver{
		{Rule: "drop-column", Migration: "0007", Owner: "ana", Reason: "empty", Until: "2026-11-19", Expired: true, At: policies.Place{File: "b.yaml", Line: 3}},
		{Rule: "drop-table", Owner: "bo", Reason: "unused", Until: "2026-11-20", At: policies.Place{File: "b.yaml", Line: 4}},
	}, s.Waivers("shop", now))
	require.True(t, s.Waivers("shop", day("2026-11-21 00:00"))[1].Expired)
	require.Len(t, s.Waivers("pay", now), 2)
	require.Len(t, s.Waivers("web", now), 1)
}

// TestEffectiveIsWhatCheckDoes: a policy's own word on a rule is what a check of its bad example comes to.
func TestEffectiveIsWhatCheckDoes(t *testing.T) {
	s := set(t, named(t, "a.yaml", "version: 1\nrules: {add-column: approve}\n"))
	for _, d := range s.Effective("shop") {
		if d.Key != "rules.add-column" {
			continue
		}
		r, _ := policies.RuleByID("add-column")
		require.Equal(t, d.Action, entries(judge(s, r.Bad), "add-column")[0].Decision)
		return
	}
	t.Fatal("no decision about add-column")
}

// TestCompare: two policies, one migration.
func TestCompare(t *testing.T) {
	ex := policies.Example{Before: "CREATE TABLE note (id bigint, body text);", SQL: "ALTER TABLE note ADD COLUMN a int;\nALTER TABLE note ADD COLUMN b int;\nALTER TABLE note ALTER COLUMN body SET DEFAULT 'x';"}
	old := judge(set(t), ex)
	strict := judge(set(t, named(t, "a.yaml", "version: 1\nhazards: {row-shape: deny}\n")), ex)
	changes := policies.Compare(old, strict)
	require.Equal(t, []policies.Change{
		{Path: "0002_example.up.sql", Line: 1, Rule: "add-column", SQL: "ALTER TABLE note ADD COLUMN a int", Old: policies.Warn, New: policies.Deny},
		{Path: "0002_example.up.sql", Line: 2, Rule: "add-column", SQL: "ALTER TABLE note ADD COLUMN b int", Old: policies.Warn, New: policies.Deny}}, changes)
	require.True(t, changes[0].Stricter())
	require.False(t, policies.Compare(strict, old)[0].Stricter())
	require.Empty(t, policies.Compare(old, old))
}

// TestSizes: what a policy says of tables by their size, of one whose size nobody knows, and of one never counted.
func TestSizes(t *testing.T) {
	s := set(t, named(t, "a.yaml", "version: 1\noperations: {scan: {action: approve, over_rows: 1000, unknown: warn}}\nrules: {drop-column: {action: deny, over_rows: 10}}\n"))
	in := policies.Input{Policy: s, Now: day("2026-11-23 12:00")}
	for _, c := range []struct {
		rows map[string]int64
		sql  string
		want policies.Action
	}{
		{nil, "ALTER TABLE note VALIDATE CONSTRAINT c", policies.Warn},
		{map[string]int64{"public.note": 1000}, "ALTER TABLE note VALIDATE CONSTRAINT c", policies.Allow},
		{map[string]int64{"public.note": 1001}, "ALTER TABLE public.note VALIDATE CONSTRAINT c", policies.Approve},
		{map[string]int64{"note": -1}, "ALTER TABLE note VALIDATE CONSTRAINT c", policies.Warn},
		{map[string]int64{"note": 10}, "ALTER TABLE note DROP COLUMN body", policies.Allow},
		{map[string]int64{"note": 11}, "ALTER TABLE note DROP COLUMN body", policies.Deny},
		{nil, "ALTER TABLE note DROP COLUMN body", policies.Deny},
		// the built-in policy: what blocks a table of ten rows is over at once
		{map[string]int64{"note": 10}, "CREATE INDEX i ON note (n)", policies.Allow},
		{map[string]int64{"note": 1001}, "CREATE INDEX i ON note (n)", policies.Deny},
		{nil, "CREATE INDEX i ON note (n)", policies.Deny},
	} {
		in.Rows = c.rows
		r := decisionOf(t, in, c.sql, policies.PhaseContract)
		require.Equal(t, c.want, r.Decision, "%v: %s", c.rows, r.Text())
	}
	in.Rows, in.Policy = map[string]int64{"note": 1_200_000_000}, set(t)
	r := decisionOf(t, in, "ALTER TABLE note VALIDATE CONSTRAINT c", policies.PhaseExpand)
	require.Equal(t, policies.Warn, r.Decision, "reading a billion rows is worth a word")
	require.Contains(t, r.Text(), "note has about 1,200,000,000 rows")
}

// TestIdleWaivers: a waiver that has run out and one that nothing needs are findings, at their own line.
func TestIdleWaivers(t *testing.T) {
	p := named(t, "w.yaml", `version: 1
waivers:
  - {rule: drop-column, app: shop, migration: "0007", owner: a, reason: r, until: 2027-01-31}
  - {rule: drop-column, app: shop, migration: "0001", owner: a, reason: r, until: 2027-01-31}
  - {rule: drop-column, app: shop, migration: "0099", owner: a, reason: r, until: 2027-01-31}
  - {rule: drop-column, app: shop, owner: a, reason: r, until: 2026-01-31}
  - {rule: drop-column, app: shop, owner: a, reason: r, until: 2027-01-31}
  - {rule: drop-column, app: pay, owner: a, reason: r, until: 2026-01-31}`)
	in := policies.Input{Policy: set(t, p), App: "shop", Now: day("2026-11-23 12:00"), Files: []policies.File{
		{Path: "0001_a.up.sql", Applied: true, Body: []byte("CREATE TABLE note (id int);")}, {Path: "0007_b.up.sql", Body: []byte("COMMENT ON TABLE note IS 'x';")}}}
	r := policies.Check(in)
	require.Len(t, r.Files, 2)
	said := []string{}
	for _, e := range r.Files[1].Statements {
		said = append(said, fmt.Sprintf("%s:%d %s %s %s", r.Files[1].Path, e.Line, e.Decision, e.Rule, e.Why))
	}
	require.Equal(t, policies.PhasePolicy, r.Files[1].Phase)
	require.Equal(t, []string{
		"w.yaml:3 warn unused-waiver the waiver of drop-column by a is for 0007_b.up.sql, where the rule finds nothing to waive",
		"w.yaml:4 warn unused-waiver the waiver of drop-column by a is for 0001_a.up.sql, which is applied",
		"w.yaml:6 warn expired-waiver the waiver of drop-column by a ended on 2026-01-31"}, said)
	require.Equal(t, policies.Warn, r.Decision)
}
