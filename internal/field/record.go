package field

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"teal.dev/teal/policies"
)

// Record is what was measured: it is kept in testdata/field, so that the page can be written without any of the tools.
type Record struct {
	Versions []string // what the tools said of themselves
	Truths   []Truth
	Findings []Finding
}

// Format is the record as two tables: the cases, and what was said about them.
func (r *Record) Format() (cases, findings string) {
	var c, f strings.Builder
	c.WriteString("# case\thash\tharm\tharmful\tcareless\tblocks\tblocking\n")
	slices.SortFunc(r.Truths, func(a, b Truth) int { return cmp.Compare(a.Case, b.Case) })
	for _, t := range r.Truths {
		fmt.Fprintf(&c, "%s\t%s\t%s\t%s\t%t\t%s\t%s\n", t.Case, t.Hash, dash(string(t.Harm)), numbers(t.Harmful), t.Careless, dash(string(t.Blocks)), numbers(t.Blocking))
	}
	for _, v := range r.Versions {
		fmt.Fprintf(&f, "# %s\n", v)
	}
	for _, x := range sorted(r.Findings) {
		fmt.Fprintf(&f, "%s\t%s\t%d\t%s\t%s\n", x.Case, x.Tool, x.Statement, x.Rule, x.Level)
	}
	return c.String(), f.String()
}

// ReadRecord reads what Format wrote.
func ReadRecord(cases, findings string) (Record, error) {
	var r Record
	for _, line := range rows(cases) {
		cells := strings.Split(line, "\t")
		if strings.HasPrefix(line, "#") {
			continue
		}
		if len(cells) != 7 {
			return r, fmt.Errorf("read the measured cases: %q has %d cells; run make field", line, len(cells))
		}
		t := Truth{Case: cells[0], Hash: cells[1], Harm: Harm(undash(cells[2])), Careless: cells[4] == "true", Blocks: policies.Blocks(undash(cells[5]))}
		var err error
		if t.Harmful, err = parseNumbers(cells[3]); err != nil {
			return r, fmt.Errorf("%s: %w", t.Case, err)
		}
		if t.Blocking, err = parseNumbers(cells[6]); err != nil {
			return r, fmt.Errorf("%s: %w", t.Case, err)
		}
		r.Truths = append(r.Truths, t)
	}
	for _, line := range rows(findings) {
		if version, ok := strings.CutPrefix(line, "# "); ok {
			r.Versions = append(r.Versions, version)
			continue
		}
		cells := strings.Split(line, "\t")
		if len(cells) != 5 {
			return r, fmt.Errorf("read the findings: %q has %d cells; run make field", line, len(cells))
		}
		n, err := strconv.Atoi(cells[2])
		if err != nil {
			return r, fmt.Errorf("%s: %w", cells[0], err)
		}
		r.Findings = append(r.Findings, Finding{Case: cells[0], Tool: cells[1], Statement: n, Rule: cells[3], Level: Level(cells[4])})
	}
	return r, nil
}

func rows(text string) []string {
	return strings.FieldsFunc(text, func(r rune) bool { return r == '\n' })
}

func dash(s string) string {
	if s == "" {
		return "-"
	}
	return s
}

func undash(s string) string { return strings.TrimPrefix(s, "-") }

func numbers(list []int) string {
	out := make([]string, len(list))
	for i, n := range list {
		out[i] = strconv.Itoa(n)
	}
	return dash(strings.Join(out, ","))
}

func parseNumbers(s string) ([]int, error) {
	var out []int
	for _, word := range strings.FieldsFunc(undash(s), func(r rune) bool { return r == ',' }) {
		n, err := strconv.Atoi(word)
		if err != nil {
			return nil, fmt.Errorf("read the number of a statement: %w", err)
		}
		out = append(out, n)
	}
	return out, nil
}

// Stale names the samples that were added, changed or taken away since the record.
func (r *Record) Stale(samples []Sample) []string {
	var out []string
	hashes := map[string]string{}
	for _, t := range r.Truths {
		hashes[t.Case] = t.Hash
	}
	for i := range samples {
		if hashes[samples[i].Name] != samples[i].Hash {
			out = append(out, samples[i].Name)
		}
		delete(hashes, samples[i].Name)
	}
	for name := range hashes {
		out = append(out, name)
	}
	return out
}

// Keep is the part of the record that still holds for these samples, and the samples that must be measured anew: those that
// are new or changed, and all of them when a tool's version is another one.
func (r *Record) Keep(versions []string, samples []Sample) (kept Record, anew []Sample) {
	kept.Versions = versions
	if !slices.Equal(versions, r.Versions) {
		return kept, samples
	}
	truths, holds := map[string]Truth{}, map[string]bool{}
	for _, t := range r.Truths {
		truths[t.Case] = t
	}
	for i := range samples {
		s := &samples[i]
		if truths[s.Name].Hash != s.Hash {
			anew = append(anew, *s)
			continue
		}
		kept.Truths, holds[s.Name] = append(kept.Truths, truths[s.Name]), true
	}
	for _, f := range r.Findings {
		if holds[f.Case] {
			kept.Findings = append(kept.Findings, f)
		}
	}
	return kept, anew
}
