package policies

import (
	"fmt"
	"path"
	"slices"
	"strings"

	"teal.dev/teal/migrate/statement"
)

// awaited says which other file of the folder stands in the way of a new name for a table. Contracts run after every expand file, and
// by then the old name is a view, on which none of them works; and a file that is refused itself becomes such a contract.
func (x *fixer) awaited(s *statement.Statement, to statement.Name) error {
	behind, denied := false, x.denied()
	for i := range x.in.Files {
		f := &x.in.Files[i]
		if f.Path == x.file {
			behind = true
			continue
		}
		late := PhaseOf(f.Path, f.Phase, f.Body) == PhaseContract
		if f.Applied || !late && !behind && !denied[f.Path] {
			continue
		}
		names, base := x.named(f), path.Base(strings.ReplaceAll(f.Path, "\\", "/"))
		switch {
		case denied[f.Path] && !late && slices.ContainsFunc(names, func(n statement.Name) bool { return x.moves(s, n) }):
			return fmt.Errorf("%s works on %s too and is refused itself: see to that first, and where a contract comes of it, give the table its new name in a later release", base, s.Name)
		case late && slices.ContainsFunc(names, func(n statement.Name) bool { return x.moves(s, n) }):
			return fmt.Errorf("%s, which is not applied yet, needs %s by this name until the old version is gone, and by then that is a view: give the table its new name in a later release", base, s.Name)
		case behind && !late && slices.ContainsFunc(names, func(n statement.Name) bool { return fold(n) == fold(to) }):
			return fmt.Errorf("%s comes after it and works on %s already, and the new files would come after that: put its statements behind this one, into one file, and run --fix again", base, to)
		}
	}
	return nil
}

// denied are the files that the gate denies.
func (x *fixer) denied() map[string]bool {
	out := map[string]bool{}
	for _, f := range Check(*x.in).Files {
		out[f.Path] = f.Decision == Deny
	}
	return out
}

// named are the relations that a file names. Of one that cannot be read nothing is known, and the gate refuses it anyway.
func (x *fixer) named(f *File) []statement.Name {
	parsed, err := statement.Parse(f.Body, x.in.Dialect)
	if err != nil {
		return nil
	}
	resolveNames(parsed.Statements)
	var out []statement.Name
	for i := range parsed.Statements {
		s := &parsed.Statements[i]
		out = append(append(out, s.Relations()...), s.Name, s.Table)
		if s.Kind == statement.DropIndex {
			out = append(out, s.Names...)
		}
	}
	return out
}

// moves says whether a name means the table that a statement renames, or an index that goes with it into another schema.
func (x *fixer) moves(s *statement.Statement, n statement.Name) bool {
	if fold(n) == fold(s.Name) {
		return true
	}
	return s.Kind == statement.MoveTable && slices.ContainsFunc(x.album.table(s.Name).indexes, func(i *statement.Statement) bool { return fold(i.Name) == fold(n) })
}

// passing says whether a view of the table goes away with a contract that has yet to run: that of the table's old name, which would
// have to get the new column too.
func (x *fixer) passing(table statement.Name, column string) error {
	for _, v := range x.album.table(table).views {
		for i := range x.in.Files {
			f := &x.in.Files[i]
			if f.Applied || f.Path == x.file || PhaseOf(f.Path, f.Phase, f.Body) != PhaseContract || !x.drops(f, v.Name) {
				continue
			}
			return fmt.Errorf("the old version reads %s through the view %s until %s drops it: give %s its new name in a later release", table, v.Name, path.Base(f.Path), column)
		}
	}
	return nil
}

func (x *fixer) drops(f *File, view statement.Name) bool {
	parsed, err := statement.Parse(f.Body, x.in.Dialect)
	if err != nil {
		return false
	}
	resolveNames(parsed.Statements)
	return slices.ContainsFunc(parsed.Statements, func(s statement.Statement) bool {
		return s.Kind == statement.DropView && slices.ContainsFunc(s.Names, func(n statement.Name) bool { return fold(n) == fold(view) })
	})
}

// promised keeps the names free that a contract which has yet to run gives to constraints and indexes.
func (x *fixer) promised(f *File) {
	parsed, err := statement.Parse(f.Body, x.in.Dialect)
	if err != nil {
		return
	}
	for i := range parsed.Statements {
		s := &parsed.Statements[i]
		if s.Kind == statement.CreateIndex {
			x.given[s.Name.Name] = true
		}
		for k := range s.Commands {
			if c := s.Commands[k].Constraint; c != nil {
				x.given[c.Name] = true
			}
		}
	}
}
