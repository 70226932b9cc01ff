package policies

import "strings"

// Explain is why a rule says what it says, and what to do instead, told of its own bad example: Reason and Instead hold
// places for the names of a statement, and without one nobody can fill them.
func (r *Rule) Explain() (why, instead string) {
	why, instead = r.Reason, r.Instead
	for _, f := range Check(r.Bad.input()).Files {
		for _, e := range f.Statements {
			if e.Rule == r.ID {
				why, instead = e.Finding.Why, e.Instead // the last is the one that the example is about
			}
		}
	}
	return why, strings.TrimSpace(instead)
}

// input is an example as the gate takes it, by no policy at all.
func (ex *Example) input() Input {
	in := Input{App: "shop", Server: ex.Server}
	if ex.Before != "" {
		in.Files = append(in.Files, File{Path: "0001_before.up.sql", Body: []byte(ex.Before), Applied: true})
	}
	if ex.Expand != "" {
		in.Files = append(in.Files, File{Path: "0001_expand.up.sql", Phase: PhaseExpand, Body: []byte(ex.Expand)})
	}
	in.Files = append(in.Files, File{Path: "0002_example.up.sql", Phase: ex.Phase, Body: []byte(ex.SQL)})
	return in
}
