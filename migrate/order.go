package migrate

import (
	"slices"

	"teal.dev/teal/events"
)

// order fills Owes and After and reports contracts that stand in the wrong place among the expands.
func (p *Plan) order(options Options, rows map[uint64]Row, found *problems) {
	var owed []uint64
	for _, o := range options.Owed {
		o.Numbers = slices.DeleteFunc(slices.Clone(o.Numbers), func(n uint64) bool { return rows[n].Done() })
		owed = append(owed, o.Numbers...)
		if p.waitsFor(o) {
			p.After = append(p.After, o.Release)
		}
	}
	for _, c := range p.Pending(Contract) {
		if slices.Contains(owed, c.Number) {
			continue
		}
		p.Owes = append(p.Owes, c.Number)
		if !options.First {
			p.interleaved(c, found)
		}
	}
}

// interleaved reports a contract that nobody owes yet below an expand on the same relation: a first install would run it
// before that expand, every other database after it.
func (p *Plan) interleaved(c File, found *problems) {
	for _, e := range p.Expand {
		if e.Number < c.Number {
			continue
		}
		if e.Done() {
			inspect(&e, new(problems), new(problems))
		}
		if e.Touches(c) {
			found.add(Interleaved, c.Name, 0, "this contract would run after %s, which has a higher number and touches the same relation; renumber it above %d", e.Name, p.top())
			return
		}
	}
}

// top is the highest number of the folder.
func (p *Plan) top() uint64 {
	var top uint64
	for _, f := range append(slices.Clone(p.Expand), p.Contract...) {
		top = max(top, f.Number)
	}
	return top
}

// waitsFor says whether a pending expand touches what an owed contract touches.
func (p *Plan) waitsFor(o Owed) bool {
	for _, c := range owedFiles(o.Folder, o.Numbers) {
		if slices.ContainsFunc(p.Pending(Expand), c.Touches) {
			return true
		}
	}
	return false
}

// owedFiles reads the owed files out of their own release's folder. One that is missing there touches all.
func owedFiles(folder events.Folder, numbers []uint64) []File {
	files := readFolder(folder, new(problems))
	var owed []File
	for _, n := range numbers {
		i := slices.IndexFunc(files, func(f File) bool { return f.Number == n && f.Track == Contract })
		if i < 0 {
			owed = append(owed, File{Number: n, Track: Contract, Unknown: true})
			continue
		}
		inspect(&files[i], new(problems), new(problems))
		owed = append(owed, files[i])
	}
	return owed
}
