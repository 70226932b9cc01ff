package policies

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

// Text is the report for a person: the findings that are more than allowed, then a line that sums up.
func (r *Report) Text() string {
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
	return b.String()
}

func writeEntry(b *strings.Builder, path string, e *Entry) {
	fmt.Fprintf(b, "%s:%d: %s: %s", path, e.Line, e.Decision, e.Rule)
	if len(e.Roles) > 0 {
		fmt.Fprintf(b, " (by %s)", strings.Join(e.Roles, ", "))
	}
	b.WriteByte('\n')
	if e.SQL != "" {
		first, _, more := strings.Cut(e.SQL, "\n")
		fmt.Fprintf(b, "    %s", first)
		if more {
			b.WriteString(" …")
		}
		b.WriteByte('\n')
		if i := caret(first, e.Mark); i >= 0 {
			fmt.Fprintf(b, "    %s%s\n", strings.Repeat(" ", i), strings.Repeat("^", utf8.RuneCountInString(e.Mark)))
		}
	}
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
	b.WriteByte('\n')
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
