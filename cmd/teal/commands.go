package main

import "github.com/spf13/cobra"

// commands lists every subcommand; one file each.
func commands(io stdio) []*cobra.Command {
	return []*cobra.Command{
		newServe(io),
	}
}
