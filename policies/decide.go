package policies

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// decision is what the policies make of one finding.
type decision struct {
	action Action
	roles  []string
	notes  []string
	places []Place // the lines that say the action; none: what is so whatever the policies say, or nobody says anything
}

// decide turns a finding into an entry of the report, with one more for a waiver that has run out.
func (c *checker) decide(f Finding, file *FileReport) []Entry {
	d := c.settle(&f, file.Phase)
	var extra []Entry
	if w, ok := c.waiver(&f, file.Path); ok && d.action != Allow {
		c.used[w.At] = true
		if c.in.Now.Before(w.Until) {
			d = decision{action: Allow, places: []Place{w.At}, notes: []string{fmt.Sprintf("waived until %s by %s: %s", lastDay(w), w.Owner, w.Reason)}}
		} else {
			extra = append(extra, c.expired(w, &f, file.Phase))
		}
	}
	return append([]Entry{entry(f, d)}, extra...)
}

// settle asks the policies. What is wrong by itself is denied, whatever they say.
func (c *checker) settle(f *Finding, phase Phase) decision {
	d := decision{action: Allow}
	switch {
	case f.Compatibility == Never:
		d.action = Deny
		return d
	case f.Compatibility == Contract && phase == PhaseExpand:
		d.action = Deny
		d.notes = append(d.notes, "a contract statement in an expand file")
		return d
	}
	if s, ok := c.rule(f); ok {
		d.take(s)
	} else {
		c.settleFacts(f, &d)
	}
	if d.action == Prove {
		d.action = Approve
		d.notes = append(d.notes, "no evidence available, so a person must approve")
	}
	return d
}

// settleFacts goes by the hazards and the operation.
func (c *checker) settleFacts(f *Finding, d *decision) {
	for _, h := range f.Hazards {
		if s, ok := c.setting(f, func(p *Policy) (Setting, bool) { s, ok := p.Hazards[h]; return s, ok }); ok {
			d.take(s)
		}
	}
	for _, o := range []struct {
		key string
		on  bool
	}{{"rewrite", f.Operation.Rewrite}, {"scan", f.Operation.Scan}, {"blocks", f.Operation.Blocks != BlocksNobody}} {
		if !o.on {
			continue
		}
		rows, known := c.rows(f.Table)
		if known {
			d.sized(f, rows)
		}
		if s, ok := c.setting(f, func(p *Policy) (Setting, bool) { s, ok := p.Operations[o.key]; return s, ok }); ok {
			if s, counts := s.forRows(rows, known); counts {
				d.take(s)
			}
		}
	}
}

// rule is what a policy says about a rule itself, unless it says so of larger tables only.
func (c *checker) rule(f *Finding) (Setting, bool) {
	rows, known := c.rows(f.Table)
	return c.setting(f, func(p *Policy) (Setting, bool) {
		if s, named := p.Rules[f.Rule]; named {
			return s.forRows(rows, known)
		}
		return Setting{}, false
	})
}

// sized says once how many rows the table has: what costs time with every row reads differently with that.
func (d *decision) sized(f *Finding, rows int64) {
	note := fmt.Sprintf("%s has about %s row%s", f.Table, thousands(rows), map[bool]string{false: "s"}[rows == 1])
	if !slices.Contains(d.notes, note) {
		d.notes = append(d.notes, note)
	}
}

// thousands writes a number with a comma between each three digits.
func thousands(n int64) string {
	s := strconv.FormatInt(n, 10)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

func (c *checker) setting(f *Finding, pick func(*Policy) (Setting, bool)) (Setting, bool) {
	return c.in.Policy.setting(c.in.App, f.Table, pick)
}

func (c *checker) rows(table string) (int64, bool) {
	n, ok := c.in.Rows[table]
	if !ok {
		if bare, public := strings.CutPrefix(table, "public."); public {
			n, ok = c.in.Rows[bare]
		} else {
			n, ok = c.in.Rows["public."+table]
		}
	}
	return n, ok && n >= 0
}

// take lets the stricter action win. Everybody who must approve is asked.
func (d *decision) take(s Setting) {
	if s.Action == Approve || s.Action == Prove {
		role := s.Role
		if role == "" {
			role = DefaultRole
		}
		if !slices.Contains(d.roles, role) {
			d.roles = append(d.roles, role)
		}
	}
	switch rank := s.Action.rank(); {
	case rank > d.action.rank() || len(d.places) == 0 && rank == d.action.rank():
		d.places = []Place{s.At}
	case rank == d.action.rank() && !slices.Contains(d.places, s.At):
		d.places = append(d.places, s.At)
	}
	d.action = worst(d.action, s.Action)
}
