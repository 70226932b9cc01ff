package policies

import (
	"fmt"
	"path"
	"slices"
	"strings"
	"time"
)

// decision is what the policies make of one finding.
type decision struct {
	action Action
	roles  []string
	notes  []string
}

// decide turns a finding into an entry of the report, with one more for a waiver that has run out.
func (c *checker) decide(f Finding, file *FileReport) []Entry {
	d := c.settle(&f, file.Phase)
	var extra []Entry
	if w, ok := c.waiver(&f, file.Path); ok && d.action != Allow {
		if c.in.Now.Before(w.Until) {
			d = decision{action: Allow, notes: []string{fmt.Sprintf("waived until %s by %s: %s", lastDay(w), w.Owner, w.Reason)}}
		} else {
			extra = append(extra, c.expired(w, &f, file.Phase))
		}
	}
	return append([]Entry{entry(f, d)}, extra...)
}

func lastDay(w Waiver) string { return w.Until.Add(-time.Second).Format(time.DateOnly) }

func (c *checker) expired(w Waiver, about *Finding, phase Phase) Entry {
	r := expiredWaiver()
	f := fileFinding(&r, about.Line)
	f.Kind = "waiver"
	f.Why = fmt.Sprintf("the waiver of %s by %s ended on %s", w.Rule, w.Owner, lastDay(w))
	return entry(f, c.settle(&f, phase))
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
	if s, ok := c.setting(f, func(p *Policy) (Setting, bool) { s, ok := p.Rules[f.Rule]; return s, ok }); ok {
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
		s, ok := c.setting(f, func(p *Policy) (Setting, bool) { s, ok := p.Operations[o.key]; return s, ok })
		if rows, known := c.rows(f.Table); ok && !(known && rows <= s.OverRows && s.OverRows > 0) {
			d.take(s)
		}
	}
}

func (c *checker) setting(f *Finding, pick func(*Policy) (Setting, bool)) (Setting, bool) {
	return c.in.Policy.setting(c.in.App, f.Table, pick)
}

func (c *checker) rows(table string) (int64, bool) {
	if n, ok := c.in.Rows[table]; ok {
		return n, true
	}
	if bare, ok := strings.CutPrefix(table, "public."); ok {
		n, ok := c.in.Rows[bare]
		return n, ok
	}
	n, ok := c.in.Rows["public."+table]
	return n, ok
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
	d.action = worst(d.action, s.Action)
}

// waiver finds the waiver for a finding: one that still holds rather than one that does not.
func (c *checker) waiver(f *Finding, file string) (Waiver, bool) {
	var found Waiver
	ok := false
	for i := range c.in.Policy.site {
		p := &c.in.Policy.site[i]
		if !p.covers(c.in.App) {
			continue
		}
		for _, w := range p.Waivers {
			if w.Rule == f.Rule && (w.App == "" || w.App == c.in.App) && sameNumber(w.Migration, file) && (!ok || w.Until.After(found.Until)) {
				found, ok = w, true
			}
		}
	}
	return found, ok
}

// sameNumber says whether a file has the number that a waiver names, whatever the zeros in front; no number is every file.
func sameNumber(number, file string) bool {
	if number == "" {
		return true
	}
	base := path.Base(strings.ReplaceAll(file, "\\", "/"))
	digits := base[:len(base)-len(strings.TrimLeft(base, "0123456789"))]
	return digits != "" && strings.TrimLeft(digits, "0") == strings.TrimLeft(number, "0")
}
