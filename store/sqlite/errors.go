package sqlite

import (
	"errors"
	"fmt"
	"os"

	"modernc.org/sqlite"

	"teal.dev/teal/release"
)

// Reason is a kind of refusal of the store; compare with errors.Is.
type Reason string

// Error returns the reason's words.
func (r Reason) Error() string { return string(r) }

// The reasons. The machine code of the *release.Fault that every such error also is stands behind each.
const (
	ErrStale    Reason = "the store has a newer state"             // stale
	ErrTerminal Reason = "the release has ended already"           // second_terminal
	ErrInvalid  Reason = "the store cannot keep this"              // invalid_record
	ErrFull     Reason = "the disk of the store is full"           // store_full
	ErrDamaged  Reason = "the store's file is damaged"             // store_damaged
	ErrLocked   Reason = "the store is in use by another process"  // store_locked
	ErrNewer    Reason = "the store was written by a newer teal"   // store_newer
	ErrForeign  Reason = "the file is not a store of teal"         // store_foreign
	ErrUnknown  Reason = "the store does not know what was asked"  // store_unknown
	ErrAccess   Reason = "the store's file cannot be used by teal" // store_access
)

// refusal is an error with a reason for Go and a fault for the daemon.
type refusal struct {
	reason Reason
	fault  *release.Fault
}

func (r *refusal) Error() string   { return r.fault.Text }
func (r *refusal) Unwrap() []error { return []error{r.reason, r.fault} }

func refuse(reason Reason, class release.Class, code, format string, args ...any) error {
	return &refusal{reason, &release.Fault{Class: class, Code: code, Text: fmt.Sprintf(format, args...)}}
}

// SQLite's primary result codes that mean something to a person.
const (
	codePerm     = 3
	codeReadOnly = 8
	codeIOErr    = 10
	codeCorrupt  = 11
	codeFull     = 13
	codeCantOpen = 14
	codeNotADB   = 26
)

// explain turns SQLite's codes into sentences that say what to do next.
func (s *Store) explain(err error) error {
	var known *refusal
	var e *sqlite.Error
	if err == nil || errors.As(err, &known) || !errors.As(err, &e) {
		return err
	}
	switch e.Code() & 0xff {
	case codeFull:
		return refuse(ErrFull, release.Retry, "store_full",
			"the disk of %s is full: free some space; nothing was written and teal goes on by itself (%v)", s.path, err)
	case codeCorrupt, codeNotADB:
		return refuse(ErrDamaged, release.Unproven, "store_damaged",
			"the store %s is damaged (%v): stop teal, keep the file, restore the last backup or start with a new file and `teal adopt` every app", s.path, err)
	case codePerm, codeReadOnly, codeCantOpen:
		return refuse(ErrAccess, release.Retry, "store_access",
			"the store %s cannot be opened or written (%v): it and its directory must belong to the user teal runs as (uid %d)", s.path, err, os.Getuid())
	case codeIOErr:
		return refuse(ErrAccess, release.Retry, "store_io",
			"reading or writing the store %s failed (%v): look at the disk and the kernel's log", s.path, err)
	}
	return fmt.Errorf("store %s: %w", s.path, err)
}
