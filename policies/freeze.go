package policies

import (
	"fmt"
	"strings"
	"time"
	_ "time/tzdata" // a daemon on a bare image must know Europe/Berlin too
)

// Window is a time of the week in which nothing moves forward. It begins on each of Days at From and ends at To, in Zone;
// where To is not after From, it ends on the day after.
type Window struct {
	Days   []time.Weekday // empty: every day
	From   int            // minutes after midnight
	To     int            // minutes after midnight, up to 24:00
	Zone   *time.Location
	Reason string
	At     Place
}

// openUntil says whether the window is open at a moment, and when it closes.
func (w Window) openUntil(at time.Time) (time.Time, bool) {
	local := at.In(w.Zone)
	for back := 1; back >= 0; back-- {
		day := time.Date(local.Year(), local.Month(), local.Day()-back, 0, 0, 0, 0, w.Zone)
		if !w.on(day.Weekday()) {
			continue
		}
		from, to := clock(day, w.From), clock(day, w.To)
		if w.To <= w.From {
			to = clock(day, w.To+24*60)
		}
		if !at.Before(from) && at.Before(to) {
			return to, true
		}
	}
	return time.Time{}, false
}

// clock is a time of the day as the clock on the wall shows it, also on the days when it is put forward or back.
func clock(day time.Time, minutes int) time.Time {
	return time.Date(day.Year(), day.Month(), day.Day(), minutes/60, minutes%60, 0, 0, day.Location())
}

func (w Window) on(day time.Weekday) bool {
	for _, d := range w.Days {
		if d == day {
			return true
		}
	}
	return len(w.Days) == 0
}

func (w Window) why(policy string) string {
	if w.Reason != "" {
		return fmt.Sprintf("frozen by %s: %s", policy, w.Reason)
	}
	return fmt.Sprintf("frozen by %s: %s to %s %s", policy, clockText(w.From), clockText(w.To), w.Zone)
}

func parseDay(s string) (time.Weekday, bool) {
	for d := time.Sunday; d <= time.Saturday; d++ {
		if name := strings.ToLower(d.String()); s == name || s == name[:3] {
			return d, true
		}
	}
	return 0, false
}

// parseClock reads "16:00", up to "24:00".
func parseClock(s string) (int, bool) {
	if s == "24:00" {
		return 24 * 60, true
	}
	t, err := time.Parse("15:04", s)
	if err != nil {
		return 0, false
	}
	return t.Hour()*60 + t.Minute(), true
}
