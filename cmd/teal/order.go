package main

import (
	"cmp"
	"fmt"

	"github.com/spf13/cobra"

	"teal.dev/teal/daemon"
	"teal.dev/teal/release"
)

// order brings a person's word to an app. What comes of it is decided by the daemon alone.
type order struct {
	io    stdio
	at    place
	out   *choice
	verb  release.Verb
	words daemon.Order
}

// newOrder makes the command of a verb from its help.
func newOrder(io stdio, verb release.Verb, help *cobra.Command) (*cobra.Command, *order) {
	o := &order{io: io, verb: verb}
	help.GroupID = "people"
	help.Args = cobra.ExactArgs(1)
	help.ValidArgsFunction = o.at.apps
	help.RunE = func(cmd *cobra.Command, args []string) error { return o.give(cmd, args[0]) }
	o.at.flags(help)
	o.out = format(help)
	help.Flags().StringVar(&o.words.Reason, "reason", "", "why (`TEXT`); recorded with your name in the app's timeline")
	return help, o
}

// give asks the daemon and prints its word.
func (o *order) give(cmd *cobra.Command, app string) error {
	o.words.Reason = cmp.Or(o.words.Reason, "no reason given")
	answer, err := o.at.client().Order(cmd.Context(), app, o.verb, o.words)
	if err != nil {
		return answered(err)
	}
	if o.out.json() {
		return printJSON(o.io.out, answer)
	}
	fmt.Fprintf(o.io.out, "%s: %s\n", app, plain(answer.Action.Why))
	fmt.Fprintf(o.io.err, "  next: teal status %s --watch\n", app)
	return nil
}
