package policies

import (
	"fmt"
	"strings"
	"time"
)

// EffectiveWindow is a freeze window that holds for an app. From and To are what the clock on the wall shows in Zone.
type EffectiveWindow struct {
	Days   []string `json:"days"` // mon to sun; never empty
	From   string   `json:"from"`
	To     string   `json:"to"` // not after From: on the next day
	Zone   string   `json:"zone"`
	Reason string   `json:"reason,omitempty"`
	Open   bool     `json:"open"`
	At     Place    `json:"at"`
}

// EffectiveWaiver is a waiver that holds for an app, or has held.
type EffectiveWaiver struct {
	Rule      string `json:"rule"`
	Migration string `json:"migration,omitempty"` // none: every migration
	Owner     string `json:"owner"`
	Reason    string `json:"reason"`
	Until     string `json:"until"` // its last day, in UTC
	Expired   bool   `json:"expired"`
	At        Place  `json:"at"`
}

// Windows are the freeze windows that hold for an app, as they stand in the files. Until when it is frozen says Frozen:
// windows that touch count as one.
func (s *Set) Windows(app string, now time.Time) []EffectiveWindow {
	out := []EffectiveWindow{}
	for i := range s.site {
		if !s.site[i].covers(app) {
			continue
		}
		for _, w := range s.site[i].Freeze {
			_, open := w.openUntil(now)
			out = append(out, EffectiveWindow{Days: w.days(), From: clockText(w.From), To: clockText(w.To), Zone: w.Zone.String(),
				Reason: w.Reason, Open: open, At: w.At})
		}
	}
	return out
}

// Waivers are those that hold for an app, as they stand in the files; those that have run out too, until somebody deletes them.
func (s *Set) Waivers(app string, now time.Time) []EffectiveWaiver {
	out := []EffectiveWaiver{}
	for i := range s.site {
		if !s.site[i].covers(app) {
			continue
		}
		for _, w := range s.site[i].Waivers {
			if w.App == "" || w.App == app {
				out = append(out, EffectiveWaiver{Rule: w.Rule, Migration: w.Migration, Owner: w.Owner, Reason: w.Reason,
					Until: lastDay(w), Expired: !now.Before(w.Until), At: w.At})
			}
		}
	}
	return out
}

// days are the days of the week on which a window begins, from Monday.
func (w Window) days() []string {
	var out []string
	for i := range 7 {
		if day := (time.Monday + time.Weekday(i)) % 7; w.on(day) {
			out = append(out, strings.ToLower(day.String()[:3]))
		}
	}
	return out
}

// clockText is a time of the day as a policy writes it.
func clockText(minutes int) string { return fmt.Sprintf("%02d:%02d", minutes/60, minutes%60) }
