package policies

import (
	"path"
	"slices"
)

// Apps are the names and patterns of apps that a site's policies and waivers are about, sorted. None: what the set says, it
// says of every app.
func (s *Set) Apps() []string {
	var out []string
	for i := range s.site {
		p := &s.site[i]
		out = append(out, p.Apps...)
		for _, w := range p.Waivers {
			if w.App != "" {
				out = append(out, w.App)
			}
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// About says whether a site's policy or waiver is about an app by its name.
func (s *Set) About(app string) bool {
	for i := range s.site {
		p := &s.site[i]
		if matches(p.Apps, app) || slices.ContainsFunc(p.Waivers, func(w Waiver) bool { return w.App == app }) {
			return true
		}
	}
	return false
}

// AppsFor are the apps for which sets may decide differently: those that the sets name, and for a pattern the known apps
// that fit it. A pattern that fits none of them stands for itself, where it fits itself; the others are left.
func AppsFor(known []string, sets ...Set) (apps, left []string) {
	for i := range sets {
		for _, name := range sets[i].Apps() {
			fits := []string{}
			for _, app := range known {
				if ok, err := path.Match(name, app); ok && err == nil {
					fits = append(fits, app)
				}
			}
			switch itself, err := path.Match(name, name); {
			case len(fits) > 0:
				apps = append(apps, fits...)
			case itself && err == nil:
				apps = append(apps, name)
			default:
				left = append(left, name)
			}
		}
	}
	slices.Sort(apps)
	slices.Sort(left)
	return slices.Compact(apps), slices.Compact(left)
}
