package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"teal.dev/teal/migrate/statement"
	"teal.dev/teal/policies"
	"teal.dev/teal/release"
)

// localPlan is what a release of a folder would do, step by step.
type localPlan struct {
	Decision policies.Action `json:"decision"`
	Steps    []planStep      `json:"steps"`
	Problems []folderProblem `json:"problems"` // of the folder as a whole
}

// folderProblem is what is wrong with the folder, by the codes of the daemon.
type folderProblem struct {
	Path     string          `json:"path"`
	Line     int             `json:"line"`
	Code     string          `json:"code"`
	Decision policies.Action `json:"decision"`
	Text     string          `json:"text"`
}

// planStep is one file, or a step of the release between the tracks.
type planStep struct {
	Step       string            `json:"step"` // expand, switch, retire, contract
	Path       string            `json:"path,omitempty"`
	Decision   policies.Action   `json:"decision"`
	After      []string          `json:"after"`    // what it waits for
	Approval   []string          `json:"approval"` // roles that must say yes before
	Evidence   []string          `json:"evidence"` // rules whose finding the policy wants proven
	Statements []policies.Entry  `json:"statements"`
	Rollback   release.ClassName `json:"rollback"` // after this step
	Unproven   bool              `json:"unproven"`
}

// isFolder says whether an argument of plan is a folder of migrations and no app.
func isFolder(arg string) bool {
	info, err := os.Stat(arg)
	if err != nil || !info.IsDir() {
		return strings.ContainsRune(arg, filepath.Separator)
	}
	if strings.ContainsRune(arg, filepath.Separator) || arg == "." {
		return true
	}
	names, err := filesOf(arg)
	return err == nil && len(names) > 0
}

// noFolder adds to the error of an app what a person may have meant who named a folder.
func noFolder(err error, arg string) error {
	var e *exit
	if _, there := os.Stat(arg); there != nil && errors.As(err, &e) {
		e.text += fmt.Sprintf(" (nor is there a folder %s here)", plain(arg))
	}
	return err
}

// planFolder judges a folder and lays its files out in the order in which they would run.
func (c *checked) planFolder(ctx context.Context, io stdio, dir string) (localPlan, error) {
	set, err := readPolicies(c.policies)
	if err != nil {
		return localPlan{}, err
	}
	c.noteScope(io, &set, c.policies)
	inputs, err := c.inputs(ctx, io, set, []string{dir})
	if err != nil {
		return localPlan{}, err
	}
	c.noteApplied(io, inputs)
	report := policies.Check(inputs[0].Input)
	plan := localPlan{Decision: report.Decision, Steps: steps(&report, inputs), Problems: []folderProblem{}}
	for _, f := range inputs[0].faults() {
		plan.Problems = append(plan.Problems, folderProblem{Path: f.path, Line: max(f.Line, 1), Code: string(f.Code), Decision: f.decision, Text: f.Text})
		plan.Decision = worse(plan.Decision, f.decision)
	}
	return plan, nil
}

// steps lays a release of the folder out: its expand files, the switch, the retirement, its contract files.
func steps(report *policies.Report, inputs []*judged) []planStep {
	unproven := slices.Contains(report.Hazards(policies.PhaseExpand), policies.NewValues)
	touched := map[string][]string{} // relation → paths that work on it
	out := []planStep{}
	for _, f := range report.Files {
		if f.Phase == policies.PhaseExpand {
			out = append(out, fileStep(f, touched, release.ClassNone, bodyOf(inputs, f.Path)))
		}
	}
	out = append(out,
		between("switch", release.ClassInstant, unproven, "every expand file", "the new version's health"),
		between("retire", release.ClassCold, unproven, "the bake", "the warm time of the old version"))
	for _, f := range report.Files {
		if f.Phase == policies.PhaseContract {
			s := fileStep(f, touched, release.ClassForwardOnly, bodyOf(inputs, f.Path))
			s.After = append([]string{"the old version is retired and contract.after has passed"}, s.After...)
			out = append(out, s)
		}
	}
	return out
}

// refusedPlan is the exit of a plan that the daemon would refuse.
func refusedPlan(p localPlan) error {
	if p.Decision != policies.Deny {
		return nil
	}
	return &exit{code: exitRefused, text: "a release of this folder would be refused"}
}

func between(step string, class release.ClassName, unproven bool, after ...string) planStep {
	return planStep{Step: step, Decision: policies.Allow, After: after, Approval: []string{}, Evidence: []string{}, Statements: []policies.Entry{},
		Rollback: class, Unproven: unproven}
}

func bodyOf(inputs []*judged, path string) []byte {
	for _, in := range inputs {
		for _, f := range in.Files {
			if f.Path == path {
				return f.Body
			}
		}
	}
	return nil
}

// fileStep is the step of one file; it comes after those that work on the same relations.
func fileStep(f policies.FileReport, touched map[string][]string, class release.ClassName, body []byte) planStep {
	s := planStep{Step: string(f.Phase), Path: f.Path, Decision: f.Decision, After: []string{}, Approval: []string{}, Evidence: []string{},
		Statements: f.Statements, Rollback: class}
	one := policies.Report{Files: []policies.FileReport{f}}
	s.Approval = one.Approvals(f.Phase)
	for _, e := range f.Statements {
		if strings.Contains(e.Why, "no evidence available") && !slices.Contains(s.Evidence, e.Rule) {
			s.Evidence = append(s.Evidence, e.Rule)
		}
	}
	parsed, err := statement.Parse(body, statement.Postgres)
	if err != nil {
		return s
	}
	for i := range parsed.Statements {
		for _, n := range parsed.Statements[i].Relations() {
			for _, earlier := range touched[n.String()] {
				if text := filepath.Base(earlier) + " (" + n.String() + ")"; earlier != f.Path && !slices.Contains(s.After, text) {
					s.After = append(s.After, text)
				}
			}
			if !slices.Contains(touched[n.String()], f.Path) {
				touched[n.String()] = append(touched[n.String()], f.Path)
			}
		}
	}
	return s
}

// rollbackWords says what a rollback class means to a person.
func rollbackWords(s planStep) string {
	text := map[release.ClassName]string{
		release.ClassNone:        "not needed: the old version is live and works; teal abandon ends the release",
		release.ClassInstant:     "instant: the old version runs and is switched back to",
		release.ClassCold:        "cold: the old version must be started first",
		release.ClassForwardOnly: "forward only: the old version no longer fits the schema",
	}[s.Rollback]
	if s.Unproven {
		text += "; unproven: it may meet values that it does not know"
	}
	return text
}

func printLocalPlan(w io.Writer, p localPlan) {
	for i, s := range p.Steps {
		title := s.Step
		if s.Path != "" {
			title += " " + plain(s.Path) + ": " + string(s.Decision)
		}
		fmt.Fprintf(w, "%d. %s\n", i+1, title)
		for _, line := range []struct{ label, text string }{{"after", strings.Join(s.After, ", ")}, {"needs the word of", strings.Join(s.Approval, " and ")},
			{"to be proven, or approved", strings.Join(s.Evidence, ", ")}} {
			if line.text != "" {
				fmt.Fprintf(w, "   %s: %s\n", line.label, plain(line.text))
			}
		}
		printStatements(w, s.Statements)
		fmt.Fprintf(w, "   rollback then: %s\n", rollbackWords(s))
	}
	for _, f := range p.Problems {
		fmt.Fprintf(w, "%s: %s: %s\n   %s\n", plain(f.Path), f.Decision, f.Code, plain(f.Text))
	}
	fmt.Fprintf(w, "%s\n", p.Decision)
}

// printStatements prints each statement once, with its locks, and below it what the rules say.
func printStatements(w io.Writer, entries []policies.Entry) {
	last := ""
	for _, e := range entries {
		key := fmt.Sprintf("%d:%d", e.Line, e.Column)
		if first, _, more := strings.Cut(e.SQL, "\n"); e.SQL != "" && key != last {
			if more {
				first += " …"
			}
			fmt.Fprintf(w, "   %4d  %s\n", e.Line, plain(first))
		}
		last = key
		fmt.Fprintf(w, "         %s: %s, %s%s\n", e.Decision, e.Rule, e.Compatibility, costs(e))
	}
}

func costs(e policies.Entry) string {
	var b strings.Builder
	for _, h := range e.Hazards {
		fmt.Fprintf(&b, " %s", h)
	}
	for _, l := range e.Operation.Locks {
		fmt.Fprintf(&b, "; %s on %s", l.Level, plain(l.Object))
	}
	for _, c := range []struct {
		on   bool
		text string
	}{{e.Operation.Rewrite, "rewrites the table"}, {e.Operation.Scan, "reads all of it"}, {e.Operation.Blocks != "", "blocks " + string(e.Operation.Blocks)}} {
		if c.on {
			fmt.Fprintf(&b, "; %s", c.text)
		}
	}
	return b.String()
}
