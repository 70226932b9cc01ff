package main

import (
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/stretchr/testify/require"

	"teal.dev/teal/policies"
)

// gosec ships the official schema of SARIF among its test data; the proxy's copy of this version never changes.
const sarifModule = "github.com/securego/gosec/v2@v2.29.0"

// officialSARIF is the schema that OASIS publishes, out of the module cache.
func officialSARIF(t *testing.T) *jsonschema.Schema {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), "go", "mod", "download", "-json", sarifModule).Output()
	require.NoError(t, err, "the official schema comes out of %s: the module proxy must be within reach, once", sarifModule)
	var module struct{ Dir string }
	require.NoError(t, json.Unmarshal(out, &module))
	data, err := os.ReadFile(filepath.Join(module.Dir, "report/sarif/testdata/sarif-schema-2.1.0.json"))
	require.NoError(t, err)
	require.Contains(t, string(data), "Static Analysis Results Format (SARIF) Version 2.1.0")
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(data))
	require.NoError(t, err)
	c := jsonschema.NewCompiler()
	require.NoError(t, c.AddResource("sarif.json", doc))
	s, err := c.Compile("sarif.json")
	require.NoError(t, err)
	return s
}

// TestSARIFFollowsTheStandard validates the report on the bad example of every rule, and the empty report.
func TestSARIFFollowsTheStandard(t *testing.T) {
	schema := officialSARIF(t)
	set, err := policies.NewSet()
	require.NoError(t, err)
	all := policies.Report{Decision: policies.Allow, Files: []policies.FileReport{}}
	for _, r := range policies.Rules() {
		in := policies.Input{Policy: set, Now: time.Now(), Server: r.Bad.Server, Files: []policies.File{
			{Path: "0001_before.up.sql", Body: []byte(r.Bad.Before), Applied: true},
			{Path: "odd dir/ä/0002_" + r.ID + ".up.sql", Phase: r.Bad.Phase, Body: []byte(r.Bad.SQL)}}}
		all.Files = append(all.Files, policies.Check(in).Files...)
	}
	for _, report := range []policies.Report{all, {Decision: policies.Allow, Files: []policies.FileReport{}}} {
		var b bytes.Buffer
		require.NoError(t, printReport(&b, "sarif", "", report))
		doc, err := jsonschema.UnmarshalJSON(&b)
		require.NoError(t, err)
		require.NoError(t, schema.Validate(doc))
	}
	require.Greater(t, len(sarif(all)["runs"].([]object)[0]["results"].([]object)), 100)
}

// TestSARIFValidatorBites: the schema refuses what is not SARIF.
func TestSARIFValidatorBites(t *testing.T) {
	schema := officialSARIF(t)
	for _, text := range []string{`{}`, `{"version":"2.1.0","runs":[{"tool":{}}]}`,
		`{"version":"2.1.0","runs":[{"tool":{"driver":{"name":"teal"}},"results":[{"level":"bad","message":{"text":"x"}}]}]}`} {
		doc, err := jsonschema.UnmarshalJSON(bytes.NewReader([]byte(text)))
		require.NoError(t, err)
		require.Error(t, schema.Validate(doc), text)
	}
}

// TestFingerprintsDiffer: two findings without a statement in one file are two findings to GitLab and GitHub.
func TestFingerprintsDiffer(t *testing.T) {
	f := policies.FileReport{Path: "policies/a.yaml"}
	first, second := policies.Entry{Rule: "unused-waiver", Finding: policies.Finding{Line: 3}}, policies.Entry{Rule: "unused-waiver", Finding: policies.Finding{Line: 4}}
	require.NotEqual(t, fingerprint(&f, &first), fingerprint(&f, &second))
	moved := policies.Entry{Rule: "drop-column", Finding: policies.Finding{Line: 3, SQL: "DROP"}}
	again := policies.Entry{Rule: "drop-column", Finding: policies.Finding{Line: 9, SQL: "DROP"}}
	require.Equal(t, fingerprint(&f, &moved), fingerprint(&f, &again), "a statement that moves is the same one")
}
