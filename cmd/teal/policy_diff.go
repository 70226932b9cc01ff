package main

import (
	"cmp"
	"fmt"
	"slices"
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
a policy is reviewed with its consequences. - stands for the built-in policy alone. PATH is a migration file or a folder.

Without --app they are compared for each app that either directory names, and for an app that neither names; a line that
does not hold for all of these says for which it does. For a pattern such as pay-* stand the apps that have a file beside
the policies (../apps/*.yaml); without one, the pattern stands for an app like it.`,
		Example: `  teal policy diff /etc/teal/policies ./policies migrations
  git worktree add ../main main && teal policy diff --app shop ../main/policies policies migrations
  teal policy diff - ./policies migrations`,
		Args: cobra.MinimumNArgs(3),
	}
	c.checkFlags(cmd)
	out := format(cmd)
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		sets, dirs, err := twoSets(args[0], args[1])
		if err != nil {
			return err
		}
		folders, err := c.inputs(cmd.Context(), io, sets[1], args[2:])
		if err != nil {
			return err
		}
		apps := c.comparedApps(io, sets, dirs)
		c.noteApplied(io, folders)
		d := compare(folders, sets, apps)
		if out.json() {
			return printJSON(io.out, d)
		}
		printChanges(io, &d)
		return nil
	}
	return cmd
}

// twoSets reads the policies of both sides.
func twoSets(old, fresh string) (sets [2]policies.Set, dirs [2]string, err error) {
	dirs = [2]string{old, fresh}
	for i := range dirs {
		if dirs[i] == "-" {
			dirs[i] = ""
		}
		if sets[i], err = readPolicies(dirs[i]); err != nil {
			return sets, dirs, err
		}
	}
	return sets, dirs, nil
}

// comparedApps are the apps for which both sides are compared; "" is one that no policy names.
func (c *checked) comparedApps(io stdio, sets [2]policies.Set, dirs [2]string) []string {
	if c.app != "" {
		if !sets[0].About(c.app) && !sets[1].About(c.app) {
			noteUnnamed(io, c.app, slices.Concat(sets[0].Apps(), sets[1].Apps()), appsBeside(dirs[:]...))
		}
		return []string{c.app}
	}
	apps, left := policies.AppsFor(appsBeside(dirs[:]...), sets[:]...)
	if len(apps) > 0 {
		fmt.Fprintf(io.err, "note: compared for %s, and for an app that no policy names; give --app APP for one\n", plain(strings.Join(apps, ", ")))
	}
	if len(left) > 0 {
		fmt.Fprintf(io.err, "note: not compared for %s, a pattern of which teal knows no app; give --app APP for one\n", plain(strings.Join(left, ", ")))
	}
	return append([]string{""}, apps...)
}

// difference is policy diff as -o json shows it. Old and New are the worst of all apps that were compared.
type difference struct {
	Old     policies.Action `json:"old"`
	New     policies.Action `json:"new"`
	Changes []appChange     `json:"changes"`
	Apps    []appDecision   `json:"apps"`
}

// appChange is a change and the apps that it holds for.
type appChange struct {
	policies.Change
	Apps []string `json:"apps"`
}

// appDecision is what the two sides come to for one app.
type appDecision struct {
	App string          `json:"app"` // "" is one that no policy names
	Old policies.Action `json:"old"`
	New policies.Action `json:"new"`
}

// compare judges the same files by both sides, for each app. A change that several apps have is told once.
func compare(folders []*judged, sets [2]policies.Set, apps []string) difference {
	type nth struct {
		policies.Change
		n int
	}
	d := difference{Old: policies.Allow, New: policies.Allow, Changes: []appChange{}}
	at := map[nth]int{}
	for _, app := range apps {
		before, after := judgedAs(folders, sets[0], app), judgedAs(folders, sets[1], app)
		d.Apps = append(d.Apps, appDecision{app, before.Decision, after.Decision})
		d.Old, d.New = worse(d.Old, before.Decision), worse(d.New, after.Decision)
		seen := map[policies.Change]int{}
		for _, change := range policies.Compare(before, after) {
			key := nth{change, seen[change]}
			seen[change]++
			i, known := at[key]
			if !known {
				i, at[key] = len(d.Changes), len(d.Changes)
				d.Changes = append(d.Changes, appChange{Change: change})
			}
			d.Changes[i].Apps = append(d.Changes[i].Apps, app)
		}
	}
	inOrder(d.Changes, folders)
	return d
}

// inOrder sorts changes by file, as the files were judged, and line.
func inOrder(changes []appChange, folders []*judged) {
	place := map[string]int{}
	for _, in := range folders {
		for _, f := range in.Files {
			place[f.Path] = len(place)
		}
	}
	slices.SortStableFunc(changes, func(a, b appChange) int {
		return cmp.Or(cmp.Compare(place[a.Path], place[b.Path]), cmp.Compare(a.Line, b.Line))
	})
}

// judgedAs is what a set says of the files for an app. What is said of the policies' own files, and of the folder as a whole,
// is left out: the one is not about the migrations, the other is not the policies' to decide.
func judgedAs(folders []*judged, set policies.Set, app string) policies.Report {
	out := policies.Report{Decision: policies.Allow}
	for _, j := range folders {
		in := j.Input
		in.Policy, in.App = set, app
		for _, f := range policies.Check(in).Files {
			if f.Phase != policies.PhasePolicy {
				out.Files = append(out.Files, f)
				out.Decision = worse(out.Decision, f.Decision)
			}
		}
	}
	return out
}

func printChanges(io stdio, d *difference) {
	stricter, others := 0, 0
	for _, c := range d.Changes {
		sign := "-"
		switch {
		case c.Asks():
			sign, others = "~", others+1
		case c.Stricter():
			sign, stricter = "+", stricter+1
		}
		first, _, _ := strings.Cut(c.SQL, "\n")
		fmt.Fprintf(io.out, "%s %s:%d: %s: %s → %s%s\n", sign, plain(c.Path), c.Line, c.Rule, actionWord(c.Old, c.OldRoles), actionWord(c.New, c.NewRoles),
			onlyFor(c.Apps, len(d.Apps)))
		if first != "" {
			fmt.Fprintf(io.out, "    %s\n", plain(first))
		}
	}
	if len(d.Changes) == 0 {
		fmt.Fprintf(io.out, "nothing is decided differently; both say %s\n", d.New)
		return
	}
	summary := fmt.Sprintf("%d stricter, %d laxer", stricter, len(d.Changes)-stricter-others)
	if others > 0 {
		summary += fmt.Sprintf(", %d by other roles", others)
	}
	fmt.Fprintf(io.out, "%s decided differently: %s; the whole: %s → %s\n", count(len(d.Changes), "finding"), summary, d.Old, d.New)
}

// onlyFor names the apps of a change that does not hold for all of those compared.
func onlyFor(apps []string, compared int) string {
	if len(apps) == compared {
		return ""
	}
	words := slices.Clone(apps)
	if words[0] == "" {
		words = append(words[1:], "every app that no policy names")
	}
	return " (for " + plain(strings.Join(words, ", ")) + ")"
}

// worse is the stricter of two decisions.
func worse(a, b policies.Action) policies.Action {
	if b.AtLeast(a) {
		return b
	}
	return a
}

func actionWord(a policies.Action, roles string) string {
	switch {
	case a == "":
		return "nothing"
	case roles == "":
		return string(a)
	}
	return string(a) + " by " + plain(strings.ReplaceAll(roles, ",", " and "))
}
