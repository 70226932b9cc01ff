package policies

import "sort"

// Compatibility says what a statement does to the version that is running.
type Compatibility string

// The verdicts, from harmless to impossible. Depends comes with hazards that say on what.
const (
	Expand   Compatibility = "expand"
	Depends  Compatibility = "depends"
	Contract Compatibility = "contract"
	Never    Compatibility = "never"
)

// Hazard is a reason behind Depends.
type Hazard string

// The hazards.
const (
	RowShape          Hazard = "row-shape"           // SELECT *, COPY without a list, NATURAL JOIN or a row type sees it
	OldWritesRejected Hazard = "old-writes-rejected" // enforced on the running version's writes
	NewValues         Hazard = "new-values"          // safe as DDL; what the new version writes may surprise the old one
	DataChanged       Hazard = "data-changed"        // rows that the running version reads change
	BehaviourChanged  Hazard = "behaviour-changed"   // functions, triggers, defaults, roles, settings
	OpaqueEffect      Hazard = "opaque"              // the text does not show what it does
	UnparsableText    Hazard = "unparsable"          // the grammar does not know it
)

// Level is a table lock as PostgreSQL spells it.
type Level string

// The lock levels, weakest first.
const (
	AccessShare          Level = "ACCESS SHARE"
	RowShare             Level = "ROW SHARE"
	RowExclusive         Level = "ROW EXCLUSIVE"
	ShareUpdateExclusive Level = "SHARE UPDATE EXCLUSIVE"
	Share                Level = "SHARE"
	ShareRowExclusive    Level = "SHARE ROW EXCLUSIVE"
	Exclusive            Level = "EXCLUSIVE"
	AccessExclusive      Level = "ACCESS EXCLUSIVE"
)

// Blocks says whom a statement keeps waiting for as long as its work takes, work that grows with the table. A lock that
// is held for an instant blocks nobody: the runner takes it under a lock_timeout.
type Blocks string

// The values of Blocks. Whoever blocks reads blocks writes too.
const (
	BlocksNobody Blocks = ""
	BlocksReads  Blocks = "reads"
	BlocksWrites Blocks = "writes"
)

// Lock is a lock on one object.
type Lock struct {
	Object string `json:"object"`
	Level  Level  `json:"level"`
}

// Operation is what a statement costs while it runs.
type Operation struct {
	Locks   []Lock `json:"locks"`
	Rewrite bool   `json:"rewrite"`
	Scan    bool   `json:"scan"`
	Blocks  Blocks `json:"-"`
}

// Finding is what a rule says about a statement.
type Finding struct {
	Rule          string        `json:"-"`
	Line          int           `json:"line"`
	Column        int           `json:"-"`
	Kind          string        `json:"kind"`
	SQL           string        `json:"sql"`
	Compatibility Compatibility `json:"compatibility"`
	Hazards       []Hazard      `json:"hazards"`
	Operation     Operation     `json:"operation"`
	Why           string        `json:"-"`
	Instead       string        `json:"-"`
	// Table is the table that policies by table and by size look at; empty when there is none.
	Table string `json:"-"`
	// Mark is the name in the statement that the finding is about, for the caret.
	Mark string `json:"-"`
}

// add adds hazards, each once, sorted.
func (f *Finding) add(hazards ...Hazard) {
	for _, h := range hazards {
		if !f.Has(h) {
			f.Hazards = append(f.Hazards, h)
		}
	}
	sort.Slice(f.Hazards, func(i, j int) bool { return f.Hazards[i] < f.Hazards[j] })
}

// Has says whether the finding names a hazard.
func (f *Finding) Has(h Hazard) bool {
	for _, have := range f.Hazards {
		if have == h {
			return true
		}
	}
	return false
}

// lock adds a lock on an object that has a name.
func (f *Finding) lock(level Level, object string) {
	if object == "" {
		return
	}
	for _, l := range f.Operation.Locks {
		if l.Object == object && l.Level == level {
			return
		}
	}
	f.Operation.Locks = append(f.Operation.Locks, Lock{Object: object, Level: level})
}

// unlock forgets the locks and the work: the statement turned out to do none.
func (f *Finding) unlock() { f.Operation = Operation{Locks: []Lock{}} }

// raise makes the verdict at least c.
func (f *Finding) raise(c Compatibility) {
	if rank(c) > rank(f.Compatibility) {
		f.Compatibility = c
	}
}

func rank(c Compatibility) int {
	switch c {
	case Expand:
		return 0
	case Depends:
		return 1
	case Contract:
		return 2
	}
	return 3
}
