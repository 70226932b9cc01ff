package migrate_test

import (
	"crypto/sha256"
	"encoding/hex"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"
	"github.com/stretchr/testify/require"

	"teal.dev/teal/events"
	"teal.dev/teal/migrate"
	"teal.dev/teal/release"
)

// folder makes a folder of names and bodies in turn.
func folder(pairs ...string) events.Folder {
	var f events.Folder
	for i := 0; i < len(pairs); i += 2 {
		f = append(f, events.File{Name: pairs[i], Body: []byte(pairs[i+1])})
	}
	return f
}

func row(number uint64, track migrate.Track, body string) migrate.Row {
	sum := sha256.Sum256([]byte(body))
	return migrate.Row{Number: number, Track: track, Name: "gone.up.sql", Sum: "sha256:" + hex.EncodeToString(sum[:]), State: migrate.Applied, Release: "r" + release.ID(strconv.FormatUint(number, 10))}
}

func codes(problems []migrate.Problem) []string {
	out := []string{}
	for _, p := range problems {
		out = append(out, string(p.Code))
	}
	return out
}

// Every archive in testdata/migrations is a folder with the codes that it must give. Lines of the comment:
// "problems: a b", "warnings: a", "owes: 3", "applied: 1 2" (those files are in the ledger as they stand).
func TestScenarios(t *testing.T) {
	paths, err := filepath.Glob("../testdata/migrations/*.txtar")
	require.NoError(t, err)
	require.NotEmpty(t, paths)
	for _, path := range paths {
		t.Run(strings.TrimSuffix(filepath.Base(path), ".txtar"), func(t *testing.T) {
			data, err := os.ReadFile(path)
			require.NoError(t, err)
			archive := txtar.Parse(data)
			var f events.Folder
			for _, file := range archive.Files {
				f = append(f, events.File{Name: file.Name, Body: file.Data})
			}
			want := header(string(archive.Comment))
			plan := migrate.NewPlan(f, applied(t, f, want["applied"]), migrate.Options{})
			require.ElementsMatch(t, strings.Fields(want["problems"]), codes(plan.Problems), "%v", plan.Problems)
			require.ElementsMatch(t, strings.Fields(want["warnings"]), codes(plan.Warnings), "%v", plan.Warnings)
			sameLayout(t, f, applied(t, f, want["applied"]))
			if owes, ok := want["owes"]; ok {
				require.Equal(t, owes, numbers(plan.Owes))
			}
			for _, p := range plan.Problems {
				require.Regexp(t, `[;:,] .*`, p.Text, "a problem says what to do next")
				require.NotEmpty(t, p.File)
			}
		})
	}
}

// sameLayout requires that Layout says of a folder what NewPlan says, less what the statements of single files make wrong.
func sameLayout(t *testing.T, f events.Folder, ledger []migrate.Row) {
	t.Helper()
	plan := migrate.NewPlan(f, ledger, migrate.Options{})
	statements := []migrate.Code{migrate.NotUTF8, migrate.Unparsable, migrate.Control, migrate.NotAlone, migrate.MixedData, migrate.BadAnnotation}
	want := slices.DeleteFunc(plan.Problems, func(p migrate.Problem) bool { return slices.Contains(statements, p.Code) })
	problems, _ := migrate.Layout(f, ledger, migrate.Options{})
	require.ElementsMatch(t, want, problems)
}

func TestLayoutIsThePlansWord(t *testing.T) {
	for _, body := range []string{"", ";", "-- x", "/* create */", "/* a\nb */ ;", "(select 1);", "SELECT 1;", "create index Concurrently on a (id);",
		"CREATE INDEX CONCURRENTLY i ON a (id);", "\xff", "select 'a", "-- teal:contract\nalter table a drop b;", "begin;"} {
		f := folder("0001_a.up.sql", t1, "0003_c.up.sql", body, "0004_d.up.sql", t2, "0005_e.up.sql", t3, "0006_f.up.sql", body)
		sameLayout(t, f, nil)
		sameLayout(t, f, []migrate.Row{row(1, migrate.Expand, t1), row(4, migrate.Contract, t2), row(9, migrate.Expand, t2)})
	}
}

func header(comment string) map[string]string {
	want := map[string]string{}
	for line := range strings.Lines(comment) {
		key, value, ok := strings.Cut(line, ":")
		if ok {
			want[key] = strings.TrimSpace(value)
		}
	}
	return want
}

func applied(t *testing.T, f events.Folder, list string) []migrate.Row {
	var ledger []migrate.Row
	blank := migrate.NewPlan(f, nil, migrate.Options{})
	for _, word := range strings.Fields(list) {
		n, err := strconv.ParseUint(word, 10, 64)
		require.NoError(t, err)
		for _, file := range append(blank.Expand, blank.Contract...) {
			if file.Number == n {
				ledger = append(ledger, migrate.Row{Number: n, Track: file.Track, Name: file.Name, Sum: file.Sum, State: migrate.Applied, Release: "r1"})
			}
		}
	}
	return ledger
}

func numbers(list []uint64) string {
	var out []string
	for _, n := range list {
		out = append(out, strconv.FormatUint(n, 10))
	}
	return strings.Join(out, " ")
}

const t1, t2, t3 = "create table a (id int);", "alter table a add b int;", "-- teal:contract\nalter table a drop c;"

func TestLedgerContradictions(t *testing.T) {
	files := folder("0001_a.up.sql", t1, "0002_b.up.sql", t2, "0003_c.up.sql", t3)
	all := []migrate.Row{row(1, migrate.Expand, t1), row(2, migrate.Expand, t2)}

	plan := migrate.NewPlan(files, all, migrate.Options{})
	require.Empty(t, plan.Problems)
	require.Empty(t, plan.Pending(migrate.Expand))
	require.Equal(t, []uint64{3}, migrate.Numbers(plan.Pending(migrate.Contract)))
	require.Equal(t, []uint64{3}, plan.Owes)

	edited := folder("0001_a.up.sql", t1+" ", "0002_b.up.sql", t2, "0003_c.up.sql", t3)
	require.Equal(t, []string{"checksum"}, codes(migrate.NewPlan(edited, all, migrate.Options{}).Problems))

	renumbered := folder("0001_a.up.sql", t1, "0002_b.up.sql", t2, "0007_c.up.sql", t3)
	require.Empty(t, migrate.NewPlan(renumbered, all, migrate.Options{}).Problems, "what was never applied may be renumbered")

	late := []migrate.Row{row(2, migrate.Expand, t2)}
	require.Equal(t, []string{"out_of_order"}, codes(migrate.NewPlan(files, late, migrate.Options{}).Problems))

	moved := []migrate.Row{row(1, migrate.Expand, t1), row(2, migrate.Contract, t2)}
	require.Equal(t, []string{"track_changed"}, codes(migrate.NewPlan(files, moved, migrate.Options{}).Problems))

	shorter := folder("0001_a.up.sql", t1)
	require.Equal(t, []string{"orphan"}, codes(migrate.NewPlan(shorter, all, migrate.Options{}).Problems))
	rolledBack := func(id release.ID) bool { return id == "r2" }
	ended := migrate.NewPlan(shorter, all, migrate.Options{Ended: rolledBack})
	require.Empty(t, ended.Problems)
	require.Equal(t, []string{"orphan"}, codes(ended.Warnings))
	before := migrate.NewPlan(shorter, all, migrate.Options{Ended: rolledBack, Lasted: shorter})
	require.Empty(t, before.Problems, "what lasted does not carry it either")
	again := migrate.NewPlan(shorter, all, migrate.Options{Ended: rolledBack, Lasted: files})
	require.Equal(t, []string{"orphan"}, codes(again.Problems), "it was released again and lasted")
	require.Empty(t, again.Warnings)
}

func TestBaselinedFilesAreNotRead(t *testing.T) {
	broken := "create table 'never closed"
	baselined := row(1, migrate.Expand, broken)
	baselined.State = migrate.Baselined
	plan := migrate.NewPlan(folder("0001_a.up.sql", broken), []migrate.Row{baselined}, migrate.Options{})
	require.Empty(t, plan.Problems)
	require.Empty(t, plan.Pending(migrate.Expand))
}

func TestInterleaved(t *testing.T) {
	files := folder("0001_a.up.sql", t1, "0003_c.up.sql", t3, "0004_d.up.sql", "alter table public.a add d int;")
	plan := migrate.NewPlan(files, []migrate.Row{row(1, migrate.Expand, t1)}, migrate.Options{})
	require.Equal(t, []string{"interleaved"}, codes(plan.Problems))
	require.Contains(t, plan.Problems[0].Text, "renumber it above 4")

	other := folder("0001_a.up.sql", t1, "0003_c.up.sql", t3, "0004_d.up.sql", "alter table z add d int;")
	require.Empty(t, migrate.NewPlan(other, nil, migrate.Options{}).Problems)

	opaque := folder("0001_a.up.sql", t1, "0003_c.up.sql", t3, "0004_d.up.sql", "do $$begin end$$;")
	require.Equal(t, []string{"interleaved"}, codes(migrate.NewPlan(opaque, nil, migrate.Options{}).Problems))

	require.Empty(t, migrate.NewPlan(files, nil, migrate.Options{First: true}).Problems, "a first install runs in number order")
}

func TestOwedContractGoesFirst(t *testing.T) {
	old := folder("0001_a.up.sql", t1, "0003_c.up.sql", t3)
	owed := migrate.Options{Owed: []migrate.Owed{{Release: "r9", Folder: old, Numbers: []uint64{3}}}}
	ledger := []migrate.Row{row(1, migrate.Expand, t1)}

	touching := folder("0001_a.up.sql", t1, "0003_c.up.sql", t3, "0004_d.up.sql", t2)
	plan := migrate.NewPlan(touching, ledger, owed)
	require.Empty(t, plan.Problems, "owed is not interleaved")
	require.Equal(t, []release.ID{"r9"}, plan.After)
	require.Empty(t, plan.Owes, "the contract is owed by r9 already")

	apart := folder("0001_a.up.sql", t1, "0003_c.up.sql", t3, "0004_d.up.sql", "create table z (id int);")
	require.Empty(t, migrate.NewPlan(apart, ledger, owed).After)

	opaque := folder("0001_a.up.sql", t1, "0003_c.up.sql", t3, "0004_d.up.sql", "do $$begin end$$;")
	require.Equal(t, []release.ID{"r9"}, migrate.NewPlan(opaque, ledger, owed).After)

	paid := append(ledger, row(3, migrate.Contract, t3))
	require.Empty(t, migrate.NewPlan(touching, paid, owed).After)
}

func TestMergedIsNumberOrder(t *testing.T) {
	files := folder("contract/0002_b.up.sql", "alter table a drop c;", "expand/0001_a.up.sql", t1, "expand/0003_c.up.sql", t2)
	plan := migrate.NewPlan(files, nil, migrate.Options{First: true})
	require.Empty(t, plan.Problems)
	require.Equal(t, []uint64{1, 2, 3}, migrate.Numbers(plan.Merged()))
	names, opaque := plan.Relations()
	require.Len(t, names, 1)
	require.False(t, opaque)
}

func FuzzPlan(f *testing.F) {
	f.Add("0001_a.up.sql", []byte(t1), "expand/0002_b.up.sql", []byte(t3))
	f.Add("0001_a.up.sql", []byte("begin; $$"), "0001_b.up.SQL", []byte("\xff"))
	f.Fuzz(func(t *testing.T, n1 string, b1 []byte, n2 string, b2 []byte) {
		files := events.Folder{{Name: n1, Body: b1}, {Name: n2, Body: b2}}
		plan := migrate.NewPlan(files, nil, migrate.Options{})
		again := migrate.NewPlan(files, nil, migrate.Options{})
		require.Equal(t, plan.Problems, again.Problems)
		sameLayout(t, files, nil)
		last := uint64(0)
		for _, file := range plan.Merged() {
			require.Greater(t, file.Number, last, "numbers are unique and ascending")
			last = file.Number
			if len(plan.Problems) == 0 {
				require.NotEmpty(t, file.Statements)
			}
		}
	})
}
