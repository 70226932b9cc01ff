package policies

import (
	_ "embed"
	"fmt"
	"path"
	"strings"
	"time"
)

//go:embed default.yaml
var defaultYAML string

// DefaultYAML is the built-in policy as its file reads.
func DefaultYAML() string { return defaultYAML }

// Policy is what one file of DBAs' decisions says.
type Policy struct {
	Name       string // the file's name
	Apps       []string
	Tables     []string // patterns; a finding on another table is none of this policy's business
	Hazards    map[Hazard]Setting
	Rules      map[string]Setting
	Operations map[string]Setting
	Freeze     []Window
	Waivers    []Waiver

	mentions []mention // the names in it that only others know
}

// Waiver lets one finding pass until a day. It says who takes that on himself, and why.
type Waiver struct {
	Rule      string
	App       string // empty: every app
	Migration string // the number; empty: every migration
	Owner     string
	Reason    string
	Until     time.Time // the moment it ends
	At        Place
}

// covers says whether the policy is about the app.
func (p *Policy) covers(app string) bool {
	return len(p.Apps) == 0 || app != "" && matches(p.Apps, app)
}

func matches(patterns []string, name string) bool {
	for _, pattern := range patterns {
		if ok, err := path.Match(pattern, name); err == nil && ok {
			return true
		}
	}
	return false
}

func (p *Policy) coversTable(table string) bool {
	bare := table[strings.LastIndexByte(table, '.')+1:]
	return len(p.Tables) == 0 || matches(p.Tables, table) || matches(p.Tables, bare)
}

// Set is all the policies in force: the built-in one and the site's.
type Set struct {
	base Policy
	site []Policy
}

// NewSet puts a site's policies over the built-in one.
func NewSet(site ...Policy) (Set, error) {
	base, err := ParsePolicy(builtIn, []byte(defaultYAML))
	if err != nil {
		return Set{}, fmt.Errorf("the built-in policy: %w", err)
	}
	return Set{base: base, site: site}, nil
}

// setting finds what the policies say about a key: the strictest of the site's that name it, else the built-in one.
func (s *Set) setting(app, table string, pick func(*Policy) (Setting, bool)) (Setting, bool) {
	var found Setting
	ok := false
	for i := range s.site {
		p := &s.site[i]
		if !p.covers(app) || !p.coversTable(table) {
			continue
		}
		if set, named := pick(p); named && (!ok || set.Action.rank() > found.Action.rank()) {
			found, ok = set, true
		}
	}
	if ok {
		return found, true
	}
	return pick(&s.base)
}

// Frozen says whether a freeze window forbids progress of the app now, until when, and why. Windows that touch count as
// one.
func (s *Set) Frozen(app string, now time.Time) (active bool, until time.Time, why string) {
	until = now
	for range 400 {
		end, reason := time.Time{}, ""
		for i := range s.site {
			p := &s.site[i]
			if !p.covers(app) {
				continue
			}
			if to, r := p.frozen(until); to.After(end) {
				end, reason = to, r
			}
		}
		if end.IsZero() {
			break
		}
		active, until = true, end
		if why == "" {
			why = reason
		}
	}
	if !active {
		return false, time.Time{}, ""
	}
	return true, until.UTC(), why
}

// Frozen says whether one of this policy's own windows is open.
func (p *Policy) Frozen(now time.Time) (active bool, until time.Time, why string) {
	s := Set{site: []Policy{*p}}
	s.site[0].Apps = nil
	return s.Frozen("", now)
}

func (p *Policy) frozen(at time.Time) (until time.Time, why string) {
	for _, w := range p.Freeze {
		if end, open := w.openUntil(at); open && end.After(until) {
			until, why = end, w.why(p.Name)
		}
	}
	return until, why
}
