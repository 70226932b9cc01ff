package main

import (
	"github.com/spf13/cobra"

	"teal.dev/teal/events"
	"teal.dev/teal/policies"
)

// newSchema prints the forms that other programs and editors write.
func newSchema(io stdio) *cobra.Command {
	cmd := &cobra.Command{
		Use:     "schema",
		GroupID: "tools",
		Short:   "Print the JSON Schemas of what build systems and editors write",
		Long: `Print the JSON Schema of what build systems and editors write, built from the numbers, words and patterns that the
parsers themselves use.`,
		Example: `  teal schema release
  teal schema policy > policy.schema.json`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	for _, s := range []struct {
		name, short, long string
		schema            func() ([]byte, error)
	}{
		{"release", "The schema of a release request",
			"Print the JSON Schema (2020-12) of a release request: a CloudEvent, published bare or inside a DSSE envelope.", events.RequestSchema},
		{"policy", "The schema of a policy file",
			"Print the JSON Schema (2020-12) of a policy file. Editors use it when the file's first line is\n# yaml-language-server: $schema=policy.schema.json", policies.Schema},
		{"policy-test", "The schema of the tests beside a policy",
			"Print the JSON Schema (2020-12) of the files named …_test.yaml beside the policies.", policies.TestSchema},
	} {
		sub := &cobra.Command{Use: s.name, Short: s.short, Long: s.long, Example: "  teal schema " + s.name + " > " + s.name + ".schema.json", Args: cobra.NoArgs,
			RunE: func(*cobra.Command, []string) error {
				schema, err := s.schema()
				if err != nil {
					return failf(exitFailed, "%v", err)
				}
				_, err = io.out.Write(append(schema, '\n'))
				return err
			}}
		format(sub) // it is JSON either way
		cmd.AddCommand(sub)
	}
	return cmd
}
