package policies_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"teal.dev/teal/policies"
)

// TestCascadeIsListed: what a CASCADE is known to take along is named.
func TestCascadeIsListed(t *testing.T) {
	const before = "CREATE TABLE person (id bigint PRIMARY KEY, code text CONSTRAINT one_code UNIQUE);\n" +
		"CREATE TABLE note (id bigint, by bigint CONSTRAINT note_by REFERENCES person (id), c text CONSTRAINT note_c REFERENCES person (code));\n" +
		"CREATE VIEW people AS SELECT id FROM person;\nCREATE VIEW more AS SELECT * FROM people;\nCREATE VIEW other AS SELECT id FROM note;"
	r := judge(set(t), policies.Example{Before: before, SQL: "DROP TABLE person CASCADE"})
	require.Contains(t, entries(r, "drop-table-cascade")[0].Why, "known to go with it: constraint note_by of note, constraint note_c of note, view more, view people")
	r = judge(set(t), policies.Example{Before: before, SQL: "ALTER TABLE person DROP COLUMN code CASCADE"})
	require.Contains(t, entries(r, "drop-column-cascade")[0].Why, "known to go with it: constraint note_c of note, constraint one_code of person")
}
