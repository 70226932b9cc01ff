package main

import (
	"path/filepath"
	"slices"
	"strings"

	"teal.dev/teal/events"
	"teal.dev/teal/migrate"
	"teal.dev/teal/policies"
)

// judged is one folder, or the files that were named singly, as the gate takes it.
type judged struct {
	policies.Input
	dir    string            // "" = files named singly, or one track of a folder: they make no folder
	whole  events.Folder     // what a release of the folder would carry; the bodies are those of its migrations alone
	odd    []migrate.Problem // what no release can carry
	ledger []migrate.Row     // of the database of --against, or what --released stands for
	// released says that the ledger is a folder.
	released bool
	told     bool // --applied or --released says what has run, so the rest is known to be new
}

// check judges the statements by rules and policies, and the folder as a whole by what the daemon demands of it.
func (j *judged) check() policies.Report {
	report := policies.Check(j.Input)
	for _, f := range j.faults() {
		report.AddFault(f.path, f.Line, string(f.Code), f.Text, f.decision)
	}
	return report
}

// fault is what is wrong with the folder as a whole, and the file that shows it.
type fault struct {
	migrate.Problem
	path     string
	decision policies.Action
}

// faults are the problems that the daemon would find in names, numbers, tracks and the ledger, the worst first.
func (j *judged) faults() []fault {
	if j.dir == "" {
		return nil
	}
	var out, doubts []fault
	problems, warnings := migrate.Layout(j.whole, j.rows(), migrate.Options{})
	for _, p := range slices.Concat(j.odd, problems) {
		if p.Code == migrate.Orphan && !j.recorded(p.File) {
			continue // a file whose name is wrong, and that is told so
		}
		if text, doubtful := j.doubt(p); doubtful {
			p.Text += text
			doubts = append(doubts, j.fault(p, policies.Warn))
			continue
		}
		out = append(out, j.fault(p, policies.Deny))
	}
	for _, p := range warnings {
		doubts = append(doubts, j.fault(p, policies.Warn))
	}
	return append(out, doubts...)
}

func (j *judged) fault(p migrate.Problem, decision policies.Action) fault {
	if j.released {
		p.Text = strings.NewReplacer(" is in the ledger (applied, release none)", " was released", " is in the ledger as ", " was released as ").Replace(p.Text)
	}
	return fault{Problem: p, path: filepath.Join(j.dir, filepath.FromSlash(p.File)), decision: decision}
}

// doubt says of a problem that only the daemon can be sure of why it may be none.
func (j *judged) doubt(p migrate.Problem) (string, bool) {
	switch p.Code {
	case migrate.Interleaved:
		return ", unless it has run or is owed already (--applied N says so), or no version runs yet", !j.told
	case migrate.Orphan:
		i := slices.IndexFunc(j.ledger, func(r migrate.Row) bool { return r.Name == p.File })
		return "; the daemon lets it pass only where that release was abandoned or rolled back", i >= 0 && j.ledger[i].Release != ""
	}
	return "", false
}

// recorded says whether the database's ledger has a file.
func (j *judged) recorded(name string) bool {
	return slices.ContainsFunc(j.ledger, func(r migrate.Row) bool { return r.Name == name })
}

// aboutCode explains the code of a folder; "" for one that is none.
func aboutCode(code string) string {
	if code == string(events.BadFolder) {
		return "No release can carry the folder as it is: a name that is not allowed, something that is no regular file, or too much of it. The text says what; move it out of the folder."
	}
	return migrate.About(migrate.Code(code))
}

// rows are the ledger's, and one more for each file that counts as applied without one.
func (j *judged) rows() []migrate.Row {
	rows := slices.Clone(j.ledger)
	for i := range j.Files {
		f := &j.Files[i]
		number := numberOf(f.Path)
		if !f.Applied || slices.ContainsFunc(rows, func(r migrate.Row) bool { return r.Number == number }) {
			continue
		}
		rows = append(rows, migrate.Row{Number: number, Track: migrate.Track(policies.PhaseOf(f.Path, f.Phase, f.Body)), Name: j.nameOf(f.Path),
			Sum: migrate.Sum(f.Body), State: migrate.Applied})
	}
	return rows
}

// nameOf is a file's path in its folder.
func (j *judged) nameOf(file string) string {
	name, err := filepath.Rel(j.dir, file)
	if err != nil {
		return file
	}
	return filepath.ToSlash(name)
}

// track says whether a directory is one of a folder's two.
func track(dir string) bool {
	full, err := filepath.Abs(dir)
	return err == nil && (filepath.Base(full) == "expand" || filepath.Base(full) == "contract")
}

// readWhole lists what a release of the folder would carry, as readMigrations takes it, and what it could not.
func (j *judged) readWhole() error {
	bodies := map[string][]byte{}
	for _, f := range j.Files {
		bodies[j.nameOf(f.Path)] = f.Body
	}
	entries, err := entriesIn(j.dir)
	if err != nil {
		return err
	}
	for _, e := range entries {
		if !e.Type().IsRegular() {
			j.odd = append(j.odd, migrate.Problem{Code: migrate.Code(events.BadFolder), File: e.name, Text: "this is not a regular file, so no release can carry the folder; move it out, or copy it in"})
			continue
		}
		j.whole = append(j.whole, events.File{Name: e.name, Body: bodies[e.name]})
	}
	if r := events.ValidateFolder(j.whole); r != nil {
		j.odd = append(j.odd, migrate.Problem{Code: migrate.Code(r.Code), File: ".", Text: r.Text})
	}
	return nil
}
