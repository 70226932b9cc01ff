package migrate

import (
	"cmp"
	"fmt"
	"slices"
)

// Code names a kind of Problem, for machines.
type Code string

// The codes of problems and warnings.
const (
	NearMiss      Code = "near_miss"           // looks like a migration and would be skipped in silence by golang-migrate
	Duplicate     Code = "duplicate"           // one number, two files
	MixedLayout   Code = "mixed_layout"        // both layouts in one folder
	Checksum      Code = "checksum"            // changed after it was applied
	OutOfOrder    Code = "out_of_order"        // never applied, and below what its track has applied
	Orphan        Code = "orphan"              // in the ledger, not in the folder
	TrackChanged  Code = "track_changed"       // applied on one track, now on the other
	NotUTF8       Code = "not_utf8"            // not UTF-8, or holding a NUL byte
	Empty         Code = "empty"               // no statement
	Unparsable    Code = "unparsable"          // a string, comment or quote that never ends; as a warning: unknown to the grammar
	Control       Code = "transaction_control" // BEGIN, COMMIT and their kind inside a file
	NotAlone      Code = "not_alone"           // cannot run in a transaction, and has company
	UnnamedIndex  Code = "unnamed_index"       // a CREATE INDEX CONCURRENTLY that nobody could find again
	MixedData     Code = "mixed_data"          // rows written while a table lock is held
	Interleaved   Code = "interleaved"         // a contract numbered below an expand on the same relation
	BadAnnotation Code = "annotation"          // a "-- teal:" line that teal does not know
)

// Problem is one thing that is wrong with a folder. As a problem it stops the release before anything runs.
type Problem struct {
	Code Code   `json:"code"`
	File string `json:"file"`
	Line int    `json:"line,omitempty"`
	Text string `json:"text"` // what, and what to do next
}

// Error is the place and the sentence.
func (p Problem) Error() string {
	if p.Line > 0 {
		return fmt.Sprintf("%s:%d: %s", p.File, p.Line, p.Text)
	}
	return p.File + ": " + p.Text
}

// problems collects problems while a plan is made.
type problems []Problem

func (p *problems) add(code Code, file string, line int, format string, args ...any) {
	*p = append(*p, Problem{Code: code, File: file, Line: line, Text: fmt.Sprintf(format, args...)})
}

func (p problems) sorted() []Problem {
	slices.SortStableFunc(p, func(a, b Problem) int {
		return cmp.Or(cmp.Compare(a.File, b.File), cmp.Compare(a.Line, b.Line))
	})
	return p
}
