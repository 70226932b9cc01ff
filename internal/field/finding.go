package field

import (
	"cmp"
	"slices"
	"time"

	"teal.dev/teal/policies"
)

// Level is how loudly a tool says something.
type Level string

// The levels of the tools. Those of teal are its actions.
const (
	Says     Level = "says"
	Fails    Level = "fails"    // with what it has by default, a build fails
	NoAnswer Level = "noanswer" // the tool could not read the schema before, or gave up
)

// Finding is what a tool says about a statement of a sample.
type Finding struct {
	Case, Tool string
	Statement  int // from 1; whole: about the file
	Rule       string
	Level      Level
}

func sorted(list []Finding) []Finding {
	slices.SortFunc(list, func(a, b Finding) int {
		return cmp.Or(cmp.Compare(a.Case, b.Case), cmp.Compare(a.Tool, b.Tool), cmp.Compare(a.Statement, b.Statement), cmp.Compare(a.Rule, b.Rule), cmp.Compare(a.Level, b.Level))
	})
	return slices.Compact(list)
}

const teal = "teal"

// Teal asks teal as it is now, with the built-in policy and no waivers. It cannot go out of date, so it is not recorded.
func Teal(s *Sample) ([]Finding, error) {
	set, err := policies.NewSet()
	if err != nil {
		return nil, err
	}
	files := append([]policies.File{{Path: "0001_before.up.sql", Body: []byte(s.Schema), Applied: true}}, s.Files...)
	report := policies.Check(policies.Input{Policy: set, Files: files, Server: server, Now: time.Unix(0, 0)})
	var out []Finding
	for _, f := range report.Files {
		file := slices.IndexFunc(s.Files, func(o policies.File) bool { return o.Path == f.Path })
		for _, e := range f.Statements {
			if e.Decision == policies.Allow {
				continue
			}
			at := whole
			if e.Line > 0 {
				at = s.at(file, s.offset(file, e.Line, max(e.Column, 1)))
			}
			out = append(out, Finding{Case: s.Name, Tool: teal, Statement: at, Rule: e.Rule, Level: Level(e.Decision)})
		}
		if len(f.Statements) == 0 && f.Decision != policies.Allow {
			out = append(out, Finding{Case: s.Name, Tool: teal, Rule: "(the file)", Level: Level(f.Decision)})
		}
	}
	return sorted(out), nil
}
