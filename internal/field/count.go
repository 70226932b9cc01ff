package field

import (
	"fmt"
	"slices"
	"strings"

	"teal.dev/teal/internal/oracle"
	"teal.dev/teal/policies"
)

// Row is a tool at one loudness: what counts as having said something.
type Row struct {
	Tool, Title string
	counts      func(Level) bool
}

func atLeast(a policies.Action) func(Level) bool {
	return func(l Level) bool { return policies.Action(l).AtLeast(a) }
}

func anything(l Level) bool { return l != NoAnswer }

func failing(l Level) bool { return l == Fails }

// tableRows are the rows of the table, teal's first.
func tableRows() []Row {
	return []Row{
		{teal, "teal, `--fail-on warn`", atLeast(policies.Warn)},
		{teal, "teal, `--fail-on approve`", atLeast(policies.Approve)},
		{teal, "teal, `--fail-on deny`", atLeast(policies.Deny)},
		{"squawk", "squawk", anything},
		{"pgfence", "pgfence, anything", anything},
		{"pgfence", "pgfence, what fails with `--ci`", failing},
		{"postgres-language-server", "postgres-language-server, anything", anything},
		{"postgres-language-server", "postgres-language-server, errors", failing},
		{"atlas", "atlas, anything", anything},
		{"atlas", "atlas, what fails", failing},
	}
}

// one are the rows of the tables by rule: each tool once, at its loudest.
func one() []Row {
	var out []Row
	for _, r := range tableRows() {
		if !slices.ContainsFunc(out, func(o Row) bool { return o.Tool == r.Tool }) {
			out = append(out, r)
		}
	}
	return out
}

// subject is a sample with all that is known of it.
type subject struct {
	*Sample
	truth    Truth
	expand   bool // teal says that the old version notices nothing
	findings map[string][]Finding
}

// group is a kind of sample; a tool is asked about the statements that make it one.
type group struct {
	in         func(*subject) bool
	statements func(*subject) []int
}

func harmful(x *subject) []int  { return x.truth.Harmful }
func blockers(x *subject) []int { return x.truth.Blocking }
func all(*subject) []int        { return nil }

func quiet(x *subject) bool { return x.truth.Harm == Nothing }
func free(x *subject) bool  { return quiet(x) && x.truth.Blocks == policies.BlocksNobody }

func breaks() group {
	return group{func(x *subject) bool { return !quiet(x) }, harmful}
}

func harm(h Harm) group {
	return group{func(x *subject) bool { return x.truth.Harm == h }, harmful}
}

func blocks() group {
	return group{func(x *subject) bool { return x.truth.Blocks != policies.BlocksNobody }, blockers}
}

func safe() group {
	return group{func(x *subject) bool { return free(x) && !x.truth.Careless && x.expand }, all}
}

func careless() group {
	return group{func(x *subject) bool { return free(x) && x.truth.Careless }, all}
}

func unseen() group {
	return group{func(x *subject) bool { return free(x) && !x.truth.Careless && !x.expand }, all}
}

// subjects joins the samples, the record and what teal says now.
func subjects(r Record, samples []Sample) ([]subject, error) {
	out := make([]subject, 0, len(samples))
	truths := map[string]Truth{}
	for _, t := range r.Truths {
		truths[t.Case] = t
	}
	found := map[string][]Finding{}
	for _, f := range r.Findings {
		found[f.Case] = append(found[f.Case], f)
	}
	for i := range samples {
		s := &samples[i]
		claim, err := oracle.Ask(&s.Case)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", s.Name, err)
		}
		own, err := Teal(s)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", s.Name, err)
		}
		x := subject{Sample: s, truth: truths[s.Name], expand: claim.Compatibility == policies.Expand, findings: map[string][]Finding{}}
		for _, f := range append(own, found[s.Name]...) {
			x.findings[f.Tool] = append(x.findings[f.Tool], f)
		}
		out = append(out, x)
	}
	return out, nil
}

// said is what a row says about some statements of a subject; none: about any. Style does not count.
func (x *subject) said(r Row, statements []int) []string {
	var rules []string
	for _, f := range x.findings[r.Tool] {
		about := len(statements) == 0 || f.Statement == whole || slices.Contains(statements, f.Statement)
		if about && r.counts(f.Level) && style(r.Tool, f.Rule) == "" && !slices.Contains(rules, f.Rule) {
			rules = append(rules, f.Rule)
		}
	}
	return rules
}

// tally counts in how many of a group's subjects a row says something.
func tally(list []subject, g group, r Row) (n, of int) {
	for i := range list {
		x := &list[i]
		if !g.in(x) {
			continue
		}
		of++
		if len(x.said(r, g.statements(x))) > 0 {
			n++
		}
	}
	return n, of
}

// silent are the samples about which a tool gave no answer.
func silent(list []subject, tool string) int {
	n := 0
	for i := range list {
		if slices.ContainsFunc(list[i].findings[tool], func(f Finding) bool { return f.Level == NoAnswer }) {
			n++
		}
	}
	return n
}

// byRule splits the subjects by the rule that their case is of, in order.
func byRule(list []subject) (rules []string, parts map[string][]subject) {
	parts = map[string][]subject{}
	for _, x := range list {
		if parts[x.Rule] == nil {
			rules = append(rules, x.Rule)
		}
		parts[x.Rule] = append(parts[x.Rule], x)
	}
	return rules, parts
}

func code(words []string) string {
	if len(words) == 0 {
		return ""
	}
	return "`" + strings.Join(words, "`, `") + "`"
}
