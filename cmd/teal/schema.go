package main

import (
	"github.com/spf13/cobra"

	"teal.dev/teal/events"
)

// newSchema prints the forms that other programs write.
func newSchema(io stdio) *cobra.Command {
	cmd := &cobra.Command{
		Use:     "schema",
		GroupID: "tools",
		Short:   "Print the JSON Schema of what build systems write",
		Long:    `Print the JSON Schema of what build systems write, built from the numbers and patterns that the parser itself uses.`,
		Example: `  teal schema release`,
		Args:    cobra.NoArgs,
		RunE:    func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	release := &cobra.Command{
		Use:     "release",
		Short:   "The schema of a release request",
		Long:    `Print the JSON Schema (2020-12) of a release request: a CloudEvent, published bare or inside a DSSE envelope.`,
		Example: `  teal schema release > release.schema.json`,
		Args:    cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			schema, err := events.RequestSchema()
			if err != nil {
				return failf(exitFailed, "%v", err)
			}
			_, err = io.out.Write(append(schema, '\n'))
			return err
		},
	}
	format(release) // it is JSON either way
	cmd.AddCommand(release)
	return cmd
}
