package policies

import (
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"
)

// Text is the report for a person: the findings that are more than allowed, then a line that sums up.
func (r *Report) Text() string { return r.TextFor("APP") }

// TextFor is Text with the name of the app in the commands that it advises.
func (r *Report) TextFor(app string) string {
	var b strings.Builder
	counts := map[Action]int{}
	for _, f := range r.Files {
		for _, e := range f.Statements {
			counts[e.Decision]++
			if e.Decision != Allow || strings.Contains(e.Why, "(waived until ") {
				writeEntry(&b, f.Path, &e)
			}
		}
	}
	fmt.Fprintf(&b, "%s: %d file%s", r.Decision, len(r.Files), map[bool]string{false: "s"}[len(r.Files) == 1])
	for _, a := range []Action{Deny, Approve, Prove, Warn, Allow} {
		if counts[a] > 0 {
			fmt.Fprintf(&b, ", %d %s", counts[a], a)
		}
	}
	b.WriteByte('\n')
	if r.waivable() {
		fmt.Fprintf(&b, "next: %s\n", WayOn(app))
	}
	return b.String()
}

// waivable says whether something is refused that a policy or a waiver could let pass.
func (r *Report) waivable() bool {
	return slices.ContainsFunc(r.Files, func(f FileReport) bool {
		return slices.ContainsFunc(f.Statements, func(e Entry) bool { return e.Decision == Deny && e.Kind != kindFolder })
	})
}

// WayOn is what one can do about a report that refuses something.
func WayOn(app string) string {
	return "change the migrations as advised, or let somebody answer for them with a waiver in policies/ (docs/policies.md); teal policy show --effective " + app + " shows where each decision comes from"
}

// By says which lines of the policies decided.
func (e *Entry) By() string {
	switch {
	case e.Kind == kindFolder:
		return "none; no policy and no waiver lets a folder pass with this (teal explain " + e.Rule + ")"
	case len(e.Policy) == 0:
		return "none; it is refused whatever they say, and only a waiver lets it pass"
	}
	words := make([]string, len(e.Policy))
	for i, p := range e.Policy {
		words[i] = p.String()
	}
	return strings.Join(words, ", ")
}

func writeEntry(b *strings.Builder, path string, e *Entry) {
	fmt.Fprintf(b, "%s:%d: %s: %s", path, e.Line, e.Decision, e.Rule)
	if len(e.Roles) > 0 {
		fmt.Fprintf(b, " (by %s)", strings.Join(e.Roles, ", "))
	}
	b.WriteByte('\n')
	writeSource(b, e)
	indent(b, "why: ", e.Why)
	if len(e.Hazards) > 0 {
		words := make([]string, len(e.Hazards))
		for i, h := range e.Hazards {
			words[i] = string(h)
		}
		indent(b, "hazards: ", strings.Join(words, ", "))
	}
	if e.Instead != "" && e.Decision != Allow {
		indent(b, "instead: ", e.Instead)
	}
	if e.Decision == Deny {
		indent(b, "policy: ", e.By())
	}
	b.WriteByte('\n')
}

// writeSource prints the line that the finding is about, with its number, and a caret below the name.
func writeSource(b *strings.Builder, e *Entry) {
	if e.SQL == "" {
		return
	}
	at := e.Span()
	lines := strings.Split(e.SQL, "\n")
	line, before, after := lines[at.Line-e.Line], "", ""
	if at.Line > e.Line {
		before = "… "
	}
	if at.Line-e.Line < len(lines)-1 {
		after = " …"
	}
	number := fmt.Sprintf("%5d | ", at.Line)
	fmt.Fprintf(b, "%s%s%s%s\n", number, before, line, after)
	if at.End > at.Column {
		column := at.Column
		if at.Line == e.Line {
			column -= e.Column - 1
		}
		fmt.Fprintf(b, "%s| %s%s\n", strings.Repeat(" ", len(number)-2), pad(before+line, column-1+utf8.RuneCountInString(before)), strings.Repeat("^", at.End-at.Column))
	}
}

// pad is white space as wide as the first characters of a line; tabs stay tabs.
func pad(line string, n int) string {
	var b strings.Builder
	for _, r := range line {
		if n--; n < 0 {
			break
		}
		if r == '\t' {
			b.WriteRune(r)
		} else {
			b.WriteByte(' ')
		}
	}
	return b.String()
}

// Span is a part of one line of a file, in characters from 1. End is just behind it; without a name it is Column.
type Span struct{ Line, Column, End int }

// Span is where in the file the name stands that a finding is about, else where its statement begins.
func (e *Entry) Span() Span {
	for i, line := range strings.Split(e.SQL, "\n") {
		at := caret(line, e.Mark)
		if at < 0 {
			continue
		}
		s := Span{Line: e.Line + i, Column: at + 1, End: at + 1 + utf8.RuneCountInString(e.Mark)}
		if i == 0 && e.Column > 1 {
			s.Column, s.End = s.Column+e.Column-1, s.End+e.Column-1
		}
		return s
	}
	return Span{Line: max(e.Line, 1), Column: max(e.Column, 1), End: max(e.Column, 1)}
}

func indent(b *strings.Builder, head, text string) {
	for i, line := range strings.Split(text, "\n") {
		if i > 0 {
			head = "  "
		}
		fmt.Fprintf(b, "  %s%s\n", head, line)
	}
}

// caret is the column, in characters, at which a word stands alone in a line, or -1.
func caret(line, word string) int {
	if word == "" {
		return -1
	}
	for from := 0; ; {
		i := strings.Index(strings.ToLower(line[from:]), strings.ToLower(word))
		if i < 0 {
			return -1
		}
		i += from
		if !wordAt(line, i-1) && !wordAt(line, i+len(word)) {
			return utf8.RuneCountInString(line[:i])
		}
		from = i + len(word)
	}
}

func wordAt(line string, i int) bool {
	if i < 0 || i >= len(line) {
		return false
	}
	c := line[i]
	return c == '_' || c >= 0x80 || c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z'
}
