package main

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"time"

	"github.com/spf13/cobra"

	"teal.dev/teal/daemon"
	"teal.dev/teal/release"
)

// newHistory lists the releases of an app.
func newHistory(io stdio) *cobra.Command {
	var at place
	cmd := &cobra.Command{
		Use:     "history APP",
		GroupID: "release",
		Short:   "The releases of an app, newest first",
		Long:    `List the releases of an app, newest first, the rejected ones too, and how each of them ended.`,
		Example: `  teal history shop
  teal history shop --limit 5 -o json`,
		Args:              cobra.ExactArgs(1),
		ValidArgsFunction: at.apps,
	}
	at.flags(cmd)
	limit := cmd.Flags().Int("limit", 20, "how many")
	out := format(cmd)
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		past, err := at.client().History(cmd.Context(), args[0], *limit)
		switch {
		case err != nil:
			return answered(err)
		case out.json():
			return printJSON(io.out, map[string]any{"releases": list(past)})
		case len(past) == 0:
			fmt.Fprintf(io.err, "no release of %s is known\n", args[0])
			return nil
		}
		return printHistory(io.out, past, time.Now())
	}
	return cmd
}

func printHistory(w io.Writer, past []daemon.Past, now time.Time) error {
	rows := [][]string{{"AGE", "RELEASE", "VERSION", "END", "TOOK", "SIGNED BY", "WHY"}}
	for _, p := range past {
		took, began := "", cmp.Or(p.Begun, p.Accepted)
		if !p.Ended.IsZero() && !began.IsZero() {
			took = short(p.Ended.Sub(began))
		}
		end := word(cmp.Or(p.Terminal, "in progress"))
		if p.Code != "" {
			end += " (" + p.Code + ")"
		}
		version := cmp.Or(string(p.Version), "unknown")
		if p.Rollback {
			version += " (rollback)"
		}
		rows = append(rows, []string{age(now, cmp.Or(p.Accepted, p.Stored)), string(p.ID), version, end, took, p.Signer, firstLine(p.Why)})
	}
	return table(w, rows)
}

// auditMost is how many lines one question is answered with.
const auditMost = 1000

// newAudit prints the timeline of an app.
func newAudit(io stdio) *cobra.Command {
	var at place
	cmd := &cobra.Command{
		Use:     "audit APP",
		GroupID: "release",
		Short:   "Everything that was decided and done for an app: the newest lines, oldest first",
		Long: `Print the timeline of an app: every decision with the rule that made it, every effect with how long it took, every word
of a person with the reason given. It is kept for ever. The newest lines are printed; --after N goes on after line N, and
--after 0 begins at the beginning.`,
		Example: `  teal audit shop
  teal audit shop --limit 20
  teal audit shop --after 1200 --limit 1000 -o json`,
		Args:              cobra.ExactArgs(1),
		ValidArgsFunction: at.apps,
	}
	at.flags(cmd)
	after := cmd.Flags().Uint64("after", 0, "the lines after this one, instead of the newest")
	limit := cmd.Flags().Int("limit", 200, "how many lines, 1000 at most")
	out := format(cmd)
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		if *limit < 1 {
			return failf(exitUsage, "--limit %d: give a number of lines from 1 to %d", *limit, auditMost)
		}
		ask, hint := at.client().Tail, auditEarlier
		if cmd.Flags().Changed("after") {
			hint = auditNext
			ask = func(ctx context.Context, app string, limit int) ([]release.Entry, error) {
				return at.client().Timeline(ctx, app, *after, limit)
			}
		}
		lines, err := ask(cmd.Context(), args[0], *limit)
		switch {
		case err != nil:
			return answered(err)
		case out.json():
			return printJSON(io.out, map[string]any{"lines": list(lines)})
		}
		for _, line := range lines {
			fmt.Fprintln(io.out, plain(auditLine(line)))
		}
		if len(lines) == min(*limit, auditMost) {
			fmt.Fprint(io.err, hint(args[0], lines))
		}
		return nil
	}
	return cmd
}

// auditNext goes on after the last line.
func auditNext(app string, lines []release.Entry) string {
	return fmt.Sprintf("  next: teal audit %s --after %d\n", app, lines[len(lines)-1].N)
}

// auditEarlier begins at the beginning.
func auditEarlier(app string, _ []release.Entry) string {
	return fmt.Sprintf("  there may be earlier lines: teal audit %s --after 0 begins with the first\n", app)
}

func auditLine(e release.Entry) string {
	text := fmt.Sprintf("%6d  %s  %-10s %s: %s", e.N, e.At.UTC().Format("2006-01-02T15:04:05.000Z"), e.Action.Kind, e.Action.Rule, e.Action.Why)
	if e.Took > 0 {
		text += fmt.Sprintf(" [took %s]", e.Took.Round(time.Millisecond))
	}
	if e.Actor != "" {
		text += fmt.Sprintf(" [%s %s: %s]", e.Actor, e.Verb, e.Reason)
	}
	if e.Error != "" {
		text += " [error: " + e.Error + "]"
	}
	return text
}
