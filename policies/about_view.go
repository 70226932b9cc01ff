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
