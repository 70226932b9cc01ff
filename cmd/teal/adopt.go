package main

import (
	"github.com/spf13/cobra"

	"teal.dev/teal/release"
)

// newAdopt tells teal what is there.
func newAdopt(io stdio) *cobra.Command {
	cmd, o := newOrder(io, release.VerbAdopt, &cobra.Command{
		Use:   "adopt APP",
		Short: "Take what is there for the truth",
		Long: `Tell teal what is there where it cannot know: the slot and version that are live (an app that ran before teal, a store
that was lost), the migrations that the database holds already, that a copied database is the app's own now, or, after
a stranger wrote HAProxy's map, that teal's line shall win again (--rev).`,
		Example: `  teal adopt shop --live a --version 1.4.2 --migrations ./migrations --reason "teal is new here"
  teal adopt shop --new-installation --reason "staging was restored from production"
  teal adopt shop --rev --reason "the test script wrote the map"`,
	})
	live := choose(cmd, "live", "", "the slot that has the traffic", "", "a", "b", "none")
	version := cmd.Flags().String("version", "", "the version `V` that runs there")
	folder := cmd.Flags().String("migrations", "", "the migration folder `DIR` whose files the database holds already: none of them is vetted or run again")
	cmd.Flags().BoolVar(&o.words.Claim, "new-installation", false, "the database is the app's, though it was another one's: a copy that was restored elsewhere")
	cmd.Flags().BoolVar(&o.words.Rev, "rev", false, "take the highest rev that any HAProxy shows, plus one")
	cmd.PreRunE = func(*cobra.Command, []string) error {
		o.words.Version = release.Version(*version)
		if err := o.adoptable(live.value, *folder); err != nil || *folder == "" {
			return err
		}
		var err error
		o.words.Files, err = readMigrations(*folder)
		return err
	}
	return cmd
}

// adoptable checks what the flags say together, and takes the slot.
func (o *order) adoptable(live, folder string) error {
	version := o.words.Version
	switch {
	case live == "" && folder == "" && !o.words.Rev && !o.words.Claim:
		return failf(exitUsage, "say what shall be adopted: --live a|b|none (with --version V), --migrations DIR, --new-installation or --rev")
	case live == "none" && version != "":
		return failf(exitUsage, "where nothing is live there is no version: leave --version out, or name the slot")
	case (live == "a" || live == "b") && version == "":
		return failf(exitUsage, "say which version runs in slot %s: --version V", live)
	case live == "" && version != "":
		return failf(exitUsage, "say in which slot %s runs: --live a or --live b", version)
	}
	if live != "none" {
		o.words.Live = release.Slot(live)
	}
	return nil
}
