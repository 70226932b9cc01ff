package policies

import (
	"path"
	"strings"
	"time"

	"go.yaml.in/yaml/v4"
)

// IsTestFile says whether a file of the policies directory holds tests of policies, and no policy.
func IsTestFile(name string) bool {
	return strings.HasSuffix(name, "_test.yaml") || strings.HasSuffix(name, "_test.yml")
}

// ParsePolicy reads a policy file. It is strict: what it does not know is an error that names file and line.
func ParsePolicy(name string, data []byte) (Policy, error) {
	p := Policy{Name: name, Hazards: map[Hazard]Setting{}, Rules: map[string]Setting{}, Operations: map[string]Setting{}}
	r := &reader{file: name}
	doc := r.document(data)
	if r.err != nil {
		return Policy{}, r.err
	}
	versioned := false
	r.each(doc, "the policy", func(key string, v *yaml.Node) bool {
		switch key {
		case "version":
			versioned = r.version(v)
		case "apply":
			r.apply(v, &p)
		case "hazards":
			r.settings(v, "hazards", knownHazard, func(k string, s Setting) { p.Hazards[Hazard(k)] = s })
		case "rules":
			rules := ruleIDs()
			r.settings(v, "rules", func(k string) bool { return rules[k] }, func(k string, s Setting) { p.Rules[k] = s })
		case "operations":
			r.settings(v, "operations", knownOperation, func(k string, s Setting) { p.Operations[k] = s })
		case "freeze":
			r.list(v, "freeze", func(item *yaml.Node) { p.Freeze = append(p.Freeze, r.window(item)) })
		case "waivers":
			r.list(v, "waivers", func(item *yaml.Node) { p.Waivers = append(p.Waivers, r.waiver(item)) })
		default:
			return false
		}
		return true
	})
	if !versioned {
		r.fail(doc, "the policy does not say version: 1")
	}
	if r.err != nil {
		return Policy{}, r.err
	}
	return p, nil
}

func knownHazard(k string) bool {
	switch Hazard(k) {
	case RowShape, OldWritesRejected, NewValues, DataChanged, BehaviourChanged, OpaqueEffect, UnparsableText:
		return true
	}
	return false
}

func knownOperation(k string) bool { return k == "rewrite" || k == "scan" || k == "blocks" }

func ruleIDs() map[string]bool {
	ids := map[string]bool{}
	for _, r := range Rules() {
		ids[r.ID] = true
	}
	return ids
}

func (r *reader) apply(n *yaml.Node, p *Policy) {
	r.each(n, "apply", func(key string, v *yaml.Node) bool {
		switch key {
		case "apps":
			p.Apps = r.patterns(v, "apply.apps")
		case "tables":
			p.Tables = r.patterns(v, "apply.tables")
		default:
			return false
		}
		return true
	})
}

func (r *reader) patterns(n *yaml.Node, what string) []string {
	out := r.strings(n, what)
	for _, pattern := range out {
		if _, err := path.Match(pattern, ""); err != nil {
			r.fail(n, "%s: the pattern %q has an unclosed bracket", what, pattern)
		}
	}
	return out
}

// settings reads a mapping of names to an action, or to {action, role, over_rows}.
func (r *reader) settings(n *yaml.Node, what string, known func(string) bool, put func(string, Setting)) {
	r.each(n, what, func(key string, v *yaml.Node) bool {
		if !known(key) {
			return false
		}
		s := r.setting(v, what+"."+key, what != "hazards")
		s.At = Place{r.file, v.Line}
		put(key, s)
		return true
	})
}

func (r *reader) setting(n *yaml.Node, what string, sized bool) Setting {
	if n.Kind == yaml.ScalarNode {
		return Setting{Action: r.action(n, what)}
	}
	s := Setting{}
	r.each(n, what, func(key string, v *yaml.Node) bool {
		switch {
		case key == "action":
			s.Action = r.action(v, what)
		case key == "role":
			s.Role = r.text(v, what+".role")
		case key == "over_rows" && sized:
			if s.OverRows = r.number(v, what+".over_rows"); s.OverRows == 0 {
				r.fail(v, "%s.over_rows must be 1 or more; leave it out where the size does not matter", what)
			}
		case key == "unknown" && sized:
			s.Unknown = r.action(v, what+".unknown")
		default:
			return false
		}
		return true
	})
	if s.Action == "" {
		r.fail(n, "%s has no action; write one of allow, warn, prove, approve, deny", what)
	}
	if s.Unknown != "" && s.OverRows == 0 {
		r.fail(n, "%s: unknown is for tables whose size nobody knows, so it needs over_rows", what)
	}
	return s
}

func (r *reader) action(n *yaml.Node, what string) Action {
	a, ok := ParseAction(r.text(n, what))
	if !ok {
		r.fail(n, "%s: %q is no action; write one of allow, warn, prove, approve, deny", what, n.Value)
	}
	return a
}

func (r *reader) window(n *yaml.Node) Window {
	w := Window{From: 0, To: 24 * 60, Zone: time.UTC}
	r.each(n, "a freeze window", func(key string, v *yaml.Node) bool {
		switch key {
		case "days":
			for _, s := range r.strings(v, "days") {
				d, ok := parseDay(strings.ToLower(s))
				if !ok {
					r.fail(v, "%q is no day; write mon, tue, wed, thu, fri, sat or sun", s)
				}
				w.Days = append(w.Days, d)
			}
		case "from":
			w.From = r.clock(v)
		case "to":
			w.To = r.clock(v)
		case "zone":
			zone, err := time.LoadLocation(r.text(v, "zone"))
			if err != nil || v.Value == "Local" || v.Value == "" {
				r.fail(v, "%q is no time zone; write one like Europe/Berlin", v.Value)
				return true
			}
			w.Zone = zone
		case "reason":
			w.Reason = r.text(v, "reason")
		default:
			return false
		}
		return true
	})
	return w
}

func (r *reader) clock(n *yaml.Node) int {
	m, ok := parseClock(r.text(n, "a time of the day"))
	if !ok {
		r.fail(n, "%q is no time of the day; write \"16:00\", in quotes", n.Value)
	}
	return m
}

func (r *reader) waiver(n *yaml.Node) Waiver {
	w := Waiver{At: Place{r.file, n.Line}}
	rules := ruleIDs()
	r.each(n, "a waiver", func(key string, v *yaml.Node) bool {
		switch key {
		case "rule":
			if w.Rule = r.text(v, "rule"); !rules[w.Rule] {
				r.fail(v, "there is no rule %q; teal explain lists them", w.Rule)
			}
		case "app":
			w.App = r.text(v, "app")
		case "migration":
			w.Migration = r.text(v, "migration")
		case "owner":
			w.Owner = r.text(v, "owner")
		case "reason":
			w.Reason = r.text(v, "reason")
		case "until":
			w.Until = r.day(v)
		default:
			return false
		}
		return true
	})
	if w.Rule == "" || w.Owner == "" || w.Reason == "" || w.Until.IsZero() {
		r.fail(n, "a waiver needs rule, owner, reason and until")
	}
	return w
}

// day reads a date and returns the moment at which that day ends, in UTC.
func (r *reader) day(n *yaml.Node) time.Time {
	t, err := time.Parse(time.DateOnly, r.text(n, "until"))
	if err != nil {
		r.fail(n, "%q is no date; write 2027-01-31", n.Value)
		return time.Time{}
	}
	return t.AddDate(0, 0, 1)
}
