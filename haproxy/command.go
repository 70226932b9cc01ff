package haproxy

import (
	"fmt"
	"strconv"
	"strings"

	"teal.dev/teal/release"
)

// maxLine keeps a command line well below HAProxy's 16 kB buffer.
const maxLine = 8 << 10

// checkWord refuses what could end a command, begin another or be read as a version: names come from users, and HAProxy's
// command line has no escaping that all versions agree on.
func checkWord(word string) error {
	if word == "" || len(word) > 512 {
		return refuseName(word, "it must have 1 to 512 characters")
	}
	for i := 0; i < len(word); i++ {
		c := word[i]
		switch {
		case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c >= '0' && c <= '9':
		case strings.IndexByte("_.:/@-", c) >= 0:
		default:
			return refuseName(word, fmt.Sprintf("%q is not one of A-Z a-z 0-9 _ . : / @ -", string(rune(c))))
		}
	}
	return nil
}

// checkName is checkWord for a name that stands where a version ("@3") or an option could stand.
func checkName(name string) error {
	if err := checkWord(name); err != nil {
		return err
	}
	if name[0] == '@' || name[0] == '-' {
		return refuseName(name, "it must not begin with @ or -")
	}
	return nil
}

func refuseName(name, why string) error {
	return &release.Fault{Class: release.Permanent, Code: "bad_name",
		Text: fmt.Sprintf("the name %q cannot stand on a command line of HAProxy: %s; rename it in the app's file", name, why)}
}

// Backend is the name of the back-end of an app's slot in HAProxy.
func Backend(app string, slot release.Slot) string { return app + "_" + string(slot) }

// Value is the value that the map holds for a route: "<live>:<candidate>:<percent>:<rev>".
func Value(r release.Route) string {
	return string(r.Live) + ":" + string(r.Candidate) + ":" + strconv.Itoa(r.Percent) + ":" + strconv.FormatUint(r.Rev, 10)
}

// ParseValue reads a value of the map; ok is false for anything that teal would not have written.
func ParseValue(app, value string) (route release.Route, ok bool) {
	part := strings.Split(value, ":")
	if len(part) != 4 {
		return release.Route{}, false
	}
	percent, err := strconv.Atoi(part[2])
	if err != nil || percent < 0 || percent > 100 {
		return release.Route{}, false
	}
	rev, err := strconv.ParseUint(part[3], 10, 64)
	if err != nil {
		return release.Route{}, false
	}
	route = release.Route{App: app, Live: release.Slot(part[0]), Candidate: release.Slot(part[1]), Percent: percent, Rev: rev}
	if !physical(route.Live) || !physical(route.Candidate) || Value(route) != value {
		return release.Route{}, false
	}
	return route, true
}

func physical(s release.Slot) bool { return s == release.A || s == release.B }

// command builds one command from words that it checks; fixed words pass the same check.
func command(words ...string) (string, error) {
	for _, w := range words {
		if err := checkWord(w); err != nil {
			return "", err
		}
	}
	return strings.Join(words, " "), nil
}

func version(v uint64) string { return "@" + strconv.FormatUint(v, 10) }
