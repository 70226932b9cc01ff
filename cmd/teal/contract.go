package main

import (
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"teal.dev/teal/daemon"
	"teal.dev/teal/release"
)

// newContract asks for an owed contract now, or lists those that are owed.
func newContract(io stdio) *cobra.Command {
	cmd, o := newOrder(io, release.VerbContract, &cobra.Command{
		Use:   "contract [APP]",
		Short: "Run the contract that an app owes now; --list shows what is owed",
		Long: `Run the contract migrations that a finished release owes, without waiting for contract.after. Approvals and freeze
windows still count. From the first statement on there is no way back to an earlier version.`,
		Example: `  teal contract --list
  teal contract shop --reason "nobody goes back to 1.4"`,
	})
	cmd.Args = cobra.MaximumNArgs(1)
	show := cmd.Flags().Bool("list", false, "list the contracts that are owed, with their age, and those that will be")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		switch {
		case *show:
			return o.listOwed(cmd, args)
		case len(args) == 0:
			return failf(exitUsage, "name the app whose contract shall run, or use --list to see what is owed")
		}
		return o.give(cmd, args[0])
	}
	return cmd
}

// owing is one owed contract in the list.
type owing struct {
	App string `json:"app"`
	release.Owed
	Running bool     `json:"running"`
	Needs   []string `json:"needs"` // the roles that have not spoken, those of the app's config too
}

// coming is a contract in the list that is not owed yet.
type coming struct {
	App string `json:"app"`
	release.Coming
}

func (o *order) listOwed(cmd *cobra.Command, args []string) error {
	status, err := o.at.client().Status(cmd.Context())
	if err != nil {
		return answered(err)
	}
	owed, soon := contracts(status.Apps, args)
	if o.out.json() {
		return printJSON(o.io.out, map[string]any{"owed": owed, "coming": soon})
	}
	return printContracts(o.io, owed, soon, time.Now())
}

// contracts lists what the apps (or the one that is named) owe, and what they will.
func contracts(apps []daemon.AppStatus, named []string) ([]owing, []coming) {
	owed, soon := []owing{}, []coming{}
	for _, app := range apps {
		if len(named) == 1 && named[0] != app.App {
			continue
		}
		for i, one := range app.Owed {
			owed = append(owed, owing{App: app.App, Owed: one, Running: i == 0 && contracting(app), Needs: unspoken(app, one)})
		}
		if app.Coming != nil {
			soon = append(soon, coming{App: app.App, Coming: *app.Coming})
		}
	}
	return owed, soon
}

func printContracts(io stdio, owed []owing, soon []coming, now time.Time) error {
	rows := [][]string{{"APP", "VERSION", "MIGRATIONS", "DUE", "NEEDS"}}
	for _, one := range owed {
		rows = append(rows, []string{one.App, string(one.Version), numbers(one.Numbers), one.due(now), strings.Join(one.missing(), " and ")})
	}
	for _, one := range soon {
		rows = append(rows, []string{one.App, string(one.Version), numbers(one.Numbers), "not owed yet", strings.Join(one.Needs, " and ")})
	}
	if len(rows) > 1 {
		if err := table(io.out, rows); err != nil {
			return err
		}
	}
	if len(owed) == 0 {
		fmt.Fprintln(io.err, "no contract is owed")
	}
	for _, one := range soon {
		fmt.Fprintf(io.err, "%s will owe the contract of %s: %s\n", one.App, plain(string(one.Version)), plain(one.Why))
	}
	return nil
}

// due says since when, or in what time, a contract may run.
func (o owing) due(now time.Time) string {
	switch {
	case o.Running:
		return "running"
	case o.NotBefore.After(now.AddDate(50, 0, 0)):
		return "only by hand"
	case o.NotBefore.After(now):
		return "in " + short(o.NotBefore.Sub(now))
	}
	return "since " + age(now, o.NotBefore)
}

func contracting(app daemon.AppStatus) bool {
	return app.Job != nil && app.Job.Kind == release.Contract
}

// missing is what an owed contract still needs, beside its time.
func (o owing) missing() []string {
	if o.Denied != "" {
		return append([]string{"policies that let it pass"}, o.Needs...)
	}
	return o.Needs
}

// unspoken is the roles that an owed contract still needs, as the daemon has them: the app's config may add one.
func unspoken(app daemon.AppStatus, o release.Owed) []string {
	for _, p := range app.Pending {
		if p.Step == "contract" && p.Release == o.Release {
			return p.Roles
		}
	}
	return []string{}
}

func numbers(list []uint64) string {
	words := make([]string, len(list))
	for i, n := range list {
		words[i] = fmt.Sprint(n)
	}
	return strings.Join(words, ", ")
}
