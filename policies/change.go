package policies

// Change is one finding that two policies decide differently.
type Change struct {
	Path string `json:"path"`
	Line int    `json:"line"`
	Rule string `json:"rule"`
	SQL  string `json:"sql"`
	Old  Action `json:"old"` // empty: only the new policy says it
	New  Action `json:"new"` // empty: only the old policy said it
}

// Stricter says whether the new policy lets less pass.
func (c Change) Stricter() bool {
	return c.Old == "" || c.New != "" && c.New.rank() > c.Old.rank()
}

// Compare lists what two reports on the same files decide differently, in the order of the files.
func Compare(before, after Report) []Change {
	type place struct {
		path, rule, sql string
		line, nth       int
	}
	index := func(r Report) (map[place]Action, []place) {
		found, order := map[place]Action{}, []place{}
		for _, f := range r.Files {
			for _, e := range f.Statements {
				p := place{path: f.Path, rule: e.Rule, sql: e.SQL, line: e.Line}
				for {
					if _, ok := found[p]; !ok {
						break
					}
					p.nth++
				}
				found[p], order = e.Decision, append(order, p)
			}
		}
		return found, order
	}
	was, first := index(before)
	now, second := index(after)
	out := []Change{}
	for _, p := range first {
		if now[p] != was[p] {
			out = append(out, Change{Path: p.path, Line: p.line, Rule: p.rule, SQL: p.sql, Old: was[p], New: now[p]})
		}
	}
	for _, p := range second {
		if _, ok := was[p]; !ok {
			out = append(out, Change{Path: p.path, Line: p.line, Rule: p.rule, SQL: p.sql, New: now[p]})
		}
	}
	return out
}
