package field_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"teal.dev/teal/internal/field"
)

const (
	oracleDir = "../../testdata/oracle"
	recordDir = "../../testdata/field"
	page      = "../../docs/field.md"
)

func load(t *testing.T) []field.Sample {
	t.Helper()
	samples, err := field.Load(os.DirFS(oracleDir))
	require.NoError(t, err)
	return samples
}

func text(t *testing.T, path string) string {
	t.Helper()
	body, err := os.ReadFile(path)
	require.NoError(t, err)
	return string(body)
}

func recorded(t *testing.T) field.Record {
	t.Helper()
	r, err := field.ReadRecord(text(t, filepath.Join(recordDir, "cases.tsv")), text(t, filepath.Join(recordDir, "findings.tsv")))
	require.NoError(t, err)
	return r
}

// TestThePageIsCurrent needs none of the tools: it counts what is recorded, and asks teal anew. TEAL_UPDATE=1 rewrites the page.
func TestThePageIsCurrent(t *testing.T) {
	r, samples := recorded(t), load(t)
	require.Empty(t, r.Stale(samples), "these cases were added, changed or removed since the linters were asked: run make field")
	want, err := field.Page(r, samples)
	require.NoError(t, err)
	if os.Getenv("TEAL_UPDATE") != "" {
		require.NoError(t, os.WriteFile(page, []byte(want), 0o644))
		return
	}
	require.Equal(t, want, text(t, page), "docs/field.md is not what the record and teal give: TEAL_UPDATE=1 go test ./internal/field -run Page")
}

func TestAnAddedAChangedAndARemovedCaseAreStale(t *testing.T) {
	r, samples := recorded(t), load(t)
	first := samples[0].Name
	samples[0].Name = "new-rule/bad"
	samples[1].Hash = "other"
	require.ElementsMatch(t, []string{"new-rule/bad", samples[1].Name, first}, r.Stale(samples))
}

func TestOnlyWhatChangedIsMeasuredAnew(t *testing.T) {
	r, samples := recorded(t), load(t)
	kept, anew := r.Keep(r.Versions, samples)
	require.Empty(t, anew)
	cases, findings := r.Format()
	keptCases, keptFindings := kept.Format()
	require.True(t, cases == keptCases && findings == keptFindings, "all is kept when nothing changed")
	samples[3].Hash = "other"
	kept, anew = r.Keep(r.Versions, samples[1:])
	require.Len(t, anew, 1)
	require.Equal(t, samples[3].Name, anew[0].Name)
	require.Len(t, kept.Truths, len(samples)-2, "without the changed one and the one that is gone")
	for _, f := range kept.Findings {
		require.NotContains(t, []string{samples[0].Name, samples[3].Name}, f.Case)
	}
	_, anew = r.Keep([]string{"squawk 3"}, samples)
	require.Len(t, anew, len(samples), "another version says other things")
}

func TestTheRecordIsReadAsItWasWritten(t *testing.T) {
	r := recorded(t)
	require.Greater(t, len(r.Truths), 400)
	cases, findings := r.Format()
	require.Equal(t, text(t, filepath.Join(recordDir, "cases.tsv")), cases)
	require.Equal(t, text(t, filepath.Join(recordDir, "findings.tsv")), findings)
	_, err := field.ReadRecord("a\tb\n", "")
	require.ErrorContains(t, err, "run make field")
}

// TestTheRecordIsOfThePinnedVersions fails when a version was raised and nothing was measured.
func TestTheRecordIsOfThePinnedVersions(t *testing.T) {
	var pins struct{ Dependencies map[string]string }
	require.NoError(t, json.Unmarshal([]byte(text(t, filepath.Join(recordDir, "package.json"))), &pins))
	versions := strings.Join(recorded(t).Versions, "\n") + "\n"
	for name, version := range pins.Dependencies {
		require.Contains(t, versions, " "+version+"\n", "%s was not measured: run make field", name)
	}
	atlas := regexp.MustCompile(`ariga.io/atlas/cmd/atlas (v\S+)`).FindStringSubmatch(text(t, filepath.Join(recordDir, "go.mod")))
	require.Contains(t, versions, "atlas "+atlas[1]+"\n", "run make field")
}

// The oracle's own record of the server must not differ from this one.
func TestTheHarmIsTheOracles(t *testing.T) {
	truths := map[string]field.Truth{}
	for _, truth := range recorded(t).Truths {
		truths[truth.Case] = truth
	}
	for _, s := range load(t) {
		got := truths[s.Name].Harm
		switch {
		case strings.Contains("\n"+s.Want, "\nrefused: "):
			require.Contains(t, []field.Harm{field.Refused, field.Answers}, got, s.Name)
		case strings.Contains("\n"+s.Want, "\nbreaks "):
			require.Equal(t, field.Answers, got, s.Name)
		default:
			require.Contains(t, []field.Harm{field.Nothing, field.Proven}, got, s.Name)
		}
	}
}
