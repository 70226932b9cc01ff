package policies_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"teal.dev/teal/internal/lab/labtest"
	"teal.dev/teal/policies"
)

const settingTable = "CREATE SCHEMA s; CREATE TABLE setting (id int PRIMARY KEY, value text); CREATE INDEX setting_v ON setting (value); INSERT INTO setting VALUES (1, 'a');"

// pending is a folder with the setting table, and these files not applied.
func pending(t *testing.T, bodies ...string) policies.Input {
	in := policies.Input{Policy: set(t), Now: day("2026-11-23 12:00"), Files: []policies.File{{Path: "m/0001_a.up.sql", Applied: true, Body: []byte(settingTable)}}}
	for i, b := range bodies {
		in.Files = append(in.Files, policies.File{Path: fmt.Sprintf("m/%04d_b.up.sql", i+2), Body: []byte(b)})
	}
	return in
}

// TestFixRenamesNoTableThatIsNeeded: a contract that says the table's name fails on the view that the name is by then.
func TestFixRenamesNoTableThatIsNeeded(t *testing.T) {
	in := pending(t, "ALTER TABLE setting RENAME COLUMN value TO val")
	column, err := policies.Fix(in, 1)
	require.NoError(t, err)
	for _, sql := range []string{"ALTER TABLE setting RENAME TO settings", "ALTER TABLE setting SET SCHEMA s"} {
		in.Files = append([]policies.File{in.Files[0]}, column.Files...)
		in.Files = append(in.Files, policies.File{Path: "m/0009_b.up.sql", Body: []byte(sql)})
		_, err = policies.Fix(in, len(in.Files)-1)
		require.ErrorContains(t, err, "which is not applied yet, needs setting by this name until the old version is gone, and by then that is a view: give the table its new name in a later release")

		table := split(t, settingTable, sql) // as it would be: the server refuses the contracts of the column
		c := connect(t, labtest.Postgres(t), settingTable)
		runFiles(t, c, column.Files, policies.PhaseExpand)
		runFiles(t, c, table, policies.PhaseExpand)
		last := column.Files[len(column.Files)-1]
		require.ErrorContains(t, runFile(t, c, &last), "\"setting_sync_val\" for table \"setting\" does not exist")

		for _, c := range []struct {
			want   string
			at     int
			bodies []string
		}{
			{"0002_b.up.sql works on setting too and is refused itself", 2, []string{"ALTER TABLE setting RENAME COLUMN value TO val", sql}},
			{"must run later: make a file of its own", 1, []string{"ALTER TABLE setting RENAME COLUMN value TO val;\n" + sql}},
			{"0002_b.up.sql, which is not applied yet, needs setting", 2, []string{"-- teal:contract\nALTER TABLE setting DROP COLUMN value", sql}},
		} {
			_, err := policies.Fix(pending(t, c.bodies...), c.at)
			require.ErrorContains(t, err, c.want, c.bodies)
		}
	}
	in = pending(t, "ALTER TABLE setting SET SCHEMA s", "-- teal:contract\nDROP INDEX CONCURRENTLY setting_v") // an index goes along
	_, err = policies.Fix(in, 1)
	require.ErrorContains(t, err, "0003_b.up.sql, which is not applied yet, needs setting")
	_, err = policies.Fix(pending(t, "ALTER TABLE setting RENAME TO settings", "-- teal:contract\nDROP INDEX CONCURRENTLY setting_v"), 1)
	require.NoError(t, err)
	_, err = policies.Fix(pending(t, "ALTER TABLE setting ADD COLUMN n int", "ALTER TABLE setting RENAME TO settings"), 2)
	require.NoError(t, err, "what runs before it still finds the table")
}

// TestFixRenamesTableThenColumn: in one file that works; in two the new files of the first would come after the second.
func TestFixRenamesTableThenColumn(t *testing.T) {
	for first, second := range map[string]string{"ALTER TABLE setting RENAME TO settings": "settings", "ALTER TABLE setting SET SCHEMA s": "s.setting"} {
		rename := "ALTER TABLE " + second + " RENAME COLUMN value TO val"
		_, err := policies.Fix(pending(t, first, rename), 1)
		require.ErrorContains(t, err, "0003_b.up.sql comes after it and works on "+second+" already, and the new files would come after that: put its statements behind this one, into one file")

		_, err = policies.Fix(pending(t, first+";\n"+rename), 1)
		require.ErrorContains(t, err, "the table was called setting when the index setting_v was made")
		const plain = settingTable + "DROP INDEX setting_v;"
		files := split(t, plain, first+";\n"+rename)
		c := connect(t, labtest.Postgres(t), plain)
		runFiles(t, c, files, policies.PhaseExpand)
		execute(t, c, "INSERT INTO setting VALUES (2, 'old'); UPDATE setting SET value = 'b' WHERE id = 1; INSERT INTO "+second+" (id, val) VALUES (3, 'new')")
		require.Equal(t, "1b,2old,3new", text(t, c, "SELECT string_agg(id || value, ',' ORDER BY id) FROM setting", ""))
		runFiles(t, c, files, policies.PhaseContract)
		require.Equal(t, "1b,2old,3new", text(t, c, "SELECT string_agg(id || val, ',' ORDER BY id) FROM "+second, ""))

		in := pending(t, rename) // the expand files of the first are applied, its contract is not
		in.Files[1].Path = "m/0009_c.up.sql"
		for i, f := range split(t, settingTable, first) {
			f.Applied = i == 0
			in.Files = slices.Insert(in.Files, i+1, f)
		}
		_, err = policies.Fix(in, 3)
		require.ErrorContains(t, err, "the old version reads "+second+" through the view setting until 0004_b_2.up.sql drops it: give value its new name in a later release")
	}
}

// TestFixGivesNoNameTwice: also not one that a contract gives which runs later.
func TestFixGivesNoNameTwice(t *testing.T) {
	const check = "CHECK (value <> '')"
	files, err := policies.Fix(pending(t, "-- teal:contract\nALTER TABLE setting ADD CONSTRAINT setting_value_nn "+check+" NOT VALID", "ALTER TABLE setting ALTER value SET NOT NULL"), 2)
	require.NoError(t, err)
	require.Contains(t, string(files.Files[0].Body), "ADD CONSTRAINT setting_value_nn2 CHECK (value IS NOT NULL)")
}
