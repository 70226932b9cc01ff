package policies

import (
	"path"
	"slices"
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
	r := newReader(name)
	doc := r.document(data)
	if doc == nil {
		return Policy{}, r.err()
	}
	r.each(doc, "the policy", func(key string, v *yaml.Node) bool {
		switch key {
		case "version":
			return r.version(v)
		case "apply":
			r.apply(v, &p)
		case "hazards":
			r.settings(v, &p, "hazards", hazards(), func(k string, s Setting) { p.Hazards[Hazard(k)] = s })
		case "rules":
			r.settings(v, &p, "rules", ids(), func(k string, s Setting) { p.Rules[k] = s })
		case "operations":
			r.settings(v, &p, "operations", operations(), func(k string, s Setting) { p.Operations[k] = s })
		case "freeze":
			r.list(v, "freeze", func(item *yaml.Node) { p.Freeze = append(p.Freeze, r.window(item)) })
		case "waivers":
			r.list(v, "waivers", func(item *yaml.Node) { p.Waivers = append(p.Waivers, r.waiver(item, &p)) })
		default:
			return false
		}
		return true
	})
	if !hasKey(doc, "version") {
		r.fail(doc, "the policy does not say version: 1")
	}
	if err := r.err(); err != nil {
		return Policy{}, err
	}
	return p, nil
}

func (r *reader) apply(n *yaml.Node, p *Policy) {
	r.each(n, "apply", func(key string, v *yaml.Node) bool {
		switch key {
		case "apps":
			p.Apps = r.patterns(v, "apply.apps", func(pattern string, at *yaml.Node) { p.name(mentionsApp, "apply.apps", pattern, r.at(at)) })
		case "tables":
			p.Tables = r.patterns(v, "apply.tables", func(string, *yaml.Node) {})
		default:
			return false
		}
		return true
	})
}

// patterns reads a list of names and patterns; see is told each.
func (r *reader) patterns(n *yaml.Node, what string, see func(pattern string, at *yaml.Node)) []string {
	out := []string{}
	r.list(n, what, func(item *yaml.Node) {
		pattern := r.text(item, what)
		if _, err := path.Match(pattern, ""); err != nil {
			r.fail(item, "%s: the pattern %q has an unclosed bracket", what, pattern)
		}
		see(pattern, item)
		out = append(out, pattern)
	})
	return out
}

func (r *reader) at(n *yaml.Node) Place { return Place{r.file, n.Line} }

// settings reads a mapping of names to an action, or to {action, role, over_rows}.
func (r *reader) settings(n *yaml.Node, p *Policy, what string, known []string, put func(string, Setting)) {
	r.each(n, what, func(key string, v *yaml.Node) bool {
		if !slices.Contains(known, key) {
			return false
		}
		s := r.setting(v, p, what+"."+key, what != "hazards")
		s.At = r.at(v)
		put(key, s)
		return true
	}, known...)
}

func (r *reader) setting(n *yaml.Node, p *Policy, what string, sized bool) Setting {
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
			p.name(mentionsRole, what+".role", s.Role, r.at(v))
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
	if !hasKey(n, "action") {
		r.fail(n, "%s has no action; write one of allow, warn, prove, approve, deny", what)
	}
	if hasKey(n, "unknown") && !hasKey(n, "over_rows") {
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
	w := Window{From: 0, To: 24 * 60, Zone: time.UTC, At: r.at(n)}
	r.each(n, "a freeze window", func(key string, v *yaml.Node) bool {
		switch key {
		case "days":
			r.list(v, "days", func(item *yaml.Node) { w.Days = append(w.Days, r.weekday(item)) })
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

func (r *reader) weekday(n *yaml.Node) time.Weekday {
	d, ok := parseDay(strings.ToLower(r.text(n, "days")))
	if !ok {
		r.fail(n, "%q is no day; write mon, tue, wed, thu, fri, sat or sun", n.Value)
	}
	return d
}

func (r *reader) clock(n *yaml.Node) int {
	m, ok := parseClock(r.text(n, "a time of the day"))
	if !ok {
		r.fail(n, "%q is no time of the day; write \"16:00\", in quotes", n.Value)
	}
	return m
}

func (r *reader) waiver(n *yaml.Node, p *Policy) Waiver {
	w := Waiver{At: r.at(n)}
	r.each(n, "a waiver", func(key string, v *yaml.Node) bool {
		switch key {
		case "rule":
			w.Rule = r.rule(v)
		case "app":
			w.App = r.text(v, "app")
			p.name(mentionsWaived, "app", w.App, r.at(v))
		case "migration":
			w.Migration = r.text(v, "migration")
			p.name(mentionsMigration, "migration", w.Migration, r.at(v))
		case "owner":
			w.Owner = r.filled(v, "owner")
		case "reason":
			w.Reason = r.filled(v, "reason")
		case "until":
			w.Until = r.day(v)
		default:
			return false
		}
		return true
	})
	r.need(n, "a waiver", "rule", "owner", "reason", "until")
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
