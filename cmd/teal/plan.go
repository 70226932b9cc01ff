package main

import (
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"teal.dev/teal/daemon"
	"teal.dev/teal/policies"
	"teal.dev/teal/release"
)

// newPlan shows the gate's word on the release in progress.
func newPlan(io stdio) *cobra.Command {
	var at place
	var c checked
	cmd := &cobra.Command{
		Use:     "plan APP|DIR",
		GroupID: "release",
		Short:   "What a release will do to the database, step by step",
		Long: `Show what the release in progress of an app will do to the database: the migrations that it expands, the contract that it
will owe, who must approve, and every finding of the gate. When the contract of a finished release waits for somebody's
word, or nothing else is in progress, it is shown in the same way; so is the contract that will be owed once the earlier
version, which is still warm, is retired. The findings are judged for this command, by the policies
in force and the database as it is; once the statements run there are none any more.

For a folder of migrations, without a daemon, show what a release of it would do: the files by track, each statement with its
locks, what waits for what, whose word it will need, what a rollback is after every step, and what is wrong with the folder
as a whole. --applied and --against say what has run already, as in teal check.

Exit codes: 0 it was shown, 1 the daemon, or the database of --against, does not answer, 2 input that cannot be read, 3 the folder
would be refused.`,
		Example: `  teal plan shop
  teal plan shop -o json
  teal plan migrations --against env:DATABASE_URL
  teal plan migrations --applied 41 --policies ./policies --app shop`,
		Args:              cobra.ExactArgs(1),
		ValidArgsFunction: at.apps,
	}
	at.flags(cmd)
	c.checkFlags(cmd)
	cmd.Flags().StringVar(&c.policies, "policies", "", "for a folder: directory `DIR` of the site's policies, over the built-in one")
	out := format(cmd)
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		if isFolder(args[0]) {
			plan, err := c.planFolder(cmd.Context(), io, args[0])
			switch {
			case err != nil:
				return err
			case out.json():
				return cmp.Or(printJSON(io.out, plan), refusedPlan(plan))
			}
			printLocalPlan(io.out, plan)
			return refusedPlan(plan)
		}
		plan, err := at.client().Plan(cmd.Context(), args[0])
		switch {
		case err != nil:
			return noFolder(answered(err), args[0])
		case out.json():
			return printJSON(io.out, plan)
		}
		printPlan(io.out, plan)
		return nil
	}
	return cmd
}

func printPlan(w io.Writer, plan daemon.Plan) {
	v := plan.Verdict
	if plan.Release == "" {
		fmt.Fprintf(w, "no release of %s is in progress\n", plan.App)
		return
	}
	what := fmt.Sprintf("%s (%s) is %s", plain(string(plan.Version)), plan.Release, plan.Phase)
	switch {
	case v == nil:
		v, what = &release.Verdict{}, what+": not judged yet"
	case plan.Coming != "":
		what += " and will owe a contract: " + plain(plan.Coming)
	case plan.Contract:
		what += " and owes a contract"
	}
	fmt.Fprintln(w, what)
	for _, line := range []struct{ label, text string }{
		{"refused", v.Refuse}, {"held", v.Hold}, {"why", v.Why}, {"expand", numbers(v.Pending)}, {"owes", numbers(v.Owes)},
		{"expand needs the word of", strings.Join(v.Expand, " and ")}, {"contract needs the word of", strings.Join(v.Contract, " and ")},
	} {
		if line.text != "" {
			fmt.Fprintf(w, "%s: %s\n", line.label, plain(line.text))
		}
	}
	if v.NewValues {
		fmt.Fprintln(w, "a rollback after it is unproven: the new version may write values that the old one does not know")
	}
	for _, warning := range plan.Warnings {
		fmt.Fprintf(w, "warning: %s\n", plain(warning))
	}
	if plan.Problem != "" {
		fmt.Fprintf(w, "\n%s\n", plainText(plan.Problem))
	}
	var report policies.Report
	if json.Unmarshal(plan.Findings, &report) == nil && len(report.Files) > 0 {
		fmt.Fprintf(w, "\n%s", plainText(report.TextFor(plan.App)))
	}
}
