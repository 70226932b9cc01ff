package main

import (
	"fmt"
	"runtime"
	"runtime/debug"
	"slices"

	"github.com/spf13/cobra"
)

// versions is what teal version shows.
type versions struct {
	Version   string            `json:"version"`
	Go        string            `json:"go"`
	Platform  string            `json:"platform"`
	Commit    string            `json:"commit,omitempty"`
	Modified  bool              `json:"modified,omitempty"`
	Libraries map[string]string `json:"libraries"`
}

// librariesShown are the modules whose version decides how teal meets the rest of the world.
func librariesShown() []string {
	return []string{"github.com/golang-migrate/migrate/v4", "github.com/haproxytech/client-native/v5", "github.com/jackc/pgx/v5",
		"github.com/multigres/multigres", "github.com/nats-io/nats-server/v2", "github.com/nats-io/nats.go", "modernc.org/sqlite"}
}

// newVersion says which teal this is.
func newVersion(io stdio) *cobra.Command {
	cmd := &cobra.Command{
		Use:     "version",
		GroupID: "tools",
		Short:   "Say which teal this is",
		Long:    `Say which teal this is: its version, what it was built from and with, and the libraries by which it meets HAProxy, NATS and databases.`,
		Example: `  teal version
  teal version -o json`,
		Args: cobra.NoArgs,
	}
	out := format(cmd)
	cmd.RunE = func(*cobra.Command, []string) error {
		v := builtFrom()
		if out.json() {
			return printJSON(io.out, v)
		}
		fmt.Fprintf(io.out, "teal %s (%s, %s)\n", v.Version, v.Go, v.Platform)
		if v.Commit != "" {
			fmt.Fprintf(io.out, "  commit %s\n", v.Commit)
		}
		for _, name := range librariesShown() {
			if v.Libraries[name] != "" {
				fmt.Fprintf(io.out, "  %s %s\n", name, v.Libraries[name])
			}
		}
		return nil
	}
	return cmd
}

func builtFrom() versions {
	v := versions{Version: version(), Go: runtime.Version(), Platform: runtime.GOOS + "/" + runtime.GOARCH, Libraries: map[string]string{}}
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return v
	}
	for _, s := range info.Settings {
		switch s.Key {
		case "vcs.revision":
			v.Commit = s.Value
		case "vcs.modified":
			v.Modified = s.Value == "true"
		}
	}
	for _, dep := range info.Deps {
		if slices.Contains(librariesShown(), dep.Path) {
			v.Libraries[dep.Path] = dep.Version
		}
	}
	return v
}
