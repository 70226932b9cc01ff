package policies

import (
	"bytes"
	"fmt"
	"path"
	"slices"
	"strings"

	"teal.dev/teal/migrate/statement"
)

// move takes a refused file and those that must keep their place behind or before it, and gives them the next free numbers.
type move struct {
	in       Input // as it becomes, file by file
	start    Input // as it was
	members  []int // of the files that move, and their paths
	replaces []string
	files    []File // what takes their place, in order
}

// newMove finds what moves with a file; expands says that something new will run before the switch.
func newMove(in Input, index int, expands bool) *move {
	m := &move{in: in, start: in, members: together(&in, index, expands)}
	m.in.Files = slices.Clone(in.Files)
	for _, i := range m.members {
		m.replaces = append(m.replaces, in.Files[i].Path)
	}
	return m
}

// take puts the split of a file in its place, or the file itself where the gate lets it pass.
func (m *move) take(file string, refused bool) error {
	at := slices.IndexFunc(m.in.Files, func(f File) bool { return f.Path == file })
	old := m.in.Files[at]
	if !refused && !denies(m.in, file) {
		m.files = append(m.files, old)
		return nil
	}
	split, err := parts(&m.in, &old)
	if err != nil {
		if !refused {
			return fmt.Errorf("%s works on the same tables and must move with it, and cannot be split: %w. Take it out of the folder, run --fix again, and put it back with a number above", path.Base(file), err)
		}
		return err
	}
	m.in.Files = slices.Replace(m.in.Files, at, at+1, split...)
	m.files = append(m.files, split...)
	return nil
}

// denies says whether the gate denies a file of the input.
func denies(in Input, file string) bool {
	for _, f := range Check(in).Files {
		if f.Path == file && f.Phase != PhasePolicy {
			return f.Decision == Deny
		}
	}
	return false
}

// numbered gives the files their numbers: the next free ones, expand before contract, as wide as the refused file's.
func (m *move) numbered() []File {
	next := highest(&m.start)
	var out []File
	for _, phase := range []Phase{PhaseExpand, PhaseContract} {
		for _, f := range m.files {
			if PhaseOf(f.Path, f.Phase, f.Body) != phase {
				continue
			}
			next++
			dir, base := path.Split(strings.ReplaceAll(f.Path, "\\", "/"))
			number, title, _ := strings.Cut(base, "_")
			f.Path = fmt.Sprintf("%s%0*d_%s", dir, len(number), next, title)
			out = append(out, f)
		}
	}
	return out
}

// together lists the files that must move with one, and itself, by index: the later ones that touch what a file that moves
// touches, because what replaces that comes after them; and, where there are new expand files, every contract that does, because
// a contract stands above the expand files on its relations. Nothing that is applied moves.
func together(in *Input, index int, expands bool) []int {
	touched := make([]*reach, len(in.Files))
	for i := range in.Files {
		if !in.Files[i].Applied {
			touched[i] = touches(in, i)
		}
	}
	moves := make([]bool, len(in.Files))
	moves[index] = true
	for again := true; again; {
		again = false
		for i, t := range touched {
			if t == nil || moves[i] || !slices.ContainsFunc(touched, func(o *reach) bool {
				return o != nil && moves[o.index] && (o.index < i || t.contract && expands) && t.meets(o)
			}) {
				continue
			}
			moves[i], again = true, true
		}
	}
	var out []int
	for i := range moves {
		if moves[i] {
			out = append(out, i)
		}
	}
	return out
}

// reach is what a file works on.
type reach struct {
	index    int
	contract bool
	names    []statement.Name
	any      bool // nobody can know what else
}

// touches reads what a file works on; nil = it cannot be read, and somebody must mend it anyway.
func touches(in *Input, i int) *reach {
	f := &in.Files[i]
	parsed, err := statement.Parse(f.Body, in.Dialect)
	if err != nil {
		return nil
	}
	t := &reach{index: i, contract: PhaseOf(f.Path, f.Phase, f.Body) == PhaseContract}
	for k := range parsed.Statements {
		t.any = t.any || parsed.Statements[k].Opaque()
		t.names = append(t.names, parsed.Statements[k].Relations()...)
	}
	return t
}

// meets says whether both may work on one relation.
func (t *reach) meets(o *reach) bool {
	return t.any || o.any || slices.ContainsFunc(t.names, func(n statement.Name) bool {
		return slices.ContainsFunc(o.names, n.MayBe)
	})
}

// origin ends the first line of a file that Fix writes, by which written knows it again.
func origin(base string) string { return " of what " + base + " was\n" }

// written is the file that Fix wrote first for a refused one, "" where there is none.
func written(in *Input, refused string) string {
	mark := []byte(origin(path.Base(strings.ReplaceAll(refused, "\\", "/"))))
	for i := range in.Files {
		if f := &in.Files[i]; f.Path != refused && bytes.Contains(f.Body, mark) {
			return path.Base(strings.ReplaceAll(f.Path, "\\", "/"))
		}
	}
	return ""
}
