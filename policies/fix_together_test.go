package policies_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"teal.dev/teal/internal/lab/labtest"
	"teal.dev/teal/policies"
)

// TestFixMovesWhatMustComeAfter: where another file that is not applied works on the same tables, the split takes it along, so
// that nothing comes too late and every contract stands above the expand files on its tables: the runner takes the folder.
func TestFixMovesWhatMustComeAfter(t *testing.T) {
	dsn := labtest.Postgres(t)
	for name, c := range map[string]struct {
		files string // after the schema, "number_name: sql" by lines; the first refused one is split, then the next
		want  string // the folder then
	}{
		"a later file": {"7_a: CREATE INDEX i ON note (n)\n8_b: ALTER TABLE note ADD COLUMN z int",
			"9_a_1: CREATE INDEX CONCURRENTLY i ON note (n);\n10_b: ALTER TABLE note ADD COLUMN z int"},
		"one that works on something else stays": {"7_a: CREATE INDEX i ON note (n)\n8_b: ALTER TABLE person ADD COLUMN z int",
			"8_b: ALTER TABLE person ADD COLUMN z int\n9_a_1: CREATE INDEX CONCURRENTLY i ON note (n);"},
		"two that are refused": {"7_a: ALTER TABLE note ADD COLUMN m int; ALTER TABLE note DROP COLUMN n\n8_b: ALTER TABLE note ADD COLUMN o int; ALTER TABLE note DROP COLUMN body",
			"9_a_1: ALTER TABLE note ADD COLUMN m int;\n10_b_1: ALTER TABLE note ADD COLUMN o int;\n11_a_2: -- teal:contract ALTER TABLE note DROP COLUMN n;\n12_b_2: -- teal:contract ALTER TABLE note DROP COLUMN body;"},
		"an earlier contract": {"7_c: -- teal:contract;ALTER TABLE note DROP COLUMN n\n8_b: ALTER TABLE note ADD COLUMN o int; CREATE INDEX j ON note (body)",
			"9_b_1: ALTER TABLE note ADD COLUMN o int;\n10_b_2: CREATE INDEX CONCURRENTLY j ON note (body);\n11_c: -- teal:contract ALTER TABLE note DROP COLUMN n"},
		"a later contract": {"7_b: CREATE INDEX j ON note (body)\n8_c: -- teal:contract;DROP VIEW titles\n9_d: -- teal:contract;ALTER TABLE note DROP COLUMN n",
			"8_c: -- teal:contract DROP VIEW titles\n10_b_1: CREATE INDEX CONCURRENTLY j ON note (body);\n11_d: -- teal:contract ALTER TABLE note DROP COLUMN n"},
		"what follows from what follows": {"7_a: CREATE INDEX i ON note (n)\n8_b: ALTER TABLE note ADD COLUMN z bigint; COMMENT ON TABLE person IS 'x'\n9_c: ALTER TABLE person ADD COLUMN y int\n10_d: CREATE TABLE other (id int)",
			"10_d: CREATE TABLE other (id int)\n11_a_1: CREATE INDEX CONCURRENTLY i ON note (n);\n12_b: ALTER TABLE note ADD COLUMN z bigint; COMMENT ON TABLE person IS 'x'\n13_c: ALTER TABLE person ADD COLUMN y int"},
		"a column that takes another name, twice refused": {"7_a: ALTER TABLE note RENAME COLUMN body TO words\n8_b: ALTER TABLE note ALTER COLUMN n TYPE bigint", ""},
	} {
		t.Run(name, func(t *testing.T) {
			in := policies.Input{Policy: set(t), Now: day("2026-11-23 12:00"), Files: []policies.File{{Path: "m/1_s.up.sql", Applied: true, Body: []byte(fixSchema)}}}
			for line := range strings.Lines(c.files) {
				name, sql, _ := strings.Cut(strings.TrimSpace(line), ": ")
				in.Files = append(in.Files, policies.File{Path: "m/" + name + ".up.sql", Body: []byte(strings.ReplaceAll(sql, "contract;", "contract\n"))})
			}
			require.Equal(t, policies.Deny, policies.Check(in).Decision, "nothing is refused")
			for i := 0; i < len(in.Files); i++ {
				if decided(in, in.Files[i].Path) != policies.Deny {
					continue
				}
				split, err := policies.Fix(in, i)
				require.NoError(t, err)
				require.Equal(t, in.Files[i].Path, split.Replaces[0])
				in.Files = append(slices.DeleteFunc(in.Files, func(f policies.File) bool { return slices.Contains(split.Replaces, f.Path) }), split.Files...)
				i = 0
			}
			require.NotEqual(t, policies.Deny, policies.Check(in).Decision)
			plannable(t, in.Files)
			got := []string{}
			for _, f := range in.Files[1:] {
				got = append(got, strings.TrimSuffix(strings.TrimPrefix(f.Path, "m/"), ".up.sql")+": "+short(f.Body))
			}
			if c.want != "" {
				require.Equal(t, c.want, strings.Join(got, "\n"))
			}
			expand := func(f policies.File) bool { return policies.PhaseOf(f.Path, f.Phase, f.Body) == policies.PhaseExpand }
			late := slices.DeleteFunc(slices.Clone(in.Files[1:]), expand)
			apply(t, dsn, append(slices.DeleteFunc(slices.Clone(in.Files[1:]), func(f policies.File) bool { return !expand(f) }), late...))
		})
	}
}

func decided(in policies.Input, path string) policies.Action {
	for _, f := range policies.Check(in).Files {
		if f.Path == path {
			return f.Decision
		}
	}
	return policies.Allow
}

// What was split and not deleted yet is not split again, and where a file that must move cannot be split nothing is written.
func TestFixLeavesWhatIsDoneAndWhatCannotMove(t *testing.T) {
	in := fixInput(t, "CREATE INDEX i ON note (n)")
	split, err := policies.Fix(in, 1)
	require.NoError(t, err)
	in.Files = append(in.Files, split.Files...)
	_, err = policies.Fix(in, 1)
	require.EqualError(t, err, "its split is written already, from 0008_b_1.up.sql on: delete it")

	in = fixInput(t, "CREATE INDEX i ON note (n)", policies.File{Path: "m/0008_c.up.sql", Body: []byte("ALTER TABLE note RENAME COLUMN id TO key")})
	_, err = policies.Fix(in, 1)
	require.ErrorContains(t, err, "0008_c.up.sql works on the same tables and must move with it, and cannot be split: line 1: ")
}
