package policies_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"teal.dev/teal/policies"
)

// TestTheCaretStandsBelowTheName: in statements of one line and of several, behind other text, with tabs and letters of
// more than one byte.
func TestTheCaretStandsBelowTheName(t *testing.T) {
	r := judge(set(t), policies.Example{Before: noteSchema, SQL: "-- a\nCREATE TABLE x (id int); ALTER TABLE note DROP COLUMN body;\nALTER TABLE \"nöte\"\n\tADD COLUMN n int,\n\tDROP COLUMN title;"})
	found := entries(r, "drop-column")
	require.Len(t, found, 2)
	require.Equal(t, policies.Span{Line: 2, Column: 55, End: 59}, found[0].Span())
	require.Equal(t, policies.Span{Line: 5, Column: 14, End: 19}, found[1].Span())
	require.Contains(t, r.Text(), "    2 | ALTER TABLE note DROP COLUMN body\n      |                              ^^^^\n")
	require.Contains(t, r.Text(), "    5 | … \tDROP COLUMN title\n      |   \t            ^^^^^\n")
}

const noteSchema = "CREATE TABLE note (id bigint, body text);\nCREATE TABLE \"nöte\" (title text);"
