package main

import (
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"go.yaml.in/yaml/v4"

	"teal.dev/teal/internal/config"
)

// newConfig checks and shows the config directory.
func newConfig(io stdio) *cobra.Command {
	cmd := &cobra.Command{
		Use:     "config",
		GroupID: "tools",
		Short:   "Check and show the config directory",
		Long:    `Check and show the config directory: teal.yaml, apps/, policies/ and keys/, read as one set, as the daemon reads it.`,
		Example: `  teal config check ./teal
  teal config show --config ./teal`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(newConfigCheck(io), newConfigShow(io))
	return cmd
}

// badConfig is the error of a directory that the daemon would refuse.
func badConfig(dir string, err error) error {
	return hinted(failf(exitFailed, "the config in %s cannot be used:\n%v", dir, err), "teal config check "+dir)
}

// checkedConfig is config check as -o json shows it.
type checkedConfig struct {
	OK       bool            `json:"ok"`
	Dir      string          `json:"dir"`
	Hash     string          `json:"hash,omitempty"`
	Apps     []string        `json:"apps"`
	Problems config.Problems `json:"problems"`
	Warnings config.Problems `json:"warnings"`
}

func newConfigCheck(io stdio) *cobra.Command {
	var at place
	cmd := &cobra.Command{
		Use:   "check [DIR]",
		Short: "Say what the daemon would say to a config directory",
		Long: `Read a config directory as the daemon does and print everything that is wrong with it, one line per problem with file,
line and column. The daemon keeps its old config as long as one problem is left.

Exit codes: 0 the daemon would take it, 1 it would not, 2 a file cannot be read or is not YAML, so that what is in it was not
judged.`,
		Example: `  teal config check
  teal config check ./teal -o json`,
		Args: cobra.MaximumNArgs(1),
	}
	at.configFlag(cmd)
	out := format(cmd)
	cmd.RunE = func(_ *cobra.Command, args []string) error {
		dir := at.dir()
		if len(args) == 1 {
			dir = args[0]
		}
		if info, err := os.Stat(dir); err != nil || !info.IsDir() {
			return hinted(failf(exitUsage, "%s is not a directory that can be read", dir), "name the config directory: teal config check DIR")
		}
		return checkConfig(io, dir, out.json())
	}
	return cmd
}

func checkConfig(io stdio, dir string, asJSON bool) error {
	result := checkedConfig{Dir: dir, Apps: []string{}, Problems: config.Problems{}, Warnings: config.Problems{}}
	snapshot, err := config.Load(dir, validators()...)
	if err == nil {
		result.OK, result.Hash, result.Apps = true, snapshot.Hash, list(snapshot.AppNames())
		result.Warnings = append(result.Warnings, snapshot.Warnings...)
	} else if !errors.As(err, &result.Problems) {
		return failf(exitFailed, "%v", err)
	}
	if asJSON {
		if err := printJSON(io.out, result); err != nil {
			return err
		}
	} else {
		for _, w := range result.Warnings {
			fmt.Fprintf(io.err, "warning: %s\n", plain(w.String()))
		}
		for _, p := range result.Problems {
			fmt.Fprintln(io.out, plain(p.String()))
		}
	}
	if !result.OK {
		code := exitFailed
		if slices.ContainsFunc(result.Problems, func(p config.Problem) bool { return p.Unreadable }) {
			code = exitUsage
		}
		return &exit{code: code, text: fmt.Sprintf("%s in %s: the daemon would keep its old config", count(len(result.Problems), "problem"), dir)}
	}
	if !asJSON {
		fmt.Fprintf(io.out, "ok: %s in %s\n", count(len(result.Apps), "app"), dir)
	}
	return nil
}

func count(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}

func newConfigShow(io stdio) *cobra.Command {
	var at place
	cmd := &cobra.Command{
		Use:   "show [APP]",
		Short: "Show the config with every default filled in",
		Long: `Show teal.yaml, or the file of one app, with every default filled in. Secrets are shown as the reference that the file
holds, never as their value; what is not a reference is masked.`,
		Example: `  teal config show
  teal config show shop -o json`,
		Args:              cobra.MaximumNArgs(1),
		ValidArgsFunction: at.apps,
	}
	at.configFlag(cmd)
	out := format(cmd)
	cmd.RunE = func(_ *cobra.Command, args []string) error {
		snapshot, err := config.Load(at.dir(), validators()...)
		if err != nil {
			return badConfig(at.dir(), err)
		}
		var shown any = map[string]any{"teal": effective(snapshot.Daemon), "apps": snapshot.AppNames()}
		if len(args) == 1 {
			app, ok := snapshot.Apps[args[0]]
			if !ok {
				return unknownApp(snapshot, args[0])
			}
			shown = effective(*app)
		}
		if out.json() {
			return printJSON(io.out, shown)
		}
		text, err := yaml.Marshal(shown)
		if err != nil {
			return failf(exitFailed, "%v", err)
		}
		_, err = io.out.Write(text)
		return err
	}
	return cmd
}

// unknownApp is the error for an app without a file.
func unknownApp(s *config.Snapshot, app string) error {
	return hinted(failf(exitUsage, "%s has no apps/%s.yaml", s.Dir, plain(app)), "its apps are: "+strings.Join(s.AppNames(), ", "))
}
