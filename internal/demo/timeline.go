package demo

import (
	"context"
	"fmt"
	"io"
	"strings"
	"sync"
	"time"

	"teal.dev/teal/internal/client"
	"teal.dev/teal/release"
)

// timeline follows what teal writes down and prints it as it happens, between the headings of the story.
type timeline struct {
	api   *client.Client
	out   io.Writer
	began time.Time

	mu      sync.Mutex
	after   uint64
	entries []release.Entry
}

// follow looks for new lines until ctx ends.
func (t *timeline) follow(ctx context.Context) {
	for pause(ctx, 100*time.Millisecond) {
		t.catchUp(ctx)
	}
}

// catchUp reads what is new. A daemon that is dead has nothing to tell: its lines come when it is back.
func (t *timeline) catchUp(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, 2*time.Second)
	defer cancel()
	t.mu.Lock()
	defer t.mu.Unlock()
	lines, err := t.api.Timeline(ctx, app, t.after, 1000)
	if err != nil {
		return
	}
	for _, e := range lines {
		t.after = max(t.after, e.N)
		t.entries = append(t.entries, e)
		if text := lineOf(e, t.began); text != "" {
			fmt.Fprintln(t.out, text)
		}
	}
}

// all is what was told so far.
func (t *timeline) all() []release.Entry {
	t.mu.Lock()
	defer t.mu.Unlock()
	return append([]release.Entry(nil), t.entries...)
}

// heading begins a chapter.
func (t *timeline) heading(ctx context.Context, text string) {
	t.catchUp(ctx)
	t.print("\n%s\n", text)
}

// say prints a line of the demo's own, after what teal has told until now.
func (t *timeline) say(format string, args ...any) {
	at := time.Now()
	t.catchUp(context.Background())
	t.print("%s  ·  %-22s %s\n", clock(at, t.began), "demo", indent(fmt.Sprintf(format, args...)))
}

// indent puts the lines after the first one under it.
func indent(text string) string { return strings.ReplaceAll(text, "\n", "\n"+strings.Repeat(" ", 35)) }

func (t *timeline) print(format string, args ...any) {
	t.mu.Lock()
	defer t.mu.Unlock()
	fmt.Fprintf(t.out, format, args...)
}

// lineOf is one line: time, slot, rule, what, how long. An effect has one when it has ended; those that may take long
// have one when they begin, too.
func lineOf(e release.Entry, began time.Time) string {
	ended := e.Took > 0 || e.Error != ""
	switch e.Action.Kind {
	case release.Expand, release.Contract, release.Record, release.Refuse, release.Cancel:
	default:
		if !ended {
			return ""
		}
	}
	slot := string(e.Action.Slot)
	if slot == "" {
		slot = "·"
	}
	what := e.Action.Why
	if e.Action.Kind == release.Send {
		what = fmt.Sprintf("%s (map: %s:%s:%d:%d)", what, e.Action.Route.Live, e.Action.Route.Candidate, e.Action.Route.Percent, e.Action.Route.Rev)
	}
	if ended && (e.Action.Kind == release.Expand || e.Action.Kind == release.Contract) {
		what = fmt.Sprintf("%s ended", e.Action.Kind)
	}
	if e.Reason != "" {
		what += fmt.Sprintf(" (%q)", e.Reason)
	}
	if e.Error != "" {
		what += "; failed: " + e.Error
	}
	line := fmt.Sprintf("%s  %s  %-22s %s", clock(e.At, began), slot, e.Action.Rule, indent(what))
	if e.Took > 0 {
		line += "  " + brief(e.Took)
	}
	return line
}

// clock is the time since the demo began.
func clock(at, began time.Time) string { return fmt.Sprintf("%6.2fs", at.Sub(began).Seconds()) }

// brief writes a duration with three digits or so.
func brief(d time.Duration) string {
	switch {
	case d < 10*time.Millisecond:
		return fmt.Sprintf("%.1f ms", ms(d))
	case d < time.Second:
		return fmt.Sprintf("%.0f ms", ms(d))
	}
	return fmt.Sprintf("%.1f s", d.Seconds())
}
