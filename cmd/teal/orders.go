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
