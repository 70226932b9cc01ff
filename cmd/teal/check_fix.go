package main

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"teal.dev/teal/policies"
)

// fixed is what --fix makes of one folder: the files to write, and those whose place they take.
type fixed struct {
	files    []policies.File
	replaced []string
	moved    []string // of those replaced, what is not refused and moves along
}

// fixAll writes the safe split of each file that is refused, where teal knows one. What there is already is never touched.
func (c *checked) fixAll(io stdio, inputs []*judged) error {
	for _, j := range inputs {
		in := j.Input
		in.Files = slices.Clone(in.Files)
		refused := map[string]bool{}
		for _, f := range policies.Check(in).Files {
			refused[f.Path] = f.Decision == policies.Deny && f.Phase != policies.PhasePolicy
		}
		var done fixed
		for _, file := range slices.Clone(in.Files) {
			i := slices.IndexFunc(in.Files, func(f policies.File) bool { return f.Path == file.Path })
			if file.Applied || !refused[file.Path] || i < 0 {
				continue
			}
			split, err := c.split(in, i)
			if err != nil {
				fmt.Fprintf(io.err, "%s is left as it is: %s\n", plain(file.Path), plain(err.Error()))
				continue
			}
			done.add(split, refused)
			in.Files = append(slices.DeleteFunc(in.Files, func(f policies.File) bool { return slices.Contains(split.Replaces, f.Path) }), split.Files...)
		}
		if err := done.write(io); err != nil {
			return err
		}
	}
	return nil
}

// split splits one file. A contract that a release may owe is not taken away from it.
func (c *checked) split(in policies.Input, i int) (policies.Split, error) {
	f := &in.Files[i]
	if f.Stays != "" && c.against != "" {
		return policies.Split{}, fmt.Errorf("%s", f.Stays)
	}
	return policies.Fix(in, i)
}

// add takes a split in. What an earlier split of the same run made, and this one replaces, is never written.
func (d *fixed) add(split policies.Split, refused map[string]bool) {
	for _, old := range split.Replaces {
		if i := slices.IndexFunc(d.files, func(f policies.File) bool { return f.Path == old }); i >= 0 {
			d.files = slices.Delete(d.files, i, i+1)
			continue
		}
		d.replaced = append(d.replaced, old)
		if !refused[old] {
			d.moved = append(d.moved, old)
		}
	}
	d.files = append(d.files, split.Files...)
}

func (d *fixed) write(io stdio) error {
	if len(d.files) == 0 {
		return nil
	}
	names := make([]string, len(d.files))
	for i, f := range d.files {
		if err := os.MkdirAll(filepath.Dir(f.Path), 0o755); err != nil {
			return failf(exitFailed, "%v", err)
		}
		if err := writeNew(f.Path, f.Body, 0o644); err != nil {
			return err
		}
		names[i] = plain(f.Path)
	}
	fmt.Fprintf(io.err, "wrote %s\n  next: read them, and delete %s: they take its place\n", strings.Join(names, ", "), plain(strings.Join(d.replaced, " and ")))
	if len(d.moved) > 0 {
		fmt.Fprintf(io.err, "  not refused, and in a new file for its number only: %s: on tables that others work on, new files come after those, and contracts last\n",
			plain(strings.Join(d.moved, ", ")))
	}
	return nil
}
