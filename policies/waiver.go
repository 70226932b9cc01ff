package policies

import (
	"fmt"
	"path"
	"strings"
	"time"
)

func lastDay(w Waiver) string { return w.Until.Add(-time.Second).Format(time.DateOnly) }

func (c *checker) expired(w Waiver, about *Finding, phase Phase) Entry {
	r := expiredWaiver()
	f := fileFinding(&r, about.Line)
	f.Kind = "waiver"
	f.Why = fmt.Sprintf("the waiver of %s by %s ended on %s", w.Rule, w.Owner, lastDay(w))
	return entry(f, c.settle(&f, phase))
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

// idle are the findings about waivers that helped nobody: they have run out, or their migration needs them no more. A waiver
// for every migration may wait for the next one, so only its end counts.
func (c *checker) idle() []FileReport {
	var out []FileReport
	for i := range c.in.Policy.site {
		p := &c.in.Policy.site[i]
		if !p.covers(c.in.App) {
			continue
		}
		report := FileReport{Path: p.Name, Phase: PhasePolicy, Decision: Allow, Statements: []Entry{}}
		for _, w := range p.Waivers {
			if c.used[w.At] || w.App != "" && w.App != c.in.App {
				continue
			}
			if f, ok := c.idleFinding(&w); ok {
				e := entry(f, c.settle(&f, PhasePolicy))
				report.Statements, report.Decision = append(report.Statements, e), worst(report.Decision, e.Decision)
			}
		}
		if len(report.Statements) > 0 {
			out = append(out, report)
		}
	}
	return out
}

func (c *checker) idleFinding(w *Waiver) (Finding, bool) {
	file, ok := c.migration(w)
	r := unusedWaiver()
	switch {
	case !c.in.Now.Before(w.Until) && (ok || w.Migration == ""):
		r = expiredWaiver()
	case !ok:
		return Finding{}, false
	}
	f := fileFinding(&r, w.At.Line)
	f.Kind = "waiver"
	switch {
	case r.ID == expiredWaiver().ID:
		f.Why = fmt.Sprintf("the waiver of %s by %s ended on %s", w.Rule, w.Owner, lastDay(*w))
	case file.Applied:
		f.Why = fmt.Sprintf("the waiver of %s by %s is for %s, which is applied", w.Rule, w.Owner, path.Base(file.Path))
	default:
		f.Why = fmt.Sprintf("the waiver of %s by %s is for %s, where the rule finds nothing to waive", w.Rule, w.Owner, path.Base(file.Path))
	}
	return f, true
}

// migration is the file that a waiver names.
func (c *checker) migration(w *Waiver) (*File, bool) {
	if w.Migration == "" {
		return nil, false
	}
	for i := range c.in.Files {
		if sameNumber(w.Migration, c.in.Files[i].Path) {
			return &c.in.Files[i], true
		}
	}
	return nil, false
}
