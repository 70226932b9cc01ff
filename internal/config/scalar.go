package config

import (
	"errors"
	"fmt"
	"net"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"time"

	"teal.dev/teal/release"
)

// Duration is a time with its unit: 500ms, 30s, 5m, 24h, 7d, 1d12h.
type Duration time.Duration

func (d *Duration) set(text string) error {
	parsed, err := parseDuration(text)
	if err == nil {
		*d = Duration(parsed)
	}
	return err
}

// String writes the duration with its unit.
func (d Duration) String() string { return time.Duration(d).String() }

// Span is a Duration that may be the word "forever" (or "never", for something that would end the span).
type Span time.Duration

func (s *Span) set(text string) error {
	if text == "forever" || text == "never" {
		*s = Span(release.Forever)
		return nil
	}
	parsed, err := parseDuration(text)
	if err != nil {
		return fmt.Errorf("%w, or the word forever or never", err)
	}
	*s = Span(parsed)
	return nil
}

// String writes the span with its unit, or "forever".
func (s Span) String() string {
	if time.Duration(s) == release.Forever {
		return "forever"
	}
	return time.Duration(s).String()
}

func parseDuration(text string) (time.Duration, error) {
	wrong := fmt.Errorf("is %q: it must be a duration with a unit, as in 500ms, 30s, 5m, 24h or 7d", text)
	days, rest, found := strings.Cut(text, "d")
	if !found {
		days, rest = "0", text
	}
	n, err := strconv.ParseUint(days, 10, 16)
	if err != nil || n > 36500 {
		return 0, wrong
	}
	total := time.Duration(n) * 24 * time.Hour
	if rest == "" && found {
		return total, nil
	}
	part, err := time.ParseDuration(rest)
	if err != nil || part < 0 || strings.HasPrefix(rest, "+") || rest == "0" || part > 36500*24*time.Hour {
		return 0, wrong
	}
	return total + part, nil
}

// Percent is a share written as 1% or 0.5%; 0.01 and 0.005 as a number.
type Percent float64

func (p *Percent) set(text string) error {
	number, found := strings.CutSuffix(text, "%")
	share, err := strconv.ParseFloat(number, 64)
	if !found || err != nil || !(share >= 0 && share <= 100) {
		return fmt.Errorf("is %q: it must be a percentage from 0%% to 100%%, as in 1%%", text)
	}
	*p = Percent(share / 100)
	return nil
}

// Address is a host and a port.
type Address string

func (a *Address) set(text string) error {
	host, port, err := net.SplitHostPort(text)
	n, numErr := strconv.ParseUint(port, 10, 16)
	if err != nil || numErr != nil || n == 0 || host == "" || strings.ContainsAny(host, " /@") {
		return fmt.Errorf("is %q: it must be host:port, as in 127.0.0.1:5000", text)
	}
	*a = Address(text)
	return nil
}

// Loopback says whether only this machine can reach the address.
func (a Address) Loopback() bool {
	host, _, err := net.SplitHostPort(string(a))
	ip := net.ParseIP(host)
	return err == nil && (host == "localhost" || ip != nil && ip.IsLoopback())
}

// Path is an absolute path.
type Path string

func (p *Path) set(text string) error {
	if !filepath.IsAbs(text) || filepath.Clean(text) != strings.TrimSuffix(text, "/") || strings.ContainsRune(text, 0) {
		return fmt.Errorf("is %q: it must be an absolute path without . or ..", text)
	}
	*p = Path(filepath.Clean(text))
	return nil
}

// SocketPath is the absolute path of a unix socket.
type SocketPath string

func (p *SocketPath) set(text string) error {
	var path Path
	if err := path.set(text); err != nil {
		return err
	}
	if len(path) > 107 {
		return fmt.Errorf("is %d bytes long: the path of a unix socket may have 107", len(path))
	}
	*p = SocketPath(path)
	return nil
}

// MapFile is the path of a map file, or "" for the word none.
type MapFile string

func (m *MapFile) set(text string) error {
	var path Path
	if text == "none" {
		*m = ""
		return nil
	}
	if err := path.set(text); err != nil {
		return fmt.Errorf("%w, or the word none", err)
	}
	*m = MapFile(path)
	return nil
}

// Principal is a user or a group on the unix socket: uid:0, uid:ana, gid:dba.
type Principal string

func (p *Principal) set(text string) error {
	if !regexp.MustCompile(`^[ug]id:[A-Za-z0-9_][A-Za-z0-9_.-]*$`).MatchString(text) {
		return fmt.Errorf("is %q: it must be uid: or gid: and a name or number, as in uid:0 or gid:dba", text)
	}
	*p = Principal(text)
	return nil
}

// Moment is a day (2027-06-30) or a time (RFC 3339).
type Moment struct {
	time.Time
	day bool
}

func (m *Moment) set(text string) error {
	if day, err := time.Parse(time.DateOnly, text); err == nil {
		*m = Moment{day, true}
		return nil
	}
	at, err := time.Parse(time.RFC3339, text)
	if err != nil {
		return errors.New("must be a day as in 2027-06-30 or a time as in 2027-06-30T18:00:00Z")
	}
	*m = Moment{at.UTC(), false}
	return nil
}

// end is the last instant that the moment covers: a day counts until it is over, in UTC.
func (m Moment) end() time.Time {
	if m.day {
		return m.AddDate(0, 0, 1).Add(-time.Nanosecond)
	}
	return m.Time
}
