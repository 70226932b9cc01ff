package policies_test

import (
	"flag"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/tools/txtar"

	"teal.dev/teal/policies"
	"teal.dev/teal/testdata/demoapp"
)

var update = flag.Bool("update", false, "write what the gate says into testdata/policies")

// TestScenarios judges the folders in testdata/policies. Files under applied/ were there before, those under policy/ are a
// site's policies, and "fresh" on the first line means that no version runs.
func TestScenarios(t *testing.T) {
	names, err := filepath.Glob("../testdata/policies/*.txtar")
	require.NoError(t, err)
	require.NotEmpty(t, names)
	for _, name := range names {
		t.Run(filepath.Base(name), func(t *testing.T) {
			archive, err := txtar.ParseFile(name)
			require.NoError(t, err)
			in := policies.Input{App: "shop", Now: day("2026-11-23 12:00"), Fresh: strings.HasPrefix(string(archive.Comment), "fresh\n")}
			var site []policies.Policy
			want := -1
			for i, f := range archive.Files {
				switch dir, base := filepath.Split(f.Name); {
				case f.Name == "want":
					want = i
				case dir == "policy/":
					p, err := policies.ParsePolicy(base, f.Data)
					require.NoError(t, err)
					site = append(site, p)
				default:
					in.Files = append(in.Files, policies.File{Path: f.Name, Body: f.Data, Applied: dir == "applied/"})
				}
			}
			in.Policy = set(t, site...)
			report := policies.Check(in)
			got := summary(&report)
			if *update {
				archive.Files[want].Data = []byte(got)
				require.NoError(t, os.WriteFile(name, txtar.Format(archive), 0o644))
			}
			require.Equal(t, string(archive.Files[want].Data), got, report.Text())
		})
	}
}

func summary(r *policies.Report) string {
	var b strings.Builder
	for _, f := range r.Files {
		fmt.Fprintf(&b, "%s %s %s\n", f.Decision, f.Phase, f.Path)
		for _, e := range f.Statements {
			fmt.Fprintf(&b, "  %d %s %s %s", e.Line, e.Decision, e.Rule, e.Compatibility)
			for _, h := range e.Hazards {
				fmt.Fprintf(&b, " %s", h)
			}
			for _, l := range e.Operation.Locks {
				fmt.Fprintf(&b, ", %s on %s", l.Level, l.Object)
			}
			if e.Operation.Blocks != "" {
				fmt.Fprintf(&b, ", blocks %s", e.Operation.Blocks)
			}
			b.WriteByte('\n')
		}
	}
	fmt.Fprintf(&b, "expand approvals %v, contract approvals %v\n", r.Approvals(policies.PhaseExpand), r.Approvals(policies.PhaseContract))
	return b.String()
}

// TestDemoFolders judges the folders that the demonstration releases: version 2 may go, the two bad ones may not.
func TestDemoFolders(t *testing.T) {
	for folder, want := range map[string]policies.Action{"v2": policies.Approve, "bad-rename": policies.Deny, "bad-drop": policies.Deny} {
		files, err := demoapp.Migrations(folder)
		require.NoError(t, err)
		require.NotEmpty(t, files)
		in := policies.Input{App: "shop", Policy: set(t)}
		for i, name := range slices.Sorted(maps.Keys(files)) {
			in.Files = append(in.Files, policies.File{Path: name, Body: []byte(files[name]), Applied: i == 0})
		}
		r := policies.Check(in)
		require.Equal(t, want, r.Decision, "%s\n%s", folder, r.Text())
	}
}
