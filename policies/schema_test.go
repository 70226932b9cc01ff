package policies_test

import (
	"bytes"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v4"

	"teal.dev/teal/policies"
)

func compiled(t *testing.T, schema []byte, err error) *jsonschema.Schema {
	t.Helper()
	require.NoError(t, err)
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(schema))
	require.NoError(t, err)
	c := jsonschema.NewCompiler()
	require.NoError(t, c.AddResource("schema.json", doc))
	s, err := c.Compile("schema.json")
	require.NoError(t, err)
	return s
}

// judged says what the schema thinks of a YAML text.
func judged(t *testing.T, s *jsonschema.Schema, text string) error {
	t.Helper()
	var v any
	require.NoError(t, yaml.Unmarshal([]byte(text), &v))
	return s.Validate(v)
}

// TestSchemaAgreesWithTheParser: what one takes the other takes.
func TestSchemaAgreesWithTheParser(t *testing.T) {
	data, err := policies.Schema()
	s := compiled(t, data, err)
	for text, ok := range map[string]bool{
		policies.DefaultYAML():                             true,
		"version: 1\nx-owner: us\nhazards: {opaque: deny}": true,
		"version: 1\napply: {apps: [shop], tables: [\"ledger_*\"]}\nrules: {drop-column: {action: approve, role: dba, over_rows: 5}}":                            true,
		"version: 1\noperations: {scan: {action: warn, over_rows: 5, unknown: allow}}":                                                                           true,
		"version: 1\nfreeze: [{days: [fri], from: \"16:00\", to: \"24:00\", zone: Europe/Berlin}]":                                                               true,
		"version: 1\nwaivers: [{rule: set-not-null, app: shop, migration: \"0007\", owner: ana@example.com, reason: the table is empty, until: \"2027-01-31\"}]": true,
		"hazards: {opaque: deny}":                                          false,
		"version: 2":                                                       false,
		"version: 1\nhazard: {opaque: deny}":                               false,
		"version: 1\nhazards: {opaque: maybe}":                             false,
		"version: 1\nhazards: {opaque: {action: deny, over_rows: 5}}":      false,
		"version: 1\nrules: {drop-colum: deny}":                            false,
		"version: 1\nrules: {drop-column: {role: dba}}":                    false,
		"version: 1\nrules: {drop-column: {action: deny, over_rows: 0}}":   false,
		"version: 1\nfreeze: [{from: \"25:00\"}]":                          false,
		"version: 1\nfreeze: [{days: [someday]}]":                          false,
		"version: 1\nwaivers: [{rule: set-not-null, owner: a, reason: b}]": false,
	} {
		_, parsed := policies.ParsePolicy("p.yaml", []byte(text))
		require.Equal(t, ok, parsed == nil, "the parser: %s: %v", text, parsed)
		said := judged(t, s, text)
		require.Equal(t, ok, said == nil, "the schema: %s: %v", text, said)
	}
}

func TestTestSchemaAgreesWithTheParser(t *testing.T) {
	data, err := policies.TestSchema()
	s := compiled(t, data, err)
	for text, ok := range map[string]bool{
		"version: 1\ntests: [{name: a, app: pay, phase: contract, before: SELECT 1, sql: DROP TABLE t, rows: {t: 5}, date: \"2027-01-31\", want: allow, rule: drop-table}]": true,
		"version: 1\ntests: [{name: a, want: allow}]":                            false,
		"version: 1\ntests: [{name: a, sql: SELECT 1, want: perhaps}]":           false,
		"version: 1\ntests: [{name: a, sql: SELECT 1, want: allow, phase: now}]": false,
	} {
		_, parsed := policies.RunTests("p_test.yaml", []byte(text), set(t), day("2026-11-23 12:00"))
		require.Equal(t, ok, parsed == nil, "the parser: %s: %v", text, parsed)
		said := judged(t, s, text)
		require.Equal(t, ok, said == nil, "the schema: %s: %v", text, said)
	}
}
