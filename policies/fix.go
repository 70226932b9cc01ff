package policies

import (
	"errors"
	"fmt"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"teal.dev/teal/migrate/statement"
)

// Split is a file that the gate refuses, with the files that cannot stay where they are if it goes, and the files that do the
// same and that the gate lets pass.
type Split struct {
	Replaces []string // the refused file first, the others in the order of their numbers
	Files    []File
}

// piece is a statement of a split.
type piece struct {
	sql     string
	late    bool // a contract: runs when the old version is gone
	alone   bool // wants a file of its own
	data    bool
	note    []string             // for the reader of the file
	require string               // a query that must be true before its file runs
	s       *statement.Statement // that it comes from
}

// Fix writes the safe split of a file that Check refuses, by its index in the input. The files have the next free numbers of
// the folder, contracts last, and stand where the refused one stands. Files that are not applied and work on the same relations
// take new numbers too where the split would else come too late for them, or above one of their contracts. An error says why
// there is no split, in words for a person: what it returns passes Check in the place of what it replaces.
func Fix(in Input, index int) (Split, error) {
	if in.Dialect == "" {
		in.Dialect = statement.Postgres
	}
	if at := written(&in, in.Files[index].Path); at != "" {
		return Split{}, fmt.Errorf("its split is written already, from %s on: delete it", at)
	}
	first, err := parts(&in, &in.Files[index]) // where it cannot be split nothing needs to move
	if err != nil {
		return Split{}, err
	}
	m := newMove(in, index, slices.ContainsFunc(first, func(f File) bool { return PhaseOf(f.Path, f.Phase, f.Body) == PhaseExpand }))
	for _, i := range m.members {
		if f := &in.Files[i]; i != index && f.Stays != "" {
			return Split{}, fmt.Errorf("%s works on the same tables and would have to move with it: %s", path.Base(f.Path), f.Stays)
		}
	}
	for _, file := range m.replaces {
		if err := m.take(file, file == in.Files[index].Path); err != nil {
			return Split{}, err
		}
	}
	split := Split{Replaces: m.replaces, Files: m.numbered()}
	slices.SortStableFunc(split.Replaces, func(a, _ string) int { return map[bool]int{true: -1}[a == in.Files[index].Path] })
	if err := split.prove(in); err != nil {
		return Split{}, err
	}
	return split, nil
}

// parts are the files that do what a refused one does. Their numbers are those that are free in the input.
func parts(in *Input, file *File) ([]File, error) {
	parsed, err := statement.Parse(file.Body, in.Dialect)
	if err != nil {
		return nil, err
	}
	if len(parsed.Requires()) > 0 {
		return nil, errors.New("it has a -- teal:require, and only a person knows which of the new files needs it: take it out, run --fix, and put it into that file")
	}
	phase := PhaseOf(file.Path, file.Phase, file.Body)
	pieces, err := (&fixer{in: in, file: file.Path, phase: phase}).pieces(&parsed)
	if err != nil {
		return nil, err
	}
	return name(in, file.Path, group(pieces), phase), nil
}

// prove judges the folder with the split in the place of what it replaces.
func (sp *Split) prove(in Input) error {
	before := Check(in)
	in.Files = append(slices.DeleteFunc(slices.Clone(in.Files), func(f File) bool { return slices.Contains(sp.Replaces, f.Path) }), sp.Files...)
	report := Check(in)
	for _, f := range report.Files {
		mine := slices.ContainsFunc(sp.Files, func(n File) bool { return n.Path == f.Path })
		was := slices.IndexFunc(before.Files, func(o FileReport) bool { return o.Path == f.Path })
		if f.Decision != Deny || !mine && was >= 0 && before.Files[was].Decision == Deny {
			continue
		}
		for _, e := range f.Statements {
			if e.Decision == Deny {
				if mine && !slices.ContainsFunc(sp.Replaces, func(old string) bool { return denied(&before, old, e.Rule) }) {
					return fmt.Errorf("the split that teal knows has a statement that is denied too, by %s: %s; %s", e.Rule, e.Why, next(&e))
				}
				return fmt.Errorf("teal knows no split for %s: %s; %s", e.Rule, e.Why, next(&e))
			}
		}
	}
	return nil
}

// denied says whether a rule's finding on a file is denied.
func denied(r *Report, file, rule string) bool {
	for _, f := range r.Files {
		for _, e := range f.Statements {
			if f.Path == file && e.Rule == rule && e.Decision == Deny {
				return true
			}
		}
	}
	return false
}

// next is what a person does about a statement that teal cannot split.
func next(e *Entry) string {
	advice, _, _ := strings.Cut(e.Instead, "\n")
	advice = strings.TrimSuffix(strings.TrimSuffix(advice, ":"), ", then")
	if advice == "" || strings.HasPrefix(advice, "--") || strings.HasSuffix(advice, ";") {
		return "teal explain " + e.Rule + " shows what to write instead"
	}
	return advice + " (teal explain " + e.Rule + ")"
}

// group cuts pieces into files: what must be alone is, rows and table locks keep apart, a requirement stands at the top, contracts
// come last.
func group(pieces []piece) [][]piece {
	var out [][]piece
	for _, late := range []bool{false, true} {
		fresh := true
		for _, p := range pieces {
			if p.late != late {
				continue
			}
			if last := len(out) - 1; fresh || p.alone || p.require != "" || out[last][0].alone || out[last][0].data != p.data {
				out = append(out, nil)
			}
			fresh = false
			out[len(out)-1] = append(out[len(out)-1], p)
		}
	}
	return out
}

// name gives the files their numbers, paths and first lines.
func name(in *Input, old string, groups [][]piece, phase Phase) []File {
	dir, base := path.Split(strings.ReplaceAll(old, "\\", "/"))
	number, rest, _ := strings.Cut(base, "_")
	title := strings.TrimSuffix(rest, ".up.sql")
	next := highest(in)
	var files []File
	for i, g := range groups {
		next++
		late := g[0].late || phase == PhaseContract
		where, first := dir, ""
		switch tracks := regexp.MustCompile(`(^|/)(expand|contract)/$`); {
		case tracks.MatchString(dir) && late:
			where = tracks.ReplaceAllString(dir, "${1}contract/")
		case tracks.MatchString(dir):
			where = tracks.ReplaceAllString(dir, "${1}expand/")
		case late:
			first = "-- teal:" + statement.DirectiveContract + "\n"
		}
		var b strings.Builder
		b.WriteString(first + "-- part " + strconv.Itoa(i+1) + " of " + strconv.Itoa(len(groups)) + origin(base))
		for _, p := range g {
			p.write(&b)
		}
		name := fmt.Sprintf("%s%0*d_%s_%d.up.sql", where, len(number), next, title, i+1)
		files = append(files, File{Path: name, Body: []byte(b.String())})
	}
	return files
}

// highest is the highest number of the input's files.
func highest(in *Input) uint64 {
	top := uint64(0)
	for i := range in.Files {
		if n, ok := fileNumber(in.Files[i].Path); ok {
			top = max(top, n)
		}
	}
	return top
}

func (p *piece) write(b *strings.Builder) {
	for _, line := range p.note {
		b.WriteString("-- " + line + "\n")
	}
	if p.require != "" {
		b.WriteString("-- teal:" + statement.DirectiveRequire + " " + p.require + "\n")
	}
	b.WriteString(strings.TrimSpace(p.sql) + ";\n")
}

func fileNumber(name string) (uint64, bool) {
	base := path.Base(strings.ReplaceAll(name, "\\", "/"))
	n, err := strconv.ParseUint(base[:len(base)-len(strings.TrimLeft(base, "0123456789"))], 10, 64)
	return n, err == nil
}
