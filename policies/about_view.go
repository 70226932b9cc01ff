package policies

import (
	"strings"

	"teal.dev/teal/migrate/statement"
)

const (
	aView    = "\nCREATE VIEW titles AS SELECT title FROM note;"
	aMatView = "\nCREATE MATERIALIZED VIEW sums AS SELECT count(*) FROM note;\nCREATE UNIQUE INDEX sums_count ON sums (count);"
)

func lockOthers(level Level) func(*Subject, *Finding) {
	return func(s *Subject, f *Finding) {
		for _, n := range s.Relations() {
			if fold(n) != fold(s.Name) {
				f.lock(level, n.String())
			}
		}
	}
}

// dropped says whether an earlier statement of the same file, so of the same transaction, drops the view.
func dropped(s *Subject) bool {
	for i := 0; i < s.Index; i++ {
		d := &s.File[i]
		if d.Kind == statement.DropView && has(foldAll(d.Names), fold(s.Name).String()) {
			return true
		}
	}
	return false
}

// recreated says whether a later statement of the same file makes every view again that a DROP VIEW drops.
func recreated(s *Subject) bool {
	made := []string{}
	for i := s.Index + 1; i < len(s.File); i++ {
		if s.File[i].Kind == statement.CreateView {
			made = append(made, fold(s.File[i].Name).String())
		}
	}
	for _, n := range foldAll(s.Names) {
		if !has(made, n) {
			return false
		}
	}
	return !s.Cascade
}

func foldAll(names []statement.Name) []string {
	out := make([]string, len(names))
	for i, n := range names {
		out[i] = fold(n).String()
	}
	return out
}

// cascadeNever refuses a CASCADE: what it drops is not in the text.
func cascadeNever(s *Subject, f *Finding) {
	for _, n := range s.Names {
		f.lock(AccessExclusive, n.String())
	}
	if s.Cascade {
		f.raise(Never)
		f.Why = "CASCADE drops what depends on it, and the text does not say what that is"
		f.Instead = byName(s)
	}
}

// byName is the advice about a CASCADE: the statement without it, once what depends on the object is gone.
func byName(s *Subject) string {
	text := strings.TrimSpace(s.SQL)
	if at := len(text) - len("CASCADE"); at > 0 && strings.EqualFold(text[at:], "CASCADE") {
		text = strings.TrimSpace(text[:at])
	}
	return "drop what depends on it by name, in statements before, then:\n-- teal:contract\n-- (a file of its own)\n" + text + ";"
}

// computes says whether one of the relations is a view that calls functions of which nobody knows what they do, or reads one.
func (w *World) computes(names []statement.Name) bool {
	seen := map[statement.Name]bool{}
	for i := 0; i < len(names); i++ {
		n := fold(names[i])
		if r := w.relations[n]; r != nil && !seen[n] {
			if r.computes {
				return true
			}
			names = append(names[:len(names):len(names)], r.uses...)
		}
		seen[n] = true
	}
	return false
}

// shown are the columns of a view that a statement makes, with those of its only table in the place of *.
func (w *World) shown(s *statement.Statement) []string {
	var out []string
	for _, column := range s.Shows {
		if column != "*" {
			out = append(out, column)
			continue
		}
		var r *relation
		if used := s.Relations(); len(used) == 2 && fold(used[0]) == fold(s.Name) && w.certain(used[1]) {
			r = w.relations[fold(used[1])]
		}
		if r == nil || r.kind != statement.CreateTable || r.doubted || len(r.likes) > 0 {
			return []string{""}
		}
		for name := range r.columns {
			out = append(out, name)
		}
	}
	return out
}

// rememberView keeps the columns of a view that is dropped for the one that takes its place.
func (w *World) rememberView(n statement.Name) {
	if w.dropped == nil {
		w.dropped = map[statement.Name][]string{}
	}
	if r := w.relations[fold(n)]; r != nil && r.kind == statement.CreateView {
		w.dropped[fold(n)] = r.shows
	}
}

// recreatedWithout is what the running version may miss in a view that is dropped and made anew: a column, or, where the columns
// are not all known, perhaps one.
func recreatedWithout(s *Subject) string {
	if s.Kind == statement.CreateView {
		return without(s.Name, s.World.dropped[fold(s.Name)], s.World.shown(s.Statement))
	}
	for _, n := range s.Names {
		var old, next []string
		if r := s.World.relations[fold(n)]; r != nil && r.kind == statement.CreateView && s.World.certain(n) {
			old = r.shows
		}
		for i := s.Index + 1; i < len(s.File); i++ {
			if v := &s.File[i]; v.Kind == statement.CreateView && fold(v.Name) == fold(n) {
				next = s.World.shown(v)
				break
			}
		}
		if why := without(n, old, next); why != "" {
			return why
		}
	}
	return ""
}

func without(view statement.Name, old, next []string) string {
	if len(old) == 0 || len(next) == 0 || has(old, "") {
		return "the columns of " + view.String() + " are not known, and the new one may lack some that the running version names: 42703"
	}
	for _, column := range old {
		if !has(next, column) {
			return "the new " + view.String() + " has no " + column + ", or none that can be told; the running version may name it until it is retired: 42703"
		}
	}
	return ""
}
