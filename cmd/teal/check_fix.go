package main

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"teal.dev/teal/policies"
)

// fixAll writes the safe split of each file that is refused, where teal knows one. What there is already is never touched.
func (c *checked) fixAll(io stdio, inputs []*judged) error {
	for _, j := range inputs {
		in := j.Input
		refused := map[string]bool{}
		for _, f := range policies.Check(in).Files {
			refused[f.Path] = f.Decision == policies.Deny && f.Phase != policies.PhasePolicy
		}
		for _, file := range slices.Clone(in.Files) {
			i := slices.IndexFunc(in.Files, func(f policies.File) bool { return f.Path == file.Path })
			if file.Applied || !refused[file.Path] || i < 0 {
				continue
			}
			split, err := policies.Fix(in, i)
			if err != nil {
				fmt.Fprintf(io.err, "%s is left as it is: %s\n", plain(file.Path), plain(err.Error()))
				continue
			}
			if err := writeSplit(io, split); err != nil {
				return err
			}
			in.Files = append(slices.DeleteFunc(in.Files, func(f policies.File) bool { return slices.Contains(split.Replaces, f.Path) }), split.Files...)
		}
	}
	return nil
}

func writeSplit(io stdio, split policies.Split) error {
	names := make([]string, len(split.Files))
	for i, f := range split.Files {
		if err := os.MkdirAll(filepath.Dir(f.Path), 0o755); err != nil {
			return failf(exitFailed, "%v", err)
		}
		if err := writeNew(f.Path, f.Body, 0o644); err != nil {
			return err
		}
		names[i] = plain(f.Path)
	}
	place := map[bool]string{true: "its", false: "their"}[len(split.Replaces) == 1]
	fmt.Fprintf(io.err, "wrote %s\n  next: read them, and delete %s: they take %s place\n", strings.Join(names, ", "), plain(strings.Join(split.Replaces, " and ")), place)
	if moved := split.Replaces[1:]; len(moved) > 0 {
		fmt.Fprintf(io.err, "  %s only because it works on the same tables: new files come after it, and a contract comes last\n", plain(strings.Join(moved, " and "))+map[bool]string{true: " moves", false: " move"}[len(moved) == 1])
	}
	return nil
}
