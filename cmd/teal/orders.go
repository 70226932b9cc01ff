package main

import (
	"github.com/spf13/cobra"

	"teal.dev/teal/release"
)

// newPromote ends a bake.
func newPromote(io stdio) *cobra.Command {
	cmd, _ := newOrder(io, release.VerbPromote, &cobra.Command{
		Use:   "promote APP",
		Short: "End the bake by hand",
		Long: `End the bake of the release that is being watched. What teal would have watched for, you take upon yourself: the
earlier version stays warm, so teal rollback remains instant.`,
		Example: `  teal promote shop --reason "ten thousand orders went through"`,
	})
	return cmd
}

// newHold stops progress.
func newHold(io stdio) *cobra.Command {
	cmd, _ := newOrder(io, release.VerbHold, &cobra.Command{
		Use:   "hold APP",
		Short: "Stop progress until somebody resumes it",
		Long: `Stop the progress of an app. The traffic is still kept where it must be, what runs is kept running, a rollback by hand
and the automatic rollback of a bake go on. The clocks of bake and warm stand still.`,
		Example: `  teal hold shop --reason "the payment provider is down"`,
	})
	return cmd
}

// newResume lifts a hold.
func newResume(io stdio) *cobra.Command {
	cmd, _ := newOrder(io, release.VerbResume, &cobra.Command{
		Use:     "resume APP",
		Short:   "Go on after a hold",
		Long:    `Lift the hold of an app. The step that was held is tried again after looking afresh.`,
		Example: `  teal resume shop --reason "the disk has room again"`,
	})
	return cmd
}

// newAbandon gives up a release before its switch.
func newAbandon(io stdio) *cobra.Command {
	cmd, _ := newOrder(io, release.VerbAbandon, &cobra.Command{
		Use:   "abandon APP",
		Short: "Give up a release that has not switched",
		Long: `Give up the release in progress, for everything before the switch. The new version is stopped, the running one is not
touched, what was expanded stays. After the switch the word is teal rollback.`,
		Example: `  teal abandon shop --reason "wrong build"`,
	})
	return cmd
}

// newRetire ends the warm time.
func newRetire(io stdio) *cobra.Command {
	cmd, _ := newOrder(io, release.VerbRetire, &cobra.Command{
		Use:   "retire APP",
		Short: "Drain and stop the earlier version now",
		Long: `End the warm time: the earlier version is drained and stopped, and the release is finished. A rollback is then cold: it
starts that version again first.`,
		Example: `  teal retire shop --reason "the machine needs its memory"`,
	})
	return cmd
}

// newRollback goes back to the earlier version.
func newRollback(io stdio) *cobra.Command {
	cmd, o := newOrder(io, release.VerbRollback, &cobra.Command{
		Use:   "rollback APP",
		Short: "Send the traffic back to the earlier version",
		Long: `Send the traffic back to the earlier version: at once while it is warm, else after starting it again. Neither a freeze
window nor the queue nor an approval stands in the way; only a contract migration that has started does (class
forward-only). teal status APP shows the class.`,
		Example: `  teal rollback shop --reason "checkout fails for guests"
  teal rollback shop --force --reason "half an app is better than none"`,
	})
	cmd.Flags().BoolVar(&o.words.Force, "force", false, "switch even to a slot that is not ready")
	return cmd
}

// newAdopt tells teal what is there.
func newAdopt(io stdio) *cobra.Command {
	cmd, o := newOrder(io, release.VerbAdopt, &cobra.Command{
		Use:   "adopt APP",
		Short: "Take what is there for the truth",
		Long: `Tell teal what is live where it cannot know: an app that ran before teal, a store that was lost. With --rev, take a
number above every one seen in HAProxy's map, after a stranger wrote it, so that teal's line wins again.`,
		Example: `  teal adopt shop --live a --version 1.4.2 --reason "teal is new here"
  teal adopt shop --rev --reason "the test script wrote the map"`,
	})
	live := choose(cmd, "live", "", "the slot that has the traffic", "", "a", "b", "none")
	version := cmd.Flags().String("version", "", "the version `V` that runs there")
	cmd.Flags().BoolVar(&o.words.Rev, "rev", false, "take the highest rev that any HAProxy shows, plus one")
	cmd.PreRunE = func(*cobra.Command, []string) error {
		o.words.Version = release.Version(*version)
		switch {
		case live.value == "" && !o.words.Rev:
			return failf(exitUsage, "say what is live (--live a|b|none, with --version V), or that the rev is to be taken (--rev)")
		case live.value != "" && o.words.Rev:
			return failf(exitUsage, "--rev keeps the live slot that teal knows: give either --rev or --live")
		case live.value == "none" && *version != "":
			return failf(exitUsage, "where nothing is live there is no version: leave --version out, or name the slot")
		case (live.value == "a" || live.value == "b") && *version == "":
			return failf(exitUsage, "say which version runs in slot %s: --version V", live.value)
		}
		if live.value != "none" {
			o.words.Live = release.Slot(live.value)
		}
		return nil
	}
	return cmd
}
