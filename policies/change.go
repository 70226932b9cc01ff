package policies

import (
	"slices"
	"strings"
)

// Change is one finding that two policies decide differently.
type Change struct {
	Path string `json:"path"`
	Line int    `json:"line"`
	Rule string `json:"rule"`
	SQL  string `json:"sql"`
	Old  Action `json:"old"` // empty: only the new policy says it
	New  Action `json:"new"` // empty: only the old policy said it
	// Whose word is needed on either side, where it is approve: roles with a comma between.
	OldRoles string `json:"old_roles,omitempty"`
	NewRoles string `json:"new_roles,omitempty"`
}

// Asks says that the decision stays and that others have to say so.
func (c Change) Asks() bool { return c.Old == c.New }

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
	type word struct {
		action Action
		roles  string
	}
	index := func(r Report) (map[place]word, []place) {
		found, order := map[place]word{}, []place{}
		for _, f := range r.Files {
			for _, e := range f.Statements {
				p := place{path: f.Path, rule: e.Rule, sql: e.SQL, line: e.Line}
				for {
					if _, ok := found[p]; !ok {
						break
					}
					p.nth++
				}
				found[p], order = word{e.Decision, strings.Join(slices.Sorted(slices.Values(e.Roles)), ",")}, append(order, p)
			}
		}
		return found, order
	}
	was, first := index(before)
	now, second := index(after)
	out := []Change{}
	for _, p := range slices.Concat(first, slices.DeleteFunc(second, func(p place) bool { _, ok := was[p]; return ok })) {
		if old, new := was[p], now[p]; old != new {
			out = append(out, Change{Path: p.path, Line: p.line, Rule: p.rule, SQL: p.sql, Old: old.action, New: new.action, OldRoles: old.roles, NewRoles: new.roles})
		}
	}
	return out
}
