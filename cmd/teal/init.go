package main

import (
	"fmt"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"teal.dev/teal/internal/config"
)

// newInit writes a first config directory.
func newInit(io stdio) *cobra.Command {
	cmd := &cobra.Command{
		Use:     "init DIR",
		GroupID: "run",
		Short:   "Write a first config directory",
		Long:    `Write a first config directory, with a comment for each decision. A file that exists is never overwritten.`,
		Example: `  teal init ./teal`,
		Args:    cobra.ExactArgs(1),
	}
	out := format(cmd)
	cmd.RunE = func(_ *cobra.Command, args []string) error {
		written, err := writeSample(args[0])
		if err != nil {
			return err
		}
		if out.json() {
			return printJSON(io.out, map[string]any{"written": written})
		}
		for _, name := range written {
			fmt.Fprintln(io.out, name)
		}
		fmt.Fprintf(io.err, "  next: edit them, then teal config check %s\n", args[0])
		return nil
	}
	return cmd
}

func writeSample(dir string) ([]string, error) {
	for _, sub := range []string{"", "apps", "policies", "keys"} {
		if err := os.MkdirAll(filepath.Join(dir, sub), 0o755); err != nil {
			return nil, failf(exitUsage, "%v", err)
		}
	}
	var written []string
	sample := config.Sample()
	for _, name := range sorted(sample) {
		path := filepath.Join(dir, filepath.FromSlash(name))
		if err := writeNew(path, []byte(sample[name]), 0o644); err != nil {
			return written, err
		}
		written = append(written, path)
	}
	return written, nil
}
