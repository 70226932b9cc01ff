package main

import (
	"os"

	"github.com/spf13/cobra"

	"teal.dev/teal/testdata/demoapp"
)

// newDemoApp is the shop that teal demo releases: the same executable, so that the demo needs nothing beside it.
func newDemoApp(stdio) *cobra.Command {
	return &cobra.Command{
		Use: "demo-app", Hidden: true, Short: "The shop that teal demo releases", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := demoapp.Run(cmd.Context(), os.Getenv); err != nil {
				return failf(exitFailed, "%v", err)
			}
			return nil
		},
	}
}
