package main

import (
	"cmp"
	"fmt"
	"io"
	"strings"

	"teal.dev/teal/policies"
)

// checkFormats are the ways in which teal check prints.
func checkFormats() []string { return []string{"text", "json", "sarif", "github", "gitlab"} }

func printReport(w io.Writer, format, app string, report policies.Report) error {
	switch format {
	case "json":
		return printJSON(w, report)
	case "sarif":
		return printJSON(w, sarif(report))
	case "gitlab":
		return printJSON(w, gitlab(report))
	case "github":
		return printGitHub(w, report)
	}
	_, err := io.WriteString(w, plainText(report.TextFor(cmp.Or(app, "APP"))))
	return err
}

// each calls see with every finding that is more than allowed.
func each(report policies.Report, see func(f policies.FileReport, e policies.Entry, text string)) {
	for _, f := range report.Files {
		for _, e := range f.Statements {
			if e.Decision == policies.Allow {
				continue
			}
			text := e.Why
			if e.Instead != "" {
				text = strings.TrimSuffix(text, ".") + ". Instead: " + e.Instead
			}
			see(f, e, text)
		}
	}
}

// printGitHub writes workflow commands, which GitHub turns into annotations on the lines of a pull request.
func printGitHub(w io.Writer, report policies.Report) error {
	data := strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A")
	property := strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A", ":", "%3A", ",", "%2C")
	var err error
	each(report, func(f policies.FileReport, e policies.Entry, text string) {
		level := "warning"
		if e.Decision == policies.Deny {
			level = "error"
		}
		if err == nil {
			at := e.Span()
			_, err = fmt.Fprintf(w, "::%s file=%s,line=%d,col=%d,title=%s::%s\n", level, property.Replace(f.Path), at.Line, at.Column,
				property.Replace("teal "+string(e.Decision)+" "+e.Rule), data.Replace(text))
		}
	})
	return err
}

type object = map[string]any

// gitlab is the report as GitLab's code quality widget reads it.
func gitlab(report policies.Report) []object {
	out := []object{}
	each(report, func(f policies.FileReport, e policies.Entry, text string) {
		severity := map[policies.Action]string{policies.Deny: "blocker", policies.Approve: "major", policies.Prove: "major"}[e.Decision]
		if severity == "" {
			severity = "minor"
		}
		out = append(out, object{"description": string(e.Decision) + ": " + text, "check_name": e.Rule, "severity": severity,
			"fingerprint": fingerprint(&f, &e),
			"location":    object{"path": f.Path, "lines": object{"begin": e.Span().Line}}})
	})
	return out
}
