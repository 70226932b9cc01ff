package main

import (
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"teal.dev/teal/daemon"
	"teal.dev/teal/release"
)

// newApprove gives a role's word, or lists what waits for one.
func newApprove(io stdio) *cobra.Command {
	cmd, o := newOrder(io, release.VerbApprove, &cobra.Command{
		Use:   "approve [APP]",
		Short: "Approve the step that waits; without APP, list what waits",
		Long: `Give your role's word to the step of an app that waits for it: the expand, the switch, or the contract that is owed.
Without an app, list everything that waits, with its age.`,
		Example: `  teal approve
  teal approve shop --reason "the backfill was reviewed"`,
	})
	cmd.Args = cobra.MaximumNArgs(1)
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		if len(args) == 1 {
			return o.give(cmd, args[0])
		}
		pending, err := o.at.client().Approvals(cmd.Context())
		if err != nil {
			return answered(err)
		}
		if o.out.json() {
			return printJSON(io.out, map[string]any{"approvals": list(pending)})
		}
		return printPending(io, pending)
	}
	return cmd
}

func printPending(io stdio, pending []daemon.Pending) error {
	if len(pending) == 0 {
		fmt.Fprintln(io.err, "nothing waits for an approval")
		return nil
	}
	rows := [][]string{{"APP", "VERSION", "STEP", "NEEDS", "AGE", "WHY"}}
	for _, p := range pending {
		rows = append(rows, []string{p.App, string(p.Version), p.Step, strings.Join(p.Roles, " and "), age(time.Now(), p.Since), p.Why})
	}
	return table(io.out, rows)
}

// list is never null in JSON.
func list[T any](items []T) []T {
	if items == nil {
		return []T{}
	}
	return items
}
