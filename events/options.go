package events

import (
	"strconv"
	"strings"
	"time"

	"teal.dev/teal/release"
)

func (o *Options) check() *Rejection {
	if o == nil {
		return nil
	}
	const at = "/data/options/"
	for _, f := range []struct{ name, value, word string }{
		{"bake", o.Bake, ""}, {"warm", o.Warm, "forever"}, {"contract_after", o.ContractAfter, "never"},
	} {
		if _, ok := duration(f.value, f.word); f.value != "" && !ok {
			also := ""
			if f.word != "" {
				also = " or the word " + f.word
			}
			return reject(Schema, at+f.name, "%s%s %q is not a duration; write 30s, 5m, 24h or 30d%s, up to %d years", at, f.name, clip(f.value), also, MaxOptionYears)
		}
	}
	if _, ok := share(o.MaxErrors); o.MaxErrors != "" && !ok {
		return reject(Schema, at+"max_errors", "%smax_errors %q is not a share; write it as 1%% or 0.5%%", at, clip(o.MaxErrors))
	}
	if o.FewRequests != "" && o.FewRequests != "hold" && o.FewRequests != "pass" {
		return reject(Schema, at+"few_requests", "%sfew_requests is %q; use hold or pass", at, clip(o.FewRequests))
	}
	return nil
}

// duration reads 30s, 5m, 24h, 30d and the one word that stands for ever.
func duration(s, word string) (time.Duration, bool) {
	if word != "" && s == word {
		return release.Forever, true
	}
	if len(s) < 2 || len(s) > 10 || s[0] == '0' {
		return 0, false
	}
	unit, ok := unitOf(s[len(s)-1])
	n, err := strconv.ParseUint(s[:len(s)-1], 10, 32)
	const most = MaxOptionYears * 365 * 24 * time.Hour
	if !ok || err != nil || !digit(s[0]) || time.Duration(n) > most/unit {
		return 0, false
	}
	return time.Duration(n) * unit, true
}

func unitOf(c byte) (time.Duration, bool) {
	switch c {
	case 's':
		return time.Second, true
	case 'm':
		return time.Minute, true
	case 'h':
		return time.Hour, true
	case 'd':
		return 24 * time.Hour, true
	}
	return 0, false
}

// share reads a percentage: up to two digits and four behind the point, or 100.
func share(s string) (float64, bool) {
	number, ok := strings.CutSuffix(s, "%")
	whole, part, point := strings.Cut(number, ".")
	if !ok || !token(whole, digit, digit, 3) || point && !token(part, digit, digit, 4) {
		return 0, false
	}
	if len(whole) == 3 && number != "100" {
		return 0, false
	}
	value, err := strconv.ParseFloat(number, 64)
	return value / 100, err == nil
}

// Tighten is the app's limits with the options of the event in their place. An option that asks for less care than the
// app's config is refused and not silently ignored: its author believes that it holds.
func (o *Options) Tighten(app release.Limits) (*release.Limits, *Rejection) {
	if o == nil || *o == (Options{}) {
		return nil, nil
	}
	if r := o.check(); r != nil {
		return nil, r
	}
	limits := app
	limits.Recipe, limits.Addresses = release.Recipe{}, nil // how a version is run is no event's to say
	for _, f := range []struct {
		name, value, word string
		limit             *time.Duration
	}{{"bake", o.Bake, "", &limits.BakeFor}, {"warm", o.Warm, "forever", &limits.WarmFor}, {"contract_after", o.ContractAfter, "never", &limits.ContractAfter}} {
		asked, ok := duration(f.value, f.word)
		if !ok {
			continue
		}
		if asked < *f.limit {
			return nil, loosens(f.name, f.value, "shorter")
		}
		*f.limit = asked
	}
	if asked, ok := share(o.MaxErrors); ok {
		if asked > app.MaxErrors {
			return nil, loosens("max_errors", o.MaxErrors, "higher")
		}
		limits.MaxErrors = asked
	}
	if o.FewRequests != "" {
		if o.FewRequests == "pass" && app.FewRequests == "hold" {
			return nil, loosens("few_requests", o.FewRequests, "laxer")
		}
		limits.FewRequests = o.FewRequests
	}
	if o.Urgent && !app.AllowUrgent {
		return nil, reject(Policy, "/data/options/urgent", "/data/options/urgent is not allowed for this app; leave it out, or let an operator set release.allow_urgent in the app's config")
	}
	return &limits, nil
}

func loosens(name, value, how string) *Rejection {
	return reject(Policy, "/data/options/"+name, "/data/options/%s %s is %s than the app's config; options may only tighten: leave it out, or have the config changed",
		name, value, how)
}
