package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"teal.dev/teal/policies"
)

// fixAll writes the safe split of each file that is refused, where teal knows one. What there is already is never touched.
func (c *checked) fixAll(io stdio, inputs []policies.Input) error {
	for _, in := range inputs {
		refused := map[string]bool{}
		for _, f := range policies.Check(in).Files {
			refused[f.Path] = f.Decision == policies.Deny && f.Phase != policies.PhasePolicy
		}
		taken := len(in.Files)
		for i := range taken {
			if in.Files[i].Applied || !refused[in.Files[i].Path] {
				continue
			}
			split, err := policies.Fix(in, i)
			if err != nil {
				fmt.Fprintf(io.err, "%s is left as it is: %s\n", plain(in.Files[i].Path), plain(err.Error()))
				continue
			}
			if err := writeSplit(io, split); err != nil {
				return err
			}
			in.Files = append(in.Files, split.Files...) // so that the next split takes other numbers
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
	fmt.Fprintf(io.err, "wrote %s\n  next: read them, and delete %s: they take its place\n", strings.Join(names, ", "), plain(split.Replaces))
	return nil
}
