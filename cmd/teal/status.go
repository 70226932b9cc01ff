package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"teal.dev/teal/daemon"
)

// watchEvery is the pause between two looks of status --watch.
const watchEvery = 500 * time.Millisecond

// newStatus shows all apps, or one in full.
func newStatus(io stdio) *cobra.Command {
	var at place
	var watch bool
	cmd := &cobra.Command{
		Use:     "status [APP]",
		GroupID: "release",
		Short:   "What is live, what happens now and why",
		Long: `Show every app in a line, or one app in full: what is live, what the release does and why, whether a rollback is
possible, what waits for whom and the command that goes on. With --watch, print a line whenever something changes.`,
		Example: `  teal status
  teal status shop
  teal status shop --watch
  teal status shop -o json`,
		Args:              cobra.MaximumNArgs(1),
		ValidArgsFunction: at.apps,
	}
	at.flags(cmd)
	out := format(cmd)
	cmd.Flags().BoolVarP(&watch, "watch", "w", false, "go on looking and print what changes")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		app := ""
		if len(args) == 1 {
			app = args[0]
		}
		switch {
		case watch && out.json():
			return failf(exitUsage, "--watch prints lines for people; without it, -o json gives one document")
		case watch:
			return watchStatus(cmd.Context(), io, &at, app)
		}
		return showStatus(cmd.Context(), io, &at, app, out.json())
	}
	return cmd
}

func showStatus(ctx context.Context, io stdio, at *place, app string, asJSON bool) error {
	if app == "" {
		status, err := at.client().Status(ctx)
		switch {
		case err != nil:
			return answered(err)
		case asJSON:
			return printJSON(io.out, status)
		}
		return printStatus(io, status)
	}
	one, err := at.client().App(ctx, app)
	switch {
	case err != nil:
		return answered(err)
	case asJSON:
		return printJSON(io.out, one)
	}
	return printApp(io.out, one, time.Now())
}

// restart is what applies a key that is only read at a start.
const restart = "restart teal serve; what runs in the slots stays up"

func printStatus(io stdio, status daemon.Status) error {
	if status.Config.Problem != "" {
		fmt.Fprintf(io.err, "the config directory is refused since %s and the config before stays in force: %s\n  next: teal config check\n",
			age(time.Now(), status.Config.Tried), plain(status.Config.Problem))
	}
	if keys := status.Config.PendingRestart; len(keys) > 0 {
		fmt.Fprintf(io.err, "teal.yaml has new values that wait for a restart: %s\n  next: %s\n", strings.Join(keys, ", "), restart)
	}
	for _, w := range status.Config.Warnings {
		fmt.Fprintf(io.err, "warning: %s\n", plain(w))
	}
	if !status.Connected {
		fmt.Fprintf(io.err, "NATS does not answer: no request is heard, and %d outcomes wait\n  next: teal doctor\n", status.Outbox)
	}
	if len(status.Apps) == 0 {
		fmt.Fprintln(io.err, "teal has no app: write apps/NAME.yaml in its config directory")
		return nil
	}
	rows := [][]string{{"APP", "LIVE", "VERSION", "STATE", "ROLLBACK", "WHY"}}
	for _, app := range status.Apps {
		rows = append(rows, []string{app.App, string(app.Live), string(app.Version), state(app, time.Now()), class(app), why(app)})
	}
	return table(io.out, rows)
}

// watchStatus prints a line whenever the decision about an app changes, until it is interrupted.
func watchStatus(ctx context.Context, io stdio, at *place, app string) error {
	ticker := time.NewTicker(watchEvery)
	defer ticker.Stop()
	last := map[string]string{}
	for {
		apps, err := lookAt(ctx, at, app)
		switch {
		case errors.Is(err, context.Canceled):
			return nil
		case err != nil:
			return answered(err)
		}
		for _, one := range apps {
			printChange(io.out, last, one, app == "")
		}
		select {
		case <-ctx.Done():
			return nil
		case <-ticker.C:
		}
	}
}

func lookAt(ctx context.Context, at *place, app string) ([]daemon.AppStatus, error) {
	if app == "" {
		status, err := at.client().Status(ctx)
		return status.Apps, err
	}
	one, err := at.client().App(ctx, app)
	return []daemon.AppStatus{one}, err
}

// printChange prints an app's line when it differs in more than the numbers that run.
func printChange(w io.Writer, last map[string]string, app daemon.AppStatus, named bool) {
	line := state(app, time.Time{}) + "\x00" + app.Rule + "\x00" + string(app.Live)
	if last[app.App] == line {
		return
	}
	last[app.App] = line
	name := ""
	if named {
		name = app.App + "  "
	}
	fmt.Fprintf(w, "%s  %s%s  %s\n", app.At.UTC().Format(time.TimeOnly), name, state(app, time.Now()), why(app))
}
