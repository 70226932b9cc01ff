package policies_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"teal.dev/teal/policies"
)

func policy(t *testing.T, text string) policies.Policy {
	t.Helper()
	p, err := policies.ParsePolicy("payments.yaml", []byte(text))
	require.NoError(t, err)
	return p
}

func day(s string) time.Time {
	t, err := time.Parse("2006-01-02 15:04", s)
	if err != nil {
		panic(err)
	}
	return t.UTC()
}

func TestParsePolicyIsStrict(t *testing.T) {
	for text, want := range map[string]string{
		"version: 1\nhazard: {}": `payments.yaml:2: unknown key "hazard"`,
		"version: 2":             "payments.yaml:1: version must be 1",
		"hazards: {}":            "does not say version: 1",
		"":                       "the file is empty",
		"version: 1\nhazards:\n  row-shapes: warn":                        `payments.yaml:3: unknown key "row-shapes" in hazards`,
		"version: 1\nhazards: {opaque: maybe}":                            `payments.yaml:2: hazards.opaque: "maybe" is no action`,
		"version: 1\nrules: {drop-colum: deny}":                           `unknown key "drop-colum" in rules`,
		"version: 1\nrules: {drop-column: {role: dba}}":                   "has no action",
		"version: 1\nhazards: {opaque: {action: warn, over_rows: 1}}":     `unknown key "over_rows"`,
		"version: 1\nrules: {drop-column: {action: warn, over_rows: 0}}":  "must be 1 or more",
		"version: 1\nrules: {drop-column: {action: warn, unknown: deny}}": "needs over_rows",
		"version: 1\nversion: 1":                                          `says "version" twice`,
		"version: 1\nfreeze: [{days: [someday]}]":                         `"someday" is no day`,
		"version: 1\nfreeze: [{zone: Mars/Olympus}]":                      `"Mars/Olympus" is no time zone`,
		"version: 1\nfreeze: [{from: 25:00}]":                             "no time of the day",
		"version: 1\nwaivers: [{rule: drop-column}]":                      "a waiver needs rule, owner, reason and until",
		"version: 1\nwaivers: [{rule: nope}]":                             `there is no rule "nope"`,
		"version: 1\napply: {apps: shop}":                                 "apply.apps must be a list",
		"version: 1\napply: {tables: [\"a[\"]}":                           "unclosed bracket",
		"version: 1\n- a":                                                 "payments.yaml",
		"version: 1\noperations: {blocks: {action: deny, over_rows: -1}}": "must be a whole number",
	} {
		_, err := policies.ParsePolicy("payments.yaml", []byte(text))
		require.ErrorContains(t, err, want, "%s", text)
	}
	policy(t, "version: 1\nx-owner: us\nhazards: {x-note: hi, opaque: deny}")
	require.True(t, policies.IsTestFile("payments_test.yaml"))
	require.False(t, policies.IsTestFile("payments.yaml"))
}

// TestParsePolicyTellsAll: one reading tells every problem of a file, each with its line, and each once.
func TestParsePolicyTellsAll(t *testing.T) {
	_, err := policies.ParsePolicy("p.yaml", []byte(`version: 2
apply: {apps: ["a[", "b["], tables: shop}
hazards:
  opaque: maybe
  opaqe: deny
rules:
  drop-colum: deny
  drop-column: {role: dba}
  drop-table: {action: warn, unknown: deny}
  set-not-null: {action: warn, over_rows: x, unknown: deny}
freeze: [{days: [fry, mon, son], from: 25:00, zone: Mars}]
waivers:
  - {rule: drop-colum, owner: "", until: soon}
`))
	require.EqualError(t, err, `p.yaml:1: version must be 1, not "2"
p.yaml:2: apply.apps: the pattern "a[" has an unclosed bracket
p.yaml:2: apply.apps: the pattern "b[" has an unclosed bracket
p.yaml:2: apply.tables must be a list
p.yaml:4: hazards.opaque: "maybe" is no action; write one of allow, warn, prove, approve, deny
p.yaml:5: unknown key "opaqe" in hazards: did you mean "opaque"?
p.yaml:7: unknown key "drop-colum" in rules: did you mean "drop-column"?
p.yaml:8: rules.drop-column has no action; write one of allow, warn, prove, approve, deny
p.yaml:9: rules.drop-table: unknown is for tables whose size nobody knows, so it needs over_rows
p.yaml:10: rules.set-not-null.over_rows must be a whole number, not "x"
p.yaml:11: "fry" is no day; write mon, tue, wed, thu, fri, sat or sun
p.yaml:11: "son" is no day; write mon, tue, wed, thu, fri, sat or sun
p.yaml:11: "25:00" is no time of the day; write "16:00", in quotes
p.yaml:11: "Mars" is no time zone; write one like Europe/Berlin
p.yaml:13: there is no rule "drop-colum": did you mean "drop-column"?
p.yaml:13: owner is empty
p.yaml:13: "soon" is no date; write 2027-01-31
p.yaml:13: a waiver needs rule, owner, reason and until; missing: reason`)
	var list policies.Problems
	require.ErrorAs(t, err, &list)
	require.Equal(t, policies.Problem{File: "p.yaml", Line: 13, Text: "owner is empty"}, list[15])
}

// TestParsePolicyEnds: a file that is wrong all over is told by its first lines, also where an alias says it again and again.
func TestParsePolicyEnds(t *testing.T) {
	many := "version: 1\nx-bad: &bad {" + strings.Repeat("a: 1, ", 1000) + "}\nwaivers: [" + strings.Repeat("*bad, ", 100_000) + "]"
	_, err := policies.ParsePolicy("p.yaml", []byte(many))
	var list policies.Problems
	require.ErrorAs(t, err, &list)
	require.Less(t, len(list), 200)
}

func decisionOf(t *testing.T, in policies.Input, sql string, phase policies.Phase) policies.Report {
	t.Helper()
	in.Files = []policies.File{{Path: "0001.up.sql", Applied: true, Body: []byte("CREATE TABLE note (id bigint, body text, n int);\nCREATE TABLE ledger_2020 (id bigint, note text);")},
		{Path: "0007_x.up.sql", Phase: phase, Body: []byte(sql)}}
	if in.App == "" {
		in.App = "shop"
	}
	if in.Now.IsZero() {
		in.Now = day("2026-11-23 12:00")
	}
	return policies.Check(in)
}

func TestDefaultPolicy(t *testing.T) {
	for _, tc := range []struct {
		sql   string
		phase policies.Phase
		want  policies.Action
	}{
		{"ALTER TABLE note ADD COLUMN extra text", policies.PhaseExpand, policies.Warn},
		{"ALTER TABLE note ALTER COLUMN title DROP NOT NULL", policies.PhaseExpand, policies.Warn},
		{"ALTER TABLE note ADD CONSTRAINT c CHECK (n > 0) NOT VALID", policies.PhaseExpand, policies.Approve},
		{"UPDATE note SET n = 1", policies.PhaseExpand, policies.Approve},
		{"CREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 1'", policies.PhaseExpand, policies.Approve},
		{"DO $$ BEGIN END $$", policies.PhaseExpand, policies.Approve},
		{"SELECT FROM WHERE", policies.PhaseExpand, policies.Deny},
		{"ALTER TABLE note RENAME COLUMN n TO m", policies.PhaseExpand, policies.Deny},
		{"ALTER TABLE note RENAME COLUMN n TO m", policies.PhaseContract, policies.Deny},
		{"ALTER TABLE note DROP COLUMN n", policies.PhaseExpand, policies.Deny},
		{"ALTER TABLE note DROP COLUMN n", policies.PhaseContract, policies.Allow},
		{"DROP TABLE note", policies.PhaseExpand, policies.Deny},
		{"DROP TABLE note", policies.PhaseContract, policies.Allow},
		{"CREATE INDEX i ON note (n)", policies.PhaseExpand, policies.Deny},
		{"CREATE INDEX CONCURRENTLY i ON note (n)", policies.PhaseExpand, policies.Allow},
		{"ALTER TABLE note ADD COLUMN u uuid DEFAULT gen_random_uuid()", policies.PhaseExpand, policies.Deny},
		{"ALTER TABLE note ADD EXCLUDE USING gist (n WITH =)", policies.PhaseExpand, policies.Approve},
	} {
		r := decisionOf(t, policies.Input{Policy: set(t)}, tc.sql, tc.phase)
		require.Equal(t, tc.want, r.Decision, "%s\n%s", tc.sql, r.Text())
	}
}

func TestSitePolicyReplacesTheKeysItNames(t *testing.T) {
	s := set(t, policy(t, "version: 1\napply: {apps: [shop, pay]}\nhazards: {row-shape: {action: approve, role: data}, old-writes-rejected: warn}"))
	in := policies.Input{Policy: s}
	r := decisionOf(t, in, "ALTER TABLE note ADD COLUMN extra text", policies.PhaseExpand)
	require.Equal(t, policies.Approve, r.Decision)
	require.Equal(t, []string{"data"}, r.Approvals(policies.PhaseExpand))
	require.Empty(t, r.Approvals(policies.PhaseContract))
	require.Equal(t, policies.Warn, decisionOf(t, in, "ALTER TABLE note ADD CONSTRAINT c CHECK (n > 0) NOT VALID", policies.PhaseExpand).Decision)
	require.Equal(t, policies.Approve, decisionOf(t, in, "UPDATE note SET n = 1", policies.PhaseExpand).Decision, "a key it does not name keeps its action")
	in.App = "other"
	require.Equal(t, policies.Warn, decisionOf(t, in, "ALTER TABLE note ADD COLUMN extra text", policies.PhaseExpand).Decision)
}

func TestPolicyByTableRuleAndSize(t *testing.T) {
	in := policies.Input{Policy: set(t, policy(t, "version: 1\napply: {tables: [\"ledger_*\"]}\nrules: {drop-column: {action: approve, role: audit}, create-index: warn}"))}
	r := decisionOf(t, in, "ALTER TABLE ledger_2020 DROP COLUMN note", policies.PhaseContract)
	require.Equal(t, policies.Approve, r.Decision)
	require.Equal(t, []string{"audit"}, r.Approvals(policies.PhaseContract))
	require.Equal(t, policies.Allow, decisionOf(t, in, "ALTER TABLE note DROP COLUMN n", policies.PhaseContract).Decision)
	require.Equal(t, policies.Deny, decisionOf(t, in, "ALTER TABLE ledger_2020 DROP COLUMN note", policies.PhaseExpand).Decision, "no policy opens this")
	require.Equal(t, policies.Warn, decisionOf(t, in, "CREATE INDEX i ON public.ledger_2020 (id)", policies.PhaseExpand).Decision, "a rule's action stands in for blocks")

	in = policies.Input{Policy: set(t, policy(t, "version: 1\noperations: {blocks: {action: deny, over_rows: 1000}}")), Rows: map[string]int64{"public.note": 1000}}
	require.Equal(t, policies.Allow, decisionOf(t, in, "CREATE INDEX i ON note (n)", policies.PhaseExpand).Decision)
	require.Equal(t, policies.Deny, decisionOf(t, in, "CREATE INDEX i ON ledger_2020 (id)", policies.PhaseExpand).Decision, "a table of unknown size is large")
	in.Rows["public.note"] = 1001
	require.Equal(t, policies.Deny, decisionOf(t, in, "CREATE INDEX i ON note (n)", policies.PhaseExpand).Decision)
}

func TestProveWithoutProver(t *testing.T) {
	r := decisionOf(t, policies.Input{Policy: set(t)}, "ALTER TABLE note ADD CONSTRAINT c CHECK (n > 0) NOT VALID", policies.PhaseExpand)
	require.Contains(t, r.Files[0].Statements[0].Why, "no evidence available")
	require.Equal(t, []string{"dba"}, r.Approvals(policies.PhaseExpand))
}

func TestWaivers(t *testing.T) {
	s := set(t, policy(t, `version: 1
waivers:
  - {rule: set-not-null, app: shop, migration: "0007", owner: ana@example.com, reason: the table is empty, until: 2027-01-31}`))
	sql := "ALTER TABLE note ALTER COLUMN n SET NOT NULL"
	in := policies.Input{Policy: s, Now: day("2027-01-31 23:59")}
	r := decisionOf(t, in, sql, policies.PhaseContract)
	require.Equal(t, policies.Allow, r.Decision, r.Text())
	require.Contains(t, r.Text(), "waived until 2027-01-31 by ana@example.com: the table is empty")
	in.Now = day("2027-02-01 00:00")
	r = decisionOf(t, in, sql, policies.PhaseContract)
	require.Equal(t, policies.Deny, r.Decision)
	require.Len(t, entries(r, "expired-waiver"), 1)
	in.Now, in.App = day("2027-01-01 00:00"), "pay"
	require.Equal(t, policies.Deny, decisionOf(t, in, sql, policies.PhaseContract).Decision)
}

func TestFreeze(t *testing.T) {
	p := policy(t, `version: 1
apply: {apps: [shop]}
freeze:
  - {days: [fri], from: "16:00", to: "24:00", zone: Europe/Berlin, reason: nobody is here}
  - {days: [sat, sun], zone: Europe/Berlin}
  - {days: [wed], from: "22:00", to: "02:00"}`)
	s := set(t, p)
	for at, until := range map[string]string{
		"2026-11-20 14:59": "", // Friday 15:59 in Berlin
		"2026-11-20 15:00": "2026-11-22 23:00",
		"2026-11-21 12:00": "2026-11-22 23:00",
		"2026-11-22 23:00": "",
		"2026-11-25 22:00": "2026-11-26 02:00",
		"2026-11-26 01:59": "2026-11-26 02:00",
		"2026-11-26 02:00": "",
		"2026-07-03 14:00": "2026-07-05 22:00", // summer time
	} {
		active, end, why := s.Frozen("shop", day(at))
		require.Equal(t, until != "", active, at)
		if until != "" {
			require.Equal(t, day(until), end, at)
			require.Contains(t, why, "payments.yaml")
		}
		active, _, _ = s.Frozen("other", day(at))
		require.False(t, active)
	}
	active, until, why := p.Frozen(day("2026-11-20 15:30"))
	require.True(t, active)
	require.Equal(t, day("2026-11-22 23:00"), until)
	require.Equal(t, "frozen by payments.yaml: nobody is here", why)
	always := policy(t, "version: 1\nfreeze: [{}]")
	active, _, _ = always.Frozen(day("2026-11-20 15:30"))
	require.True(t, active)
}

func TestRunTests(t *testing.T) {
	s := set(t, policy(t, "version: 1\napply: {tables: [\"ledger_*\"]}\nrules: {drop-column: {action: approve, role: dba}}"))
	out, err := policies.RunTests("payments_test.yaml", []byte(`version: 1
tests:
  - name: a ledger column is never dropped without us
    app: pay
    phase: contract
    sql: ALTER TABLE ledger_2020 DROP COLUMN note;
    want: approve
  - name: wrong
    sql: DROP TABLE note;
    want: allow
    rule: drop-table
`), s, day("2026-11-23 12:00"))
	require.NoError(t, err)
	require.Len(t, out, 2)
	require.True(t, out[0].Pass)
	require.False(t, out[1].Pass)
	require.Equal(t, 8, out[1].Line)
	require.Equal(t, policies.Deny, out[1].Got)
	require.Contains(t, out[1].Text, "deny: drop-table")
	require.False(t, out[1].Silent, "the rule has spoken: the decision is what is wrong")
	_, err = policies.RunTests("x_test.yaml", []byte("version: 1\ntests: [{name: a, sql: b, wants: deny}]"), s, time.Now())
	require.ErrorContains(t, err, `x_test.yaml:2: unknown key "wants"`)

	out, err = policies.RunTests("x_test.yaml", []byte("version: 1\ntests: [{name: a, sql: CREATE TABLE a (id int), want: allow, rule: drop-table}]"), s, time.Now())
	require.NoError(t, err)
	require.False(t, out[0].Pass)
	require.True(t, out[0].Silent)
	require.Equal(t, []string{"create-table"}, out[0].Spoke)

	_, err = policies.RunTests("x_test.yaml", []byte("version: 1\ntests:\n- {name: a, sql: b, want: deny, rule: drop-tabel}\n- {name: c, want: perhaps}"), s, time.Now())
	require.EqualError(t, err, "x_test.yaml:3: there is no rule \"drop-tabel\": did you mean \"drop-table\"?\n"+
		"x_test.yaml:4: want: \"perhaps\" is no action; write one of allow, warn, prove, approve, deny\n"+
		"x_test.yaml:4: a test needs name, sql and want; missing: sql")
}

func FuzzParsePolicy(f *testing.F) {
	f.Add([]byte(policies.DefaultYAML()))
	f.Add([]byte("version: 1\nfreeze: [{days: [fri], from: \"16:00\", zone: UTC}]\nwaivers: [{rule: drop-column, owner: a, reason: b, until: 2027-01-01}]"))
	f.Add([]byte("version: &a 1\napply: {apps: [*a]}"))
	f.Fuzz(func(t *testing.T, data []byte) {
		p, err := policies.ParsePolicy("p.yaml", data)
		if err != nil {
			require.True(t, strings.HasPrefix(err.Error(), "p.yaml"), err.Error())
			return
		}
		p.Frozen(day("2026-11-23 12:00"))
	})
}
