package main

import (
	"cmp"
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"
	"unicode"

	"github.com/spf13/cobra"
)

// The rules of the user interface:
//
//   - stdout has what the command is for and nothing else; notes, progress and errors go to stderr;
//   - with -o json stdout has one JSON document, its times in RFC 3339 UTC; people get ages;
//   - an error is one line that begins small and has no full stop, followed by what to do next;
//   - the app comes first, flags anywhere; nothing asks back, so everything can be scripted;
//   - what came from outside is shown without its control characters.

// choice is a flag that takes one of a few words.
type choice struct {
	value string
	words []string
}

// String is the value.
func (c *choice) String() string { return c.value }

// Type is what the help shows for the value.
func (c *choice) Type() string { return strings.Join(c.words, "|") }

// Set takes a word.
func (c *choice) Set(text string) error {
	if !slices.Contains(c.words, text) {
		return fmt.Errorf("use one of %s", strings.Join(c.words, ", "))
	}
	c.value = text
	return nil
}

// choose adds a flag that takes one of a few words; value is the default.
func choose(cmd *cobra.Command, name, short, usage, value string, words ...string) *choice {
	c := &choice{value: value, words: words}
	cmd.Flags().VarP(c, name, short, usage)
	// The error is a flag that does not exist; it was made in the line before.
	_ = cmd.RegisterFlagCompletionFunc(name, cobra.FixedCompletions(words, cobra.ShellCompDirectiveNoFileComp))
	return c
}

// format adds -o.
func format(cmd *cobra.Command) *choice {
	return choose(cmd, "output", "o", "how to print", "text", "text", "json")
}

func (c *choice) json() bool { return c.value == "json" }

// period is a flag for a time with a unit, days included: 30s, 5m, 24h, 7d.
type period time.Duration

// String writes it with its unit; nothing for none.
func (p *period) String() string {
	if *p == 0 {
		return ""
	}
	return short(time.Duration(*p))
}

// Type is what the help shows for the value.
func (p *period) Type() string { return "time" }

// Set reads it.
func (p *period) Set(text string) error {
	days, rest, found := strings.Cut(text, "d")
	if !found {
		days, rest = "0", text
	}
	n, err := strconv.ParseUint(days, 10, 16)
	total := time.Duration(n) * 24 * time.Hour
	if err == nil && (rest != "" || !found) {
		var part time.Duration
		part, err = time.ParseDuration(rest)
		total += part
	}
	if err != nil || total <= 0 {
		return fmt.Errorf("write a time with its unit, such as 30s, 5m, 24h or 7d")
	}
	*p = period(total)
	return nil
}

// plain takes control characters out of what came from outside, so that nobody steers a terminal through a release.
func plain(text string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\n' || r == '\t':
			return ' '
		case unicode.IsControl(r):
			return -1
		}
		return r
	}, text)
}

// plainText is plain for a text of many lines.
func plainText(text string) string {
	lines := strings.Split(text, "\n")
	for i := range lines {
		lines[i] = plain(lines[i])
	}
	return strings.Join(lines, "\n")
}

// indented is plainText with its further lines moved right: the SQL of an advice must remain SQL when it is copied.
func indented(text string) string {
	return strings.ReplaceAll(plainText(strings.TrimSpace(text)), "\n", "\n    ")
}

// firstLine is plain for the first line of a text, where the others are shown elsewhere.
func firstLine(text string) string {
	first, more, cut := strings.Cut(strings.TrimSpace(text), "\n")
	if cut && more != "" {
		first += " …"
	}
	return plain(first)
}

// short writes a length of time in its two largest units.
func short(d time.Duration) string {
	d = d.Round(time.Second)
	days, hours, minutes, seconds := int(d/(24*time.Hour)), int(d/time.Hour)%24, int(d/time.Minute)%60, int(d/time.Second)%60
	var text string
	switch {
	case days > 0:
		text = fmt.Sprintf("%dd%dh", days, hours)
	case hours > 0:
		text = fmt.Sprintf("%dh%dm", hours, minutes)
	case minutes > 0:
		text = fmt.Sprintf("%dm%ds", minutes, seconds)
	default:
		return fmt.Sprintf("%ds", seconds)
	}
	for _, zero := range []string{"0h", "0m", "0s"} {
		if rest, ok := strings.CutSuffix(text, zero); ok && strings.ContainsAny(rest[len(rest)-1:], "dhm") {
			return rest
		}
	}
	return text
}

// age is how long ago a moment was; "" for the zero time.
func age(now, since time.Time) string {
	if since.IsZero() {
		return ""
	}
	return short(max(now.Sub(since), 0))
}

// table prints rows in columns; the first row is the heading.
func table(w io.Writer, rows [][]string) error {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	for _, row := range rows {
		for i := range row {
			row[i] = cmp.Or(plain(row[i]), "-")
		}
		if _, err := fmt.Fprintln(t, strings.Join(row, "\t")); err != nil {
			return err
		}
	}
	return t.Flush()
}

// sorted is the keys of a map in order.
func sorted[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
