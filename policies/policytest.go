package policies

import (
	"slices"
	"time"

	"go.yaml.in/yaml/v4"
)

// Outcome is how one test of a policy ended.
type Outcome struct {
	Name string
	Line int // in the test file
	Pass bool
	Got  Action
	Want Action

	Rule   string   // the rule that must speak; empty: any
	Silent bool     // it did not
	Spoke  []string // those that did, sorted

	Text string // the report, for a test that did not pass
}

// policyTest is one entry of a _test.yaml file.
type policyTest struct {
	name, app, before, sql string
	phase                  Phase
	rows                   map[string]int64
	now                    time.Time
	want                   Action
	rule                   string
	line                   int
}

// RunTests runs the tests of a _test.yaml file against a set of policies. An error is a file that cannot be read.
func RunTests(name string, data []byte, set Set, now time.Time) ([]Outcome, error) {
	tests, err := parseTests(name, data)
	if err != nil {
		return nil, err
	}
	out := []Outcome{}
	for _, t := range tests {
		out = append(out, t.run(set, now))
	}
	return out, nil
}

func (t *policyTest) run(set Set, now time.Time) Outcome {
	if !t.now.IsZero() {
		now = t.now
	}
	in := Input{Policy: set, App: t.app, Now: now, Rows: t.rows}
	if t.before != "" {
		in.Files = append(in.Files, File{Path: "0001_before.up.sql", Body: []byte(t.before), Applied: true})
	}
	in.Files = append(in.Files, File{Path: "0002_test.up.sql", Phase: t.phase, Body: []byte(t.sql)})
	report := Check(in)
	o := Outcome{Name: t.name, Line: t.line, Got: report.Decision, Want: t.want, Rule: t.rule, Spoke: report.speakers()}
	o.Silent = t.rule != "" && !slices.Contains(o.Spoke, t.rule)
	if o.Pass = o.Got == o.Want && !o.Silent; !o.Pass {
		o.Text = report.Text()
	}
	return o
}

// speakers are the rules that have findings in a report, also those that are allowed.
func (r *Report) speakers() []string {
	out := []string{}
	for _, f := range r.Files {
		for _, e := range f.Statements {
			out = append(out, e.Rule)
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

func parseTests(name string, data []byte) ([]policyTest, error) {
	r := newReader(name)
	doc := r.document(data)
	if doc == nil {
		return nil, r.err()
	}
	var out []policyTest
	r.each(doc, "the tests", func(key string, v *yaml.Node) bool {
		switch key {
		case "version":
			return r.version(v)
		case "tests":
			r.list(v, "tests", func(item *yaml.Node) { out = append(out, r.test(item)) })
			return true
		}
		return false
	})
	if len(out) == 0 {
		r.fail(doc, "there are no tests; write them under tests:")
	}
	return out, r.err()
}

func (r *reader) test(n *yaml.Node) policyTest {
	t := policyTest{phase: PhaseAuto, line: n.Line}
	r.each(n, "a test", func(key string, v *yaml.Node) bool {
		switch key {
		case "name":
			t.name = r.filled(v, "name")
		case "app":
			t.app = r.text(v, "app")
		case "phase":
			t.phase = Phase(r.text(v, "phase"))
			if t.phase != PhaseExpand && t.phase != PhaseContract && t.phase != PhaseAuto {
				r.fail(v, "phase is %q; write auto, expand or contract", v.Value)
			}
		case "before":
			t.before = r.text(v, "before")
		case "sql":
			t.sql = r.filled(v, "sql")
		case "rows":
			t.rows = map[string]int64{}
			r.each(v, "rows", func(table string, n *yaml.Node) bool { t.rows[table] = r.number(n, "rows"); return true })
		case "date":
			t.now = r.day(v).AddDate(0, 0, -1)
		case "want":
			t.want = r.action(v, "want")
		case "rule":
			t.rule = r.rule(v)
		default:
			return false
		}
		return true
	})
	r.need(n, "a test", "name", "sql", "want")
	return t
}
