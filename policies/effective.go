package policies

import "slices"

// Decision is one line of what the policies in force come to for an app.
type Decision struct {
	Key      string   `json:"key"` // hazards.row-shape, operations.blocks, rules.drop-column
	Action   Action   `json:"action"`
	Role     string   `json:"role,omitempty"` // who approves
	OverRows int64    `json:"over_rows,omitempty"`
	Unknown  Action   `json:"unknown,omitempty"`
	Tables   []string `json:"tables,omitempty"` // the patterns of the tables that it is about; none: all
	From     Place    `json:"from"`
	Over     *Place   `json:"over,omitempty"` // the line that it takes the place of
}

// Effective says what the policies in force come to for an app, and which line of which file each decision comes from.
// Decisions about some tables only stand beside those about all.
func (s *Set) Effective(app string) []Decision {
	out := []Decision{}
	for _, k := range s.keys() {
		base, based := k.pick(&s.base)
		var all *Decision // what holds for every table
		for i := range s.site {
			p := &s.site[i]
			set, named := k.pick(p)
			if !named || !p.covers(app) {
				continue
			}
			d := decisionFrom(k.name, set)
			if based {
				d.Over = &base.At
			}
			if d.Tables = p.Tables; len(p.Tables) > 0 {
				out = append(out, d)
			} else if all == nil || d.Action.rank() > all.Action.rank() {
				all = &d
			}
		}
		if all == nil && based {
			d := decisionFrom(k.name, base)
			all = &d
		}
		if all != nil {
			out = append(out, *all)
		}
	}
	return out
}

func decisionFrom(key string, s Setting) Decision {
	d := Decision{Key: key, Action: s.Action, OverRows: s.OverRows, Unknown: s.Unknown, From: s.At}
	if s.Action == Approve || s.Action == Prove {
		if d.Role = s.Role; d.Role == "" {
			d.Role = DefaultRole
		}
	}
	return d
}

// policyKey is a key of a policy file and how to find it there.
type policyKey struct {
	name string
	pick func(*Policy) (Setting, bool)
}

// keys are all that some policy names, in the order of the file format.
func (s *Set) keys() []policyKey {
	var out []policyKey
	for _, section := range []struct {
		name string
		all  []string
		pick func(p *Policy, key string) (Setting, bool)
	}{
		{"hazards", s.named(func(p *Policy, see func(string)) {
			for k := range p.Hazards {
				see(string(k))
			}
		}), func(p *Policy, k string) (Setting, bool) { v, ok := p.Hazards[Hazard(k)]; return v, ok }},
		{"operations", s.named(func(p *Policy, see func(string)) {
			for k := range p.Operations {
				see(k)
			}
		}), func(p *Policy, k string) (Setting, bool) { v, ok := p.Operations[k]; return v, ok }},
		{"rules", s.named(func(p *Policy, see func(string)) {
			for k := range p.Rules {
				see(k)
			}
		}), func(p *Policy, k string) (Setting, bool) { v, ok := p.Rules[k]; return v, ok }},
	} {
		for _, key := range section.all {
			out = append(out, policyKey{section.name + "." + key, func(p *Policy) (Setting, bool) { return section.pick(p, key) }})
		}
	}
	return out
}

func (s *Set) named(keys func(*Policy, func(string))) []string {
	seen := map[string]bool{}
	var out []string
	see := func(k string) {
		if !seen[k] {
			seen[k], out = true, append(out, k)
		}
	}
	keys(&s.base, see)
	for i := range s.site {
		keys(&s.site[i], see)
	}
	slices.Sort(out)
	return out
}
