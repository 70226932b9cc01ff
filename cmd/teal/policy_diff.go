package main

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"teal.dev/teal/policies"
)

// newPolicyDiff shows which migrations two sets of policies decide differently.
func newPolicyDiff(io stdio) *cobra.Command {
	var c checked
	cmd := &cobra.Command{
		Use:   "diff OLD NEW PATH…",
		Short: "Show which migrations would be decided differently",
		Long: `Judge migrations by two directories of policies and show the findings that they decide differently, so that a change of
a policy is reviewed with its consequences. - stands for the built-in policy alone. PATH is a migration file or a folder.`,
		Example: `  teal policy diff /etc/teal/policies ./policies migrations
  git worktree add ../main main && teal policy diff --app shop ../main/policies policies migrations
  teal policy diff - ./policies migrations`,
		Args: cobra.MinimumNArgs(3),
	}
	c.checkFlags(cmd)
	out := format(cmd)
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		var reports [2]policies.Report
		for i, dir := range args[:2] {
			if dir == "-" {
				dir = ""
			}
			set, err := readPolicies(dir)
			if err != nil {
				return err
			}
			if reports[i], err = c.judge(cmd.Context(), io, set, args[2:]); err != nil {
				return err
			}
		}
		before, after := reports[0], reports[1]
		changes := policies.Compare(withoutPolicies(before), withoutPolicies(after))
		if out.json() {
			return printJSON(io.out, map[string]any{"old": before.Decision, "new": after.Decision, "changes": changes})
		}
		printChanges(io, before.Decision, after.Decision, changes)
		return nil
	}
	return cmd
}

// withoutPolicies leaves out what is said of the policies' own files: it is about them, not about the migrations.
func withoutPolicies(r policies.Report) policies.Report {
	out := policies.Report{Decision: r.Decision}
	for _, f := range r.Files {
		if f.Phase != policies.PhasePolicy {
			out.Files = append(out.Files, f)
		}
	}
	return out
}

func printChanges(io stdio, before, after policies.Action, changes []policies.Change) {
	stricter := 0
	for _, c := range changes {
		sign := "-"
		if c.Stricter() {
			sign, stricter = "+", stricter+1
		}
		first, _, _ := strings.Cut(c.SQL, "\n")
		fmt.Fprintf(io.out, "%s %s:%d: %s: %s → %s\n    %s\n", sign, plain(c.Path), c.Line, c.Rule, actionWord(c.Old), actionWord(c.New), plain(first))
	}
	if len(changes) == 0 {
		fmt.Fprintf(io.out, "nothing is decided differently; both say %s\n", after)
		return
	}
	fmt.Fprintf(io.out, "%s decided differently: %d stricter, %d laxer; the whole: %s → %s\n", count(len(changes), "finding"), stricter,
		len(changes)-stricter, before, after)
}

func actionWord(a policies.Action) string {
	if a == "" {
		return "nothing"
	}
	return string(a)
}
