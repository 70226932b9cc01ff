package field

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"teal.dev/teal/migrate/statement"
)

// Tool is a linter of others.
type Tool struct {
	Name    string
	Version []string // the arguments that make it say its version
	Command string   // how it is called, for the page
	Note    string   // and what else is to be said of that
	program string   // in the folder of the tools
	ask     func(ctx context.Context, t run) ([]Finding, error)
}

// Tools are the linters that make field installs.
func Tools() []Tool {
	return []Tool{
		{Name: "squawk", Version: []string{"--version"}, program: "node_modules/.bin/squawk", ask: askSquawk,
			Command: "squawk --pg-version 15.0 --assume-in-transaction FILE", Note: "; without the last where the file is one statement that runs outside of a transaction"},
		{Name: "postgres-language-server", Version: []string{"--version"}, program: "node_modules/.bin/postgres-language-server", ask: askLanguageServer,
			Command: "postgres-language-server check --connection-string=… FILE", Note: " with a database that has the schema before"},
		{Name: "pgfence", Version: []string{"--version"}, program: "node_modules/.bin/pgfence", ask: askPgfence,
			Command: "pgfence analyze --format sql --min-pg-version 15 FILE"},
		{Name: "atlas", program: "atlas", ask: askAtlas,
			Command: "atlas migrate lint --dev-url … --latest N", Note: " with an empty database, the schema before as the first file"},
	}
}

// run is one call: a tool, a sample, and where things are.
type run struct {
	s       *Sample
	tool    string
	program string
	dir     string // of this run alone
	before  string // a database with the schema before
	empty   string // an empty database
}

// Ask asks a tool about a sample. The database at before has the sample's schema, the one at empty has none.
func (t Tool) Ask(ctx context.Context, tools, dir, before, empty string, s *Sample) ([]Finding, error) {
	program, err := filepath.Abs(filepath.Join(tools, t.program))
	if err != nil {
		return nil, fmt.Errorf("find the tools: %w", err)
	}
	list, err := t.ask(ctx, run{s: s, tool: t.Name, program: program, dir: dir, before: before, empty: empty})
	if err != nil {
		return nil, fmt.Errorf("%s on %s: %w", t.Name, s.Name, err)
	}
	return sorted(list), nil
}

// SaysVersion asks a tool for its version.
func (t Tool) SaysVersion(ctx context.Context, tools string) (string, error) {
	if t.Version == nil {
		return t.Name + " v0.13.1", nil // its builder would have to tell it; testdata/field/go.mod says it
	}
	program, err := filepath.Abs(filepath.Join(tools, t.program))
	if err != nil {
		return "", fmt.Errorf("find the tools: %w", err)
	}
	out, err := exec.CommandContext(ctx, program, t.Version...).Output()
	words := strings.Fields(string(out))
	if err != nil || len(words) == 0 {
		return "", fmt.Errorf("ask %s for its version: %w", t.Name, err)
	}
	return t.Name + " " + words[len(words)-1], nil
}

// file writes one file of the sample and gives its path.
func (r run) file(i int) (string, error) {
	path := filepath.Join(r.dir, filepath.Base(r.s.Files[i].Path))
	if err := os.WriteFile(path, r.s.Files[i].Body, 0o600); err != nil {
		return "", fmt.Errorf("write the migration: %w", err)
	}
	return path, nil
}

// json runs the tool and reads its answer. A linter that has found something ends with an error, which is no failure.
func (r run) json(ctx context.Context, into any, args ...string) error {
	cmd := exec.CommandContext(ctx, r.program, args...)
	cmd.Dir = r.dir
	var out, remarks bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &remarks
	err := cmd.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		return fmt.Errorf("run %s: %w", filepath.Base(r.program), err)
	}
	if wrong := json.Unmarshal(out.Bytes(), into); wrong != nil {
		return &gaveUp{text: strings.TrimSpace(remarks.String() + out.String())}
	}
	return nil
}

// gaveUp is a tool's answer that is none.
type gaveUp struct{ text string }

func (g *gaveUp) Error() string { return "no answer: " + g.text }

func (r run) finding(at int, rule string, level Level) Finding {
	return Finding{Case: r.s.Name, Tool: r.tool, Statement: at, Rule: rule, Level: level}
}

// eachFile asks about one file after the other.
func (r run) eachFile(ask func(i int, path string) error) error {
	for i := range r.s.Files {
		path, err := r.file(i)
		if err != nil {
			return err
		}
		if err := ask(i, path); err != nil {
			return err
		}
	}
	return nil
}

func askSquawk(ctx context.Context, r run) (out []Finding, err error) {
	return out, r.eachFile(func(i int, path string) error {
		args := []string{"--pg-version", "15.0", "--reporter", "json"}
		if r.inTransaction(i) {
			args = append(args, "--assume-in-transaction")
		}
		var got []struct {
			Line, Column int
			Level        string
			Rule         string `json:"rule_name"`
		}
		if err := r.json(ctx, &got, append(args, path)...); err != nil {
			return err
		}
		for _, g := range got {
			out = append(out, r.finding(r.s.at(i, r.s.offset(i, g.Line+1, g.Column+1)), g.Rule, Fails))
		}
		return nil
	})
}

// inTransaction says whether teal, and so whoever is asked, runs the file in a transaction.
func (r run) inTransaction(i int) bool {
	parsed, err := statement.Parse(r.s.Files[i].Body, statement.Postgres)
	return err != nil || len(parsed.Statements) != 1 || parsed.Statements[0].Transactional()
}

func askLanguageServer(ctx context.Context, r run) (out []Finding, err error) {
	return out, r.eachFile(func(i int, path string) error {
		var got struct {
			Diagnostics []struct {
				Severity, Category string
				Location           struct{ Start struct{ Line, Column int } }
			}
		}
		if err := r.json(ctx, &got, "check", "--connection-string="+r.before, "--reporter=json", "--max-diagnostics=none", path); err != nil {
			return err
		}
		for _, d := range got.Diagnostics {
			level := Says
			if d.Severity == "error" || d.Severity == "fatal" {
				level = Fails
			}
			at := whole
			if d.Location.Start.Line > 0 {
				at = r.s.at(i, r.s.offset(i, d.Location.Start.Line, max(d.Location.Start.Column, 1)))
			}
			out = append(out, r.finding(at, strings.TrimPrefix(d.Category, "lint/safety/"), level))
		}
		return nil
	})
}

func askPgfence(ctx context.Context, r run) (out []Finding, err error) {
	return out, r.eachFile(func(_ int, path string) error {
		var got struct {
			Results []struct {
				Checks           []struct{ Statement, Risk, RuleID string }
				PolicyViolations []struct{ RuleID, Message, Severity string }
			}
		}
		err := r.json(ctx, &got, "analyze", "--format", "sql", "--output", "json", "--min-pg-version", "15", path)
		var gave *gaveUp
		if errors.As(err, &gave) { // it ends at the first thing that it cannot read, and says so
			out = append(out, r.finding(whole, "error", Fails))
			return nil
		}
		if err != nil {
			return err
		}
		for _, result := range got.Results {
			for _, c := range result.Checks {
				level := Says
				if c.Risk == "CRITICAL" { // --max-risk is high by default
					level = Fails
				}
				out = append(out, r.finding(r.s.quoted(c.Statement), c.RuleID, level))
			}
			for _, v := range result.PolicyViolations {
				level := Says
				if v.Severity == "error" {
					level = Fails
				}
				out = append(out, r.finding(r.s.quoted(firstQuote(v.Message)), v.RuleID, level))
			}
		}
		return nil
	})
}

// firstQuote is the first text in quotation marks that is long enough to be a statement.
func firstQuote(message string) string {
	parts := strings.Split(message, `"`)
	if len(parts) > 2 && strings.Contains(parts[1], " ") {
		return parts[1]
	}
	return ""
}
