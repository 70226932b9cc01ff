package main

import (
	"cmp"
	"fmt"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"teal.dev/teal/policies"
)

func newPolicyShow(io stdio) *cobra.Command {
	var app string
	cmd := &cobra.Command{
		Use:   "show",
		Short: "Print the built-in policy and the site's, or what they come to for an app",
		Long: `Print the built-in policy, in the format in which a site writes its own, and then the site's files. With --effective APP,
print what all of them come to for that app: each decision, each freeze window and each waiver, and the file and line that it
comes from.`,
		Example: `  teal policy show
  teal policy show --policies ./policies
  teal policy show --effective shop`,
		Args: cobra.NoArgs,
	}
	dir := policyDir(cmd)
	cmd.Flags().StringVar(&app, "effective", "", "what holds for an `APP`, and where it is said")
	out := format(cmd)
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		where, err := dir()
		if err != nil {
			return err
		}
		set, err := readPolicies(where)
		if err != nil {
			return err
		}
		if cmd.Flags().Changed("effective") {
			if err := knownApp(where, app); err != nil {
				return err
			}
			return showEffective(io, &set, app, time.Now(), out.json())
		}
		files, err := policyFiles(where, false)
		if err != nil {
			return err
		}
		if out.json() {
			return printJSON(io.out, map[string]any{"default": policies.DefaultYAML(), "files": files})
		}
		fmt.Fprintf(io.out, "# built in\n%s", policies.DefaultYAML())
		for _, name := range sorted(files) {
			fmt.Fprintf(io.out, "---\n# %s\n%s", name, files[name])
		}
		return nil
	}
	return cmd
}

// knownApp refuses an app that has no file, where the apps can be known.
func knownApp(policies, app string) error {
	names := appsBeside(policies)
	if len(names) == 0 || slices.Contains(names, app) {
		return nil
	}
	return hinted(failf(exitUsage, "%s has no apps/%s.yaml", filepath.Dir(filepath.Clean(policies)), plain(app)), "its apps are: "+strings.Join(names, ", "))
}

func showEffective(io stdio, set *policies.Set, app string, now time.Time, asJSON bool) error {
	decisions, windows, waivers := set.Effective(app), set.Windows(app, now), set.Waivers(app, now)
	if asJSON {
		shown := map[string]any{"app": app, "decisions": decisions, "freeze": windows, "waivers": waivers}
		if frozen, until, _ := set.Frozen(app, now); frozen {
			shown["frozen_until"] = until
		}
		return printJSON(io.out, shown)
	}
	if err := showDecisions(io, decisions); err != nil {
		return err
	}
	if err := showWindows(io, windows); err != nil {
		return err
	}
	if frozen, until, _ := set.Frozen(app, now); frozen {
		fmt.Fprintf(io.out, "frozen now, until %s\n", until.Format(time.RFC3339))
	}
	return showWaivers(io, waivers)
}

func showDecisions(io stdio, decisions []policies.Decision) error {
	rows := [][]string{{"KEY", "ACTION", "BY", "OVER ROWS", "TABLES", "FROM", "INSTEAD OF"}}
	for _, d := range decisions {
		over, size := "", ""
		if d.Over != nil {
			over = d.Over.String()
		}
		if d.OverRows > 0 {
			if size = strconv.FormatInt(d.OverRows, 10); d.Unknown != "" {
				size += ", unknown " + string(d.Unknown)
			}
		}
		rows = append(rows, []string{d.Key, string(d.Action), d.Role, size, strings.Join(d.Tables, " "), d.From.String(), over})
	}
	return table(io.out, rows)
}

func showWindows(io stdio, windows []policies.EffectiveWindow) error {
	if len(windows) == 0 {
		fmt.Fprintln(io.out, "\nno freeze window")
		return nil
	}
	rows := [][]string{{"FREEZE", "ZONE", "REASON", "NOW", "FROM"}}
	for _, w := range windows {
		now := "not now"
		if w.Open {
			now = "frozen"
		}
		days := strings.Join(w.Days, " ")
		if len(w.Days) == 7 {
			days = "every day"
		}
		rows = append(rows, []string{days + " " + w.From + " to " + w.To, w.Zone, w.Reason, now, w.At.String()})
	}
	fmt.Fprintln(io.out)
	return table(io.out, rows)
}

func showWaivers(io stdio, waivers []policies.EffectiveWaiver) error {
	if len(waivers) == 0 {
		fmt.Fprintln(io.out, "\nno waiver")
		return nil
	}
	rows := [][]string{{"WAIVER", "MIGRATION", "OWNER", "REASON", "LAST DAY (UTC)", "FROM"}}
	for _, w := range waivers {
		until := w.Until
		if w.Expired {
			until += ", expired"
		}
		rows = append(rows, []string{w.Rule, cmp.Or(w.Migration, "every"), w.Owner, w.Reason, until, w.At.String()})
	}
	fmt.Fprintln(io.out)
	return table(io.out, rows)
}
