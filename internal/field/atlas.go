package field

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"

	"teal.dev/teal/policies"
)

// outside is atlas's own word for a file that runs outside of a transaction. It is said where teal runs one so, as squawk is
// told there that no transaction is to be assumed.
const outside = "-- atlas:txmode none\n\n"

func askAtlas(ctx context.Context, r run) ([]Finding, error) {
	dir := filepath.Join(r.dir, "atlas")
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("make a folder: %w", err)
	}
	if err := os.WriteFile(filepath.Join(dir, "0001_before.up.sql"), []byte(r.s.Schema), 0o600); err != nil {
		return nil, fmt.Errorf("write the schema: %w", err)
	}
	for i, f := range r.s.Files {
		if err := os.WriteFile(filepath.Join(dir, filepath.Base(f.Path)), append([]byte(r.header(i)), f.Body...), 0o600); err != nil {
			return nil, fmt.Errorf("write the migration: %w", err)
		}
	}
	folder := (&url.URL{Scheme: "file", Path: dir}).String()
	if out, err := exec.CommandContext(ctx, r.program, "migrate", "hash", "--dir", folder).CombinedOutput(); err != nil {
		return nil, fmt.Errorf("atlas migrate hash: %w: %s", err, out)
	}
	var got atlasAnswer
	err := r.json(ctx, &got, "migrate", "lint", "--dir", folder, "--dev-url", r.empty, "--latest", fmt.Sprint(len(r.s.Files)), "--format", "{{ json . }}")
	var gave *gaveUp
	if errors.As(err, &gave) {
		return []Finding{r.finding(whole, short(gave.text), NoAnswer)}, nil
	}
	if err != nil {
		return nil, err
	}
	return got.findings(r), nil
}

func (r run) header(i int) string {
	if i < 0 || r.inTransaction(i) {
		return ""
	}
	return outside
}

// atlasAnswer is what atlas migrate lint prints as JSON.
type atlasAnswer struct {
	Steps []struct{ Name, Text, Error string }
	Files []struct {
		Name, Error string
		Reports     []struct {
			Text        string
			Diagnostics []struct {
				Pos  int
				Text string
				Code string
			}
		}
	}
}

func (a *atlasAnswer) findings(r run) []Finding {
	var out []Finding
	for _, f := range a.Files {
		file := slices.IndexFunc(r.s.Files, func(o policies.File) bool { return filepath.Base(o.Path) == f.Name })
		said := false
		for _, report := range f.Reports {
			for _, d := range report.Diagnostics {
				level := Says
				if f.Error != "" && strings.HasPrefix(d.Code, "DS") { // only what destroys fails by default
					level = Fails
				}
				out, said = append(out, r.finding(r.s.at(file, d.Pos-len(r.header(file))), d.Code, level)), true
			}
		}
		switch {
		case f.Error == "" || said:
		case file < 0:
			out = append(out, r.finding(whole, short(f.Error), NoAnswer))
		default: // the dev database refuses the file
			out = append(out, r.finding(whole, "error", Fails))
		}
	}
	return out
}

// short is the beginning of a remark, on one line.
func short(text string) string {
	line := []rune(squeeze(text))
	return string(line[:min(len(line), 120)])
}
