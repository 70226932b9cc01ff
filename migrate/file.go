package migrate

import (
	"slices"

	"teal.dev/teal/migrate/statement"
)

// Track is one of the two sequences of migrations.
type Track string

// The tracks, spelt as in release.Migration.
const (
	Expand   Track = "expand"
	Contract Track = "contract"
)

// The states of a file in the ledger.
const (
	Pending   = ""          // not in the ledger
	Started   = "started"   // a statement that cannot run in a transaction was begun; nobody has said how it ended
	Applied   = "applied"   // committed together with its ledger row
	Baselined = "baselined" // there before teal: never vetted and never run
)

// File is one migration of a folder.
type File struct {
	Number     uint64
	Title      string
	Name       string // path in the folder
	Track      Track
	Sum        string // "sha256:<hex>" of Body
	Body       []byte
	State      string // of its ledger row
	Statements []statement.Statement
	Requires   []statement.Directive // queries that must return true just before the file runs
	Unknown    bool                  // its SQL cannot be cut into statements: it may touch anything
}

// Done says that nothing of the file has to run any more.
func (f File) Done() bool { return f.State == Applied || f.State == Baselined }

// Alone says that the file is one statement that cannot run in a transaction.
func (f File) Alone() bool { return len(f.Statements) == 1 && !f.Statements[0].Transactional() }

// Relations lists the relations that the file names, each once, and whether it may touch others that nobody can know.
func (f File) Relations() (names []statement.Name, opaque bool) {
	opaque = f.Unknown
	for i := range f.Statements {
		s := &f.Statements[i]
		opaque = opaque || s.Opaque()
		for _, name := range s.Relations() {
			if !slices.Contains(names, name) {
				names = append(names, name)
			}
		}
	}
	return names, opaque
}

// Touches says whether both files touch one relation; a file that is opaque touches all.
func (f File) Touches(other File) bool {
	mine, opaque := f.Relations()
	theirs, theirsOpaque := other.Relations()
	if opaque || theirsOpaque {
		return true
	}
	for _, name := range mine {
		if slices.ContainsFunc(theirs, func(n statement.Name) bool { return n.MayBe(name) }) {
			return true
		}
	}
	return false
}

// Slow says that a statement waits or works for long by design and that nobody queues behind it meanwhile: it gets a
// deadline instead of a short lock_timeout. VACUUM FULL, CLUSTER and the detachment of a partition are not among them:
// they ask for a lock that excludes everybody.
func Slow(s statement.Statement) bool {
	switch s.Kind {
	case statement.AlterTable:
		validates := len(s.Commands) > 0
		for _, c := range s.Commands {
			validates = validates && c.Kind == statement.ValidateConstraint
		}
		return validates
	case statement.CreateIndex, statement.DropIndex, statement.Reindex:
		return s.Concurrently
	case statement.Vacuum:
		return !s.Full
	}
	return false
}
