package policies_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"teal.dev/teal/policies"
)

const reportJSON = `{
  "decision": "deny",
  "files": [
    {
      "path": "0007_x.up.sql",
      "phase": "expand",
      "sha256": "fcf7cc19e6bb02685661300c4e5ed0d972fea977cde1ad3deb9ac24d01089c23",
      "decision": "deny",
      "statements": [
        {
          "line": 1,
          "kind": "alter_table",
          "sql": "ALTER TABLE note ADD COLUMN c int CHECK (c \u003e 0)",
          "compatibility": "depends",
          "hazards": [
            "row-shape"
          ],
          "operation": {
            "locks": [
              {
                "object": "note",
                "level": "ACCESS EXCLUSIVE"
              }
            ],
            "rewrite": false,
            "scan": true
          },
          "rule": "add-column-check",
          "why": "the check is proven for every old row of note while nobody can read, even though the column is empty",
          "instead": "-- expand:\nALTER TABLE note ADD COLUMN c int;\nALTER TABLE note ADD CONSTRAINT note_c_check CHECK (c \u003e 0) NOT VALID;\n-- a later file:\nALTER TABLE note VALIDATE CONSTRAINT note_c_check;",
          "decision": "deny",
          "policy": [
            {
              "file": "default.yaml",
              "line": 16
            }
          ]
        },
        {
          "line": 2,
          "kind": "comment",
          "sql": "COMMENT ON TABLE note IS 'x'",
          "compatibility": "expand",
          "hazards": [],
          "operation": {
            "locks": [
              {
                "object": "note",
                "level": "SHARE UPDATE EXCLUSIVE"
              }
            ],
            "rewrite": false,
            "scan": false
          },
          "rule": "comment",
          "why": "nobody notices",
          "instead": "",
          "decision": "allow",
          "policy": []
        }
      ]
    }
  ]
}`

// TestReportJSON holds the report's format, which others read.
func TestReportJSON(t *testing.T) {
	r := decisionOf(t, policies.Input{Policy: set(t)}, "ALTER TABLE note ADD COLUMN c int CHECK (c > 0);\nCOMMENT ON TABLE note IS 'x'", policies.PhaseExpand)
	got, err := json.MarshalIndent(r, "", "  ")
	require.NoError(t, err)
	require.Equal(t, reportJSON, string(got))
	empty, err := json.Marshal(policies.Check(policies.Input{Policy: set(t)}))
	require.NoError(t, err)
	require.JSONEq(t, `{"decision":"allow","files":[]}`, string(empty))
}

func TestReportText(t *testing.T) {
	r := decisionOf(t, policies.Input{Policy: set(t)}, "ALTER TABLE note\n  RENAME COLUMN body TO content;\nALTER TABLE note RENAME COLUMN n TO m", policies.PhaseExpand)
	require.True(t, strings.HasPrefix(r.Text(), `0007_x.up.sql:1: deny: rename-column
    2 | …   RENAME COLUMN body TO content
      |                   ^^^^
  why: the running version still says body: every statement of it that names the column fails with 42703, from the moment of the rename
  instead: teal check --fix writes this where the column is simple: add the new column beside the old one, write both, move over, and drop the old one when the old version is gone
    -- expand:
    ALTER TABLE note ADD COLUMN content text;
`), r.Text())
	require.Contains(t, r.Text(), "    3 | ALTER TABLE note RENAME COLUMN n TO m\n      |                                ^\n")
	require.Contains(t, r.Text(), "deny: 1 file, 2 deny\n")
}

func TestPhaseOf(t *testing.T) {
	for _, tc := range []struct {
		path string
		told policies.Phase
		body string
		want policies.Phase
	}{
		{"0001.up.sql", "", "", policies.PhaseExpand},
		{"0001.up.sql", policies.PhaseAuto, "-- teal:contract\r\nSELECT 1", policies.PhaseContract},
		{"0001.up.sql", "", "--teal:contract", policies.PhaseContract},
		{"0001.up.sql", "", "-- teal:contracts", policies.PhaseExpand},
		{"0001.up.sql", "", "\n-- teal:contract", policies.PhaseExpand},
		{"contract/0001.up.sql", "", "", policies.PhaseContract},
		{"a/b/expand/0001.up.sql", "", "", policies.PhaseExpand},
		{`contract\0001.up.sql`, "", "", policies.PhaseContract},
		{"contract/0001.up.sql", policies.PhaseExpand, "", policies.PhaseExpand},
	} {
		require.Equal(t, tc.want, policies.PhaseOf(tc.path, tc.told, []byte(tc.body)), "%+v", tc)
	}
}

// TestKnownTables: what the database is known not to have is new, though the statement says IF NOT EXISTS.
func TestKnownTables(t *testing.T) {
	sql := "CREATE TABLE IF NOT EXISTS tag (id int);\nALTER TABLE tag RENAME COLUMN id TO no"
	require.Equal(t, policies.Deny, decisionOf(t, policies.Input{Policy: set(t)}, sql, policies.PhaseExpand).Decision)
	known := map[string][]string{"public.note": {"id"}}
	require.Equal(t, policies.Allow, decisionOf(t, policies.Input{Policy: set(t), Tables: known}, sql, policies.PhaseExpand).Decision)
	known["tag"] = []string{"id"}
	require.Equal(t, policies.Deny, decisionOf(t, policies.Input{Policy: set(t), Tables: known}, sql, policies.PhaseExpand).Decision)
}

// TestManyStatements would take minutes if a statement's cost grew with the number of those before it.
func TestManyStatements(t *testing.T) {
	var b strings.Builder
	for i := range 20000 {
		fmt.Fprintf(&b, "CREATE TABLE t%d (id int);\nALTER TABLE t%d ADD COLUMN a int;\nUPDATE note SET n = %d;\n", i, i, i)
	}
	r := decisionOf(t, policies.Input{Policy: set(t)}, b.String(), policies.PhaseExpand)
	require.Len(t, r.Files[0].Statements, 60000)
}

func FuzzCheck(f *testing.F) {
	for _, r := range policies.Rules() {
		f.Add(r.Bad.SQL)
	}
	s, err := policies.NewSet()
	require.NoError(f, err)
	f.Fuzz(func(t *testing.T, sql string) {
		r := policies.Check(policies.Input{Policy: s, Files: []policies.File{{Path: "1.up.sql", Body: []byte(sql)}}})
		require.Len(t, r.Files, 1)
		require.NotEmpty(t, r.Files[0].Statements, "something must be said about every file")
		for _, e := range r.Files[0].Statements {
			require.NotEmpty(t, e.Rule)
			require.NotEmpty(t, e.Why)
			require.NotNil(t, e.Hazards)
			require.NotNil(t, e.Operation.Locks)
			if e.Has(policies.UnparsableText) || e.Compatibility == policies.Never {
				require.Equal(t, policies.Deny, e.Decision)
			}
		}
		_ = r.Text()
	})
}

// TestAContractIsNotToldToBeOne: the advice to wait for the contract is nothing for a file that is one.
func TestAContractIsNotToldToBeOne(t *testing.T) {
	instead := func(body string) string {
		return policies.Check(policies.Input{Policy: set(t), Now: day("2026-11-23 12:00"), Files: []policies.File{{Path: "1_a.up.sql", Body: []byte(body)}}}).Files[0].Statements[0].Instead
	}
	require.Contains(t, instead("DELETE FROM orders;"), "; delete in a contract file")
	require.Equal(t, "change the meaning in a new column, filled with WHERE … IS NULL", instead("-- teal:contract\nDELETE FROM orders;"))
	require.Contains(t, instead("-- teal:contract\nCREATE UNIQUE INDEX CONCURRENTLY i ON orders (n);"), "duplicates")
	require.NotContains(t, instead("-- teal:contract\nCREATE UNIQUE INDEX CONCURRENTLY i ON orders (n);"), "contract file")
}
