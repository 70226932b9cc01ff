package migrate

import (
	"cmp"
	"slices"

	"teal.dev/teal/events"
	"teal.dev/teal/migrate/statement"
	"teal.dev/teal/release"
)

// Owed is the contract of a finished release that has not run yet.
type Owed struct {
	Release release.ID
	Folder  events.Folder
	Numbers []uint64
}

// Options are the facts that neither the folder nor the ledger holds.
type Options struct {
	Ended  func(release.ID) bool // it was abandoned or rolled back; nil = none was
	Lasted events.Folder         // of the newest release that finished or is live: what it carries stays, whoever applied it
	Owed   []Owed
	First  bool // the first install: both tracks run in number order, so that order cannot be wrong
}

// Plan is a folder compared with a ledger. With Problems nothing of it may run.
type Plan struct {
	Expand   []File       // every file of the track, by number
	Contract []File       //
	Owes     []uint64     // contract numbers that this release would owe: pending and owed by nobody yet
	After    []release.ID // their owed contracts touch what a pending expand touches, and must run first
	Warnings []Problem
	Problems []Problem
}

// NewPlan compares a folder with the ledger of one app in one database. It never fails: what is wrong is in Problems.
func NewPlan(folder events.Folder, ledger []Row, options Options) Plan {
	p, rows, found, warned := arrange(folder, ledger, options)
	for _, track := range [][]File{p.Expand, p.Contract} {
		for i := range track {
			if !track[i].Done() {
				inspect(&track[i], found, warned)
			}
		}
	}
	p.order(options, rows, found)
	p.Problems, p.Warnings = found.sorted(), warned.sorted()
	return p
}

// arrange puts the files of a folder on their tracks, with their state in the ledger, and reports what contradicts it. No
// statement is read.
func arrange(folder events.Folder, ledger []Row, options Options) (p Plan, rows map[uint64]Row, found, warned *problems) {
	found, warned = new(problems), new(problems)
	rows = byNumber(ledger)
	files := readFolder(folder, found)
	for _, f := range files {
		f.State = compare(f, rows, ledger, found)
		if f.Track == Contract {
			p.Contract = append(p.Contract, f)
		} else {
			p.Expand = append(p.Expand, f)
		}
	}
	orphans(files, ledger, options, found, warned)
	return p, rows, found, warned
}

// compare returns the state of a file in the ledger and reports what contradicts it.
func compare(f File, rows map[uint64]Row, ledger []Row, found *problems) string {
	row, ok := rows[f.Number]
	if !ok {
		if top := Highest(ledger, f.Track); f.Number < top {
			found.add(OutOfOrder, f.Name, 0, "number %d was never applied, but the %s track is at %d already; renumber the file above %d", f.Number, f.Track, top, top)
		}
		return Pending
	}
	switch {
	case row.Track != f.Track:
		found.add(TrackChanged, f.Name, 0, "number %d is in the ledger as %s and stands on the %s track now; put it back, and write a new file for what is new", f.Number, row.Track, f.Track)
	case row.Sum != f.Sum:
		found.add(Checksum, f.Name, 0, "the file was changed after number %d was %s (it was %s, it is %s); restore it, and put the change into a new file", f.Number, row.State, short(row.Sum), short(f.Sum))
	}
	return row.State
}

func short(sum string) string { return sum[:min(len(sum), len("sha256:")+12)] }

// orphans reports ledger rows without a file. The ledger names who applied a number first; when that release did not last,
// a later one may have carried the file and lasted, and then its folder says so.
func orphans(files []File, ledger []Row, options Options, found, warned *problems) {
	lasted := readFolder(options.Lasted, new(problems))
	for _, row := range ledger {
		if has(files, row.Number) {
			continue
		}
		ended := options.Ended != nil && row.Release != "" && options.Ended(row.Release)
		switch {
		case !ended:
			found.add(Orphan, row.Name, 0, "number %d is in the ledger (%s, release %s) but not in this folder; a folder always travels whole: put the file back", row.Number, row.State, cmp.Or(string(row.Release), "none"))
		case has(lasted, row.Number):
			found.add(Orphan, row.Name, 0, "number %d is in the ledger (%s) and in the folder of the release that lasted last, but not in this one; a folder always travels whole: put the file back", row.Number, row.State)
		default:
			warned.add(Orphan, row.Name, 0, "number %d was applied by release %s, which did not last, and is not in this folder; its change is still in the database", row.Number, row.Release)
		}
	}
}

func has(files []File, number uint64) bool {
	return slices.ContainsFunc(files, func(f File) bool { return f.Number == number })
}

// Pending lists the files of a track that have to run, by number.
func (p Plan) Pending(track Track) []File {
	files := p.Expand
	if track == Contract {
		files = p.Contract
	}
	return slices.DeleteFunc(slices.Clone(files), File.Done)
}

// Merged lists the pending files of both tracks in number order: the first install.
func (p Plan) Merged() []File {
	files := append(p.Pending(Expand), p.Pending(Contract)...)
	slices.SortFunc(files, func(a, b File) int { return cmp.Compare(a.Number, b.Number) })
	return files
}

// Relations lists the relations that the pending files of both tracks name, and whether one may touch any.
func (p Plan) Relations() (names []statement.Name, opaque bool) {
	var all File
	for _, f := range p.Merged() {
		all.Statements, all.Unknown = append(all.Statements, f.Statements...), all.Unknown || f.Unknown
	}
	return all.Relations()
}

// Numbers lists the numbers of files.
func Numbers(files []File) []uint64 {
	var numbers []uint64
	for _, f := range files {
		numbers = append(numbers, f.Number)
	}
	return numbers
}
