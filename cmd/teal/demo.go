package main

import (
	"os"

	"github.com/spf13/cobra"

	"teal.dev/teal/internal/demo"
)

// newDemo plays a whole story of releases with real servers.
func newDemo(io stdio) *cobra.Command {
	var keep bool
	cmd := &cobra.Command{
		Use: "demo", GroupID: "run", Short: "See releases happen, with real servers in a private folder", Args: cobra.NoArgs,
		Long: `Start a PostgreSQL, an HAProxy and a teal in a private temporary folder on free loopback ports, and release a small shop
again and again while clients keep asking: expand and contract, switch, rollback, refused and abandoned releases, servers
killed with -9. It ends everything that it started. It needs the Debian packages haproxy and postgresql.

Exit code 0 means that every expectation held: above all, that no request failed because of a release.`,
		Example: `  teal demo
  teal demo --keep
  teal demo -o json | jq '.switches'`,
	}
	out := format(cmd)
	cmd.Flags().BoolVar(&keep, "keep", false, "leave everything running until Ctrl-C and say what to try next")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		executable, err := os.Executable()
		if err != nil {
			return failf(exitFailed, "teal's own executable cannot be found: %v", err)
		}
		options := demo.Options{Executable: executable, Out: io.out, Keep: keep}
		var printed error
		options.Done = func(s demo.Summary) { s.Print(io.out) }
		if out.json() {
			options.Out = io.err
			options.Done = func(s demo.Summary) { printed = printJSON(io.out, s) }
		}
		summary, err := demo.Run(cmd.Context(), options)
		switch {
		case err != nil:
			return failf(exitFailed, "%v", err)
		case printed != nil:
			return printed
		case !summary.Good():
			return &exit{code: exitFailed, text: "not every expectation of the demo held", hint: "look at the lines with MISSED, and into the folder with the logs"}
		}
		return nil
	}
	return cmd
}
