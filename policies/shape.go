package policies

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"teal.dev/teal/migrate/statement"
)

// fileShape follows what a file's statements are about as a whole.
type fileShape struct {
	phase     Phase
	contracts []int // lines
	others    []int // lines of statements that belong to expand
	additions []int // lines of statements that the new version needs before it starts
	data      *Subject
	ddl       int // line of DDL that locks a table that existed before
}

func (f *fileShape) add(s *statement.Statement, found []Finding) {
	for _, finding := range found {
		switch {
		case finding.Compatibility == Contract:
			f.contracts = appendLine(f.contracts, s.Line)
		case finding.Compatibility != Never && !neutral(s):
			f.others = appendLine(f.others, s.Line)
			if addition(finding.Rule) && !s.Temporary {
				f.additions = appendLine(f.additions, s.Line)
			}
		}
		if finding.Rule == newObject().ID {
			continue
		}
		if s.IsData() && f.data == nil {
			f.data = &Subject{Statement: s}
		}
		if s.TakesTableLock() && f.ddl == 0 {
			f.ddl = s.Line
		}
	}
}

func appendLine(lines []int, line int) []int {
	if n := len(lines); n > 0 && lines[n-1] == line {
		return lines
	}
	return append(lines, line)
}

// neutral says whether a statement may go with both tracks.
func neutral(s *statement.Statement) bool {
	switch s.Kind {
	case statement.Set, statement.CommentOn, statement.Select, statement.Analyze:
		return true
	}
	return false
}

// addition says whether a rule is about something that the new version starts with.
func addition(rule string) bool {
	return strings.HasPrefix(rule, "add-column") || rule == "create-table" || rule == "create-view" || rule == "create-type" ||
		rule == "add-enum-value" || rule == "create-table-as"
}

// findings are what is wrong with the file as a whole.
func (f *fileShape) findings() []Finding {
	var out []Finding
	if f.data != nil && f.ddl > 0 {
		r := dataWithDDL()
		out = append(out, r.find(f.data))
	}
	switch {
	case f.phase == PhaseExpand && len(f.contracts) > 0 && len(f.others) > 0:
		out = append(out, f.mixed(f.others, f.contracts))
	case f.phase == PhaseContract && len(f.contracts) > 0 && len(f.additions) > 0:
		out = append(out, f.mixed(f.additions, f.contracts))
	case f.phase == PhaseExpand && len(f.contracts) > 0:
		r := wrongTrack()
		w := fileFinding(&r, 1)
		w.Instead = "make this the first line of the file:\n-- teal:contract"
		out = append(out, w)
	case f.phase == PhaseContract && len(f.additions) > 0:
		r := wrongTrack()
		w := fileFinding(&r, 1)
		w.Why = "nothing here needs the old version gone, and the new version would start before it is there"
		w.Instead = "take -- teal:contract out of the first line, or move the file to expand/"
		out = append(out, w)
	}
	return out
}

func (f *fileShape) mixed(expand, contract []int) Finding {
	r := mixedFile()
	m := fileFinding(&r, contract[0])
	m.Instead = fmt.Sprintf("split the file in two:\nstay in an expand file: %s;\nto a file with a higher number, whose first line is -- teal:contract: %s",
		lines(expand), lines(contract))
	for _, line := range contract {
		if slices.Contains(expand, line) {
			m.Instead += fmt.Sprintf("\n(the statement of line %d does both: make two of it)", line)
		}
	}
	return m
}

func lines(list []int) string {
	words := make([]string, len(list))
	for i, n := range list {
		words[i] = strconv.Itoa(n)
	}
	if len(words) == 1 {
		return "line " + words[0]
	}
	return "lines " + strings.Join(words, ", ")
}

// notLater takes the advice to do it in a contract file out of what is said to one.
func notLater(advice string) string {
	first, rest, more := strings.Cut(advice, "\n")
	at := strings.LastIndex(first, "; ")
	if at < 0 || !strings.HasSuffix(first, " in a contract file") {
		return advice
	}
	if more {
		return first[:at] + "\n" + rest
	}
	return first[:at]
}

// fileFinding is a finding about a file, not about one of its statements.
func fileFinding(r *Rule, line int) Finding {
	f := Finding{Rule: r.ID, Line: line, Kind: "file", Compatibility: r.Compatibility, Hazards: []Hazard{},
		Operation: Operation{Locks: []Lock{}}, Why: r.Reason, Instead: r.Instead}
	f.add(r.Hazards...)
	return f
}

func unreadable(err error) Finding {
	r := unreadableFile()
	f := fileFinding(&r, 1)
	f.Why += ": " + err.Error()
	var at *statement.SplitError
	if errors.As(err, &at) {
		f.Line, f.Column = at.Line, at.Column
	} else if rest, ok := strings.CutPrefix(err.Error(), "line "); ok {
		number, _, _ := strings.Cut(rest, ":")
		if n, convErr := strconv.Atoi(number); convErr == nil {
			f.Line = n
		}
	}
	return f
}
