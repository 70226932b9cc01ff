package policies

import (
	"fmt"
	"slices"
	"strings"

	"teal.dev/teal/internal/near"
)

// Known is what the policies cannot know themselves. A list that is nil is known to nobody, and nothing is doubted by it.
type Known struct {
	Apps  []string
	Roles []string // of persons who may approve
}

// mention is a name in a policy that means something to others.
type mention struct {
	what kind
	key  string
	name string
	at   Place
}

type kind int

const (
	mentionsRole kind = iota
	mentionsApp
	mentionsWaived    // the app of a waiver
	mentionsMigration // the number of a waiver's
)

func (p *Policy) name(what kind, key, name string, at Place) {
	p.mentions = append(p.mentions, mention{what, key, name, at})
}

// Doubts are what a policy may say and hardly means: names that nobody has. It is no error, because a policy is often written
// before the app that it is about, and a reload refuses nothing for that.
func (p *Policy) Doubts(known Known) Problems {
	var out Problems
	for _, m := range p.mentions {
		text := m.doubt(known)
		if text == "" && m.what == mentionsWaived && m.name != "" && !p.covers(m.name) {
			text = fmt.Sprintf("the waiver is for the app %s, which apply.apps of its policy leaves out, so it waives nothing", m.name)
		}
		if text == "" {
			continue
		}
		if len(out) == mostDoubts {
			return append(out, Problem{m.at.File, m.at.Line, "and more of the kind from here on"})
		}
		out = append(out, Problem{m.at.File, m.at.Line, text})
	}
	return out
}

// mostDoubts is how many doubts of one policy are told: they stand in every status.
const mostDoubts = 20

func (m *mention) doubt(known Known) string {
	switch m.what {
	case mentionsRole:
		if known.Roles != nil && m.name != "" && !slices.Contains(known.Roles, m.name) {
			return fmt.Sprintf("%s is %q, and nobody has that role; %s", m.key, m.name, near.Hint(m.name, known.Roles))
		}
	case mentionsApp:
		if known.Apps != nil && !isPattern(m.name) && !slices.Contains(known.Apps, m.name) {
			return fmt.Sprintf("%s names %s, which has no file in apps/; %s", m.key, m.name, near.Hint(m.name, known.Apps))
		}
	case mentionsWaived:
		switch {
		case isPattern(m.name):
			return fmt.Sprintf("the waiver's app is %q: it takes a name and no pattern, so this one waives nothing; write a waiver for each app, or leave app out", m.name)
		case known.Apps != nil && m.name != "" && !slices.Contains(known.Apps, m.name):
			return fmt.Sprintf("the waiver is for the app %s, which has no file in apps/; %s", m.name, near.Hint(m.name, known.Apps))
		}
	case mentionsMigration:
		return doubtNumber(m.name)
	}
	return ""
}

// doubtNumber says why a waiver's migration can be that of no file.
func doubtNumber(text string) string {
	number := text[:len(text)-len(strings.TrimLeft(text, "0123456789"))]
	switch {
	case text == "":
		return "the waiver's migration is empty, so it is for every migration; leave it out if that is meant"
	case number == text:
		return ""
	case number == "":
		return fmt.Sprintf("the waiver's migration is %q, which is the number of no file, so it waives nothing; write a number, as in \"0007\"", text)
	}
	return fmt.Sprintf("the waiver's migration is %q, which is the number of no file, so it waives nothing; write %q", text, number)
}

// isPattern says whether a name holds characters that make it one of many.
func isPattern(name string) bool { return strings.ContainsAny(name, `*?[\`) }
