package field

import (
	"testing"

	"github.com/stretchr/testify/require"

	"teal.dev/teal/internal/oracle"
	"teal.dev/teal/policies"
)

func two() Sample {
	return sample(oracle.Case{Path: "drop-column/bad.txtar", Files: []policies.File{
		{Path: "0002_a.up.sql", Body: []byte("-- teal:contract\nALTER TABLE a DROP COLUMN b;\n-- and\nDROP TABLE\n  c;\n")},
		{Path: "0003_b.up.sql", Body: []byte("SELECT 1")},
	}})
}

func TestAPlaceBelongsToAStatement(t *testing.T) {
	s := two()
	require.Len(t, s.Spots, 3)
	require.Equal(t, "\nALTER TABLE a", string(s.Files[0].Body[:14]), "nobody is told of the mark, and lines keep their numbers")
	for _, c := range []struct{ file, line, column, want int }{
		{0, 1, 1, 1}, {0, 2, 1, 1}, {0, 2, 15, 1}, {0, 3, 1, 2}, {0, 4, 1, 2}, {0, 5, 3, 2}, {0, 6, 1, whole}, {0, 99, 1, whole}, {1, 1, 8, 3},
	} {
		require.Equal(t, c.want, s.at(c.file, s.offset(c.file, c.line, c.column)), "%+v", c)
	}
	require.Equal(t, 2, s.quoted("DROP TABLE c;"))
	require.Equal(t, 1, s.quoted("ALTER TABLE a DROP…"), "cut short")
	require.Equal(t, whole, s.quoted("DROP TABLE d"))
	require.Equal(t, whole, s.quoted(""))
}

func TestTheFirstStatementsAlone(t *testing.T) {
	s := two()
	c := s.prefix(1)
	require.Len(t, c.Files, 1)
	require.Equal(t, "\nALTER TABLE a DROP COLUMN b;", string(c.Files[0].Body))
	require.Len(t, s.Files, 2, "the sample itself is whole")
	c = s.prefix(3)
	require.Len(t, c.Files, 2)
}

func TestTheHashIsOfWhatIsMeasured(t *testing.T) {
	s := two()
	c := s.Case
	c.Want, c.About = "other", "other"
	require.Equal(t, s.Hash, sample(c).Hash)
	c.Old = []oracle.Old{{SQL: "SELECT 1"}}
	require.NotEqual(t, s.Hash, sample(c).Hash)
}

func TestStyleIsByNameOrByBeginning(t *testing.T) {
	require.NotEmpty(t, style("squawk", "prefer-text-field"))
	require.NotEmpty(t, style("squawk", "require-lock-timeout"))
	require.Empty(t, style("squawk", "ban-drop-column"))
	require.Empty(t, style("pgfence", "require-lock-timeout"), "another tool's word")
}

func TestSayingCountsOnlyAboutTheStatement(t *testing.T) {
	s := two()
	x := subject{Sample: &s, findings: map[string][]Finding{"squawk": {
		{Statement: 1, Rule: "ban-drop-column", Level: Fails}, {Statement: 2, Rule: "prefer-robust-stmts", Level: Fails},
	}, "atlas": {{Statement: whole, Rule: "cannot read the schema", Level: NoAnswer}}, "pgfence": {{Statement: whole, Rule: "error", Level: Fails}}}}
	squawk, pgfence, atlas := Row{"squawk", "", anything}, Row{"pgfence", "", failing}, Row{"atlas", "", anything}
	require.Equal(t, []string{"ban-drop-column"}, x.said(squawk, nil))
	require.Equal(t, []string{"ban-drop-column"}, x.said(squawk, []int{1, 3}))
	require.Empty(t, x.said(squawk, []int{2}), "style")
	require.Equal(t, []string{"error"}, x.said(pgfence, []int{3}), "about the file, and so about each statement")
	require.Empty(t, x.said(atlas, nil))
}
