package main

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"go.yaml.in/yaml/v4"

	"teal.dev/teal/daemon"
	"teal.dev/teal/internal/config"
	"teal.dev/teal/migrate"
	"teal.dev/teal/policies"
	"teal.dev/teal/release"
)

// gate is the policies of one snapshot, ready to judge a plan and to say what is frozen.
type gate struct {
	set    policies.Set
	digest string // of the policies' files
}

// newGate reads a snapshot's policies. The validators have read them before: an error here is a defect, and then the
// built-in policy alone is in force.
func newGate(s *config.Snapshot) *gate {
	set, _, problems := policySet(s)
	if len(problems) > 0 {
		set, _ = policies.NewSet()
	}
	return &gate{set: set, digest: digestOf(s.Policies)}
}

// digestOf names the policies of a snapshot: others have another digest.
func digestOf(files []config.File) string {
	sum := sha256.New()
	fmt.Fprintf(sum, "%q\n", policies.DefaultYAML()) // an upgrade of teal may be stricter too
	for _, f := range files {
		fmt.Fprintf(sum, "%q %q\n", f.Name, f.Data)
	}
	return hex.EncodeToString(sum.Sum(nil))
}

// policySet parses the site's policies and puts them over the built-in one.
func policySet(s *config.Snapshot) (policies.Set, []policies.Policy, config.Problems) {
	var site []policies.Policy
	var problems config.Problems
	for _, f := range s.Policies {
		p, err := policies.ParsePolicy(f.Name, f.Data)
		if err != nil {
			problems = append(problems, refusal(f, err)...)
			continue
		}
		site = append(site, p)
	}
	set, err := policies.NewSet(site...)
	if err != nil {
		problems = append(problems, config.Problem{File: "policies", Text: err.Error()})
	}
	return set, site, problems
}

// refusal is why a policy's file cannot be taken.
func refusal(f config.File, err error) config.Problems {
	var list policies.Problems
	if !errors.As(err, &list) {
		list = policies.Problems{{File: f.Name, Text: err.Error()}}
	}
	out := placed(list)
	for i := range out {
		out[i].Unreadable = yaml.Unmarshal(f.Data, &yaml.Node{}) != nil
	}
	return out
}

// placed are the problems of policies as those of the config.
func placed(list policies.Problems) config.Problems {
	var out config.Problems
	for _, p := range list {
		out = append(out, config.Problem{File: p.File, Line: p.Line, Text: p.Text})
	}
	return out
}

// validators judge a config directory with what the other packages know: the same for the daemon and for config check.
func validators() []config.Validator {
	return []config.Validator{func(s *config.Snapshot) (problems, warnings config.Problems) {
		_, site, problems := policySet(s)
		known := policies.Known{Apps: list(s.AppNames()), Roles: approvers()}
		for _, p := range site {
			warnings = append(warnings, placed(p.Doubts(known))...)
		}
		return problems, warnings
	}}
}

// approvers are the roles of persons, each of which a policy may ask for an approval.
func approvers() []string {
	return []string{daemon.RoleViewer, daemon.RoleOperator, daemon.RoleDBA, daemon.RoleAdmin}
}

// judge puts the policies' word on files into a verdict.
func (g *gate) judge(app string, files []policies.File, k *known, verdict *release.Verdict) error {
	in := policies.Input{Files: files, Policy: g.set, App: app, Now: time.Now()}
	k.into(&in)
	report := policies.Check(in)
	findings, err := json.Marshal(report)
	if err != nil {
		return err
	}
	verdict.Findings = findings
	if report.Decision == policies.Deny {
		verdict.Refuse, verdict.Why = "policy", denied(&report)
		return nil
	}
	verdict.Expand, verdict.Asks = report.Approvals(policies.PhaseExpand), asks(&report, policies.PhaseExpand)
	verdict.Contract, verdict.AsksLater = report.Approvals(policies.PhaseContract), asks(&report, policies.PhaseContract)
	verdict.NewValues = slices.Contains(report.Hazards(policies.PhaseExpand), policies.NewValues)
	return nil
}

// asksShown is how many statements the text of an approval names: it is read in a line, the plan has them all.
const asksShown = 5

// asks names the statements of a phase that need somebody's word: file, line and rule.
func asks(report *policies.Report, phase policies.Phase) []string {
	var list []string
	for _, f := range report.Files {
		for _, e := range f.Statements {
			if f.Phase == phase && len(e.Roles) > 0 {
				list = append(list, fmt.Sprintf("%s:%d %s", f.Path, e.Line, e.Rule))
			}
		}
	}
	if more := len(list) - asksShown; more > 0 {
		list = append(list[:asksShown], fmt.Sprintf("and %d more", more))
	}
	return list
}

// planFiles are a plan's files as the gate sees them: by number, those that are done to learn from.
func planFiles(plan migrate.Plan, done func(migrate.File) bool) []policies.File {
	all := slices.Concat(plan.Expand, plan.Contract)
	slices.SortFunc(all, func(a, b migrate.File) int { return cmp.Compare(a.Number, b.Number) })
	files := make([]policies.File, len(all))
	for i, f := range all {
		files[i] = policies.File{Path: f.Name, Phase: policies.Phase(f.Track), Body: f.Body, Applied: done(f)}
	}
	return files
}

// denied writes the findings that refuse a release: the place, the reason, who says so, and what to do instead.
func denied(report *policies.Report) string {
	var lines []string
	for _, f := range report.Files {
		for _, e := range f.Statements {
			if e.Decision != policies.Deny {
				continue
			}
			line := fmt.Sprintf("%s:%d: %s: %s (policy: %s)", f.Path, e.Line, e.Rule, e.Why, e.By())
			if e.Instead != "" {
				line += "; instead: " + e.Instead
			}
			lines = append(lines, line)
		}
	}
	return strings.Join(lines, "\n")
}

// Frozen says what the freeze windows forbid at a moment.
func (g *gate) Frozen(app string, now time.Time) release.Freeze {
	active, until, why := g.set.Frozen(app, now)
	return release.Freeze{Active: active, Until: until, Why: why}
}
