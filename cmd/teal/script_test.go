package main

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"strconv"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
	"github.com/spf13/cobra"
	"github.com/stretchr/testify/require"
)

func TestMain(m *testing.M) {
	os.Exit(testscript.RunMain(m, map[string]func() int{"teal": func() int {
		return run(context.Background(), os.Args[1:], stdio{in: os.Stdin, out: os.Stdout, err: os.Stderr})
	}}))
}

// TestScripts runs testdata/script: the real command, its output and its exit codes. "exits 2 teal …" is exec for a known
// exit code.
func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir: "../../testdata/script", RequireExplicitExec: true, RequireUniqueNames: true,
		UpdateScripts: os.Getenv("UPDATE_SCRIPTS") != "",
		Setup: func(e *testscript.Env) error {
			// Nothing of this machine's own teal.
			e.Setenv("TEAL_CONFIG", e.WorkDir+"/no-config")
			e.Setenv("TEAL_SOCKET", e.WorkDir+"/no.sock")
			return nil
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){"exits": exits},
	})
}

func exits(ts *testscript.TestScript, neg bool, args []string) {
	want, err := strconv.Atoi(args[0])
	if err != nil || neg || len(args) < 2 {
		ts.Fatalf("usage: exits CODE PROGRAM [ARG…]")
	}
	code := 0
	var ended *exec.ExitError
	if err := ts.Exec(args[1], args[2:]...); errors.As(err, &ended) {
		code = ended.ExitCode()
	} else if err != nil {
		ts.Fatalf("%v", err)
	}
	if code != want {
		ts.Fatalf("exit code %d, want %d", code, want)
	}
}

// TestEveryCommandHelps wants a short text, a long one, an example that begins with the command, a group, and help that
// works, of every command.
func TestEveryCommandHelps(t *testing.T) {
	var look func(cmd *cobra.Command)
	look = func(cmd *cobra.Command) {
		for _, sub := range cmd.Commands() {
			if sub.Name() == "completion" || sub.Name() == "help" || sub.Hidden {
				continue
			}
			path := sub.CommandPath()
			require.NotEmpty(t, sub.Short, path)
			require.NotEmpty(t, sub.Long, path)
			require.Contains(t, sub.Example, path, path)
			if !cmd.HasParent() {
				require.NotEmpty(t, sub.GroupID, path)
			}
			look(sub)
		}
	}
	look(newRoot(stdio{}))
}

// TestOutputEverywhere wants -o json of every command that prints, but of check, which has --format.
func TestOutputEverywhere(t *testing.T) {
	var look func(cmd *cobra.Command)
	look = func(cmd *cobra.Command) {
		for _, sub := range cmd.Commands() {
			switch {
			case sub.Name() == "completion" || sub.Name() == "help" || sub.Hidden:
				continue
			case sub.HasSubCommands():
				look(sub)
				continue
			}
			has := sub.Flags().Lookup("output") != nil
			path := sub.CommandPath()
			require.Equal(t, path != "teal check" && path != "teal serve", has, path)
		}
	}
	look(newRoot(stdio{}))
}
