package policies_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"teal.dev/teal/policies"
)

// TestRefusalsAreNamed: what the server will refuse is told with what is in the way, and what a DROP takes along is named.
func TestRefusalsAreNamed(t *testing.T) {
	const before = "CREATE TABLE person (id bigint PRIMARY KEY);\n" +
		"CREATE TABLE note (id bigint PRIMARY KEY, body text, n int, size int GENERATED ALWAYS AS (length(body)) STORED, by bigint REFERENCES person (id));\n" +
		"CREATE INDEX note_both ON note (n, id);\nCREATE STATISTICS note_stat ON n, id FROM note;\n" +
		"CREATE VIEW bodies AS SELECT body FROM note;\nCREATE POLICY own ON note USING (body <> '');\n" +
		"CREATE FUNCTION touch() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';\n" +
		"CREATE TRIGGER touch BEFORE UPDATE OF body ON note FOR EACH ROW EXECUTE FUNCTION touch();\n" +
		"CREATE VIEW joined AS SELECT body FROM note, person;"
	for _, c := range []struct{ sql, rule, why string }{
		{"ALTER TABLE note DROP COLUMN body", "drop-column", "the server refuses it while others need body: column size of note, policy own of note, trigger touch of note, view bodies"},
		{"ALTER TABLE note DROP COLUMN n", "drop-column", "what goes with it: index note_both, statistics note_stat"},
		{"DROP TABLE person", "drop-table", "the server refuses it while others need person: constraint note_by_fkey of note, view joined"},
		{"DROP FUNCTION touch()", "drop-function", "the server refuses it while others need touch: trigger touch of note"},
		{"ALTER TABLE note ADD COLUMN body text", "add-column", "the server refuses it: note has a column body already"},
	} {
		r := judge(set(t), policies.Example{Before: before, SQL: c.sql, Phase: policies.PhaseContract})
		found := entries(r, c.rule)
		require.NotEmpty(t, found, "%s: %s", c.sql, r.Text())
		require.Contains(t, found[0].Why, c.why, c.sql)
	}
	r := judge(set(t), policies.Example{Before: before + "\nDROP VIEW bodies; DROP TRIGGER touch ON note; DROP POLICY own ON note; ALTER TABLE note DROP COLUMN size;",
		SQL: "ALTER TABLE note DROP COLUMN body", Phase: policies.PhaseContract})
	found := entries(r, "drop-column")[0]
	require.Equal(t, policies.Contract, found.Compatibility)
	require.Contains(t, found.Why, "the server refuses it if one of these needs body: view joined")
}
