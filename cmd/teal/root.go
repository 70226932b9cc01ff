package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"
)

// stdio are the three streams of a command, so that tests run the real one in-process.
type stdio struct {
	in  io.Reader
	out io.Writer // what the command is for
	err io.Writer // errors, hints, progress
}

// Exit codes, as the design fixes them.
const (
	exitDone    = 0
	exitFailed  = 1
	exitUsage   = 2 // usage, or input that cannot be read
	exitRefused = 3 // by policy
	exitTimeout = 4
	exitEnded   = 5 // superseded, abandoned or rolled back
	exitHeld    = 6
)

// exit is an error with its exit code and, if there is one, the next step. An empty text prints nothing: the command has
// said it all.
type exit struct {
	code int
	text string
	hint string
	word string // the daemon's code for the reason; "" = it has none
}

// Error returns the text.
func (e *exit) Error() string { return e.text }

// failf is an error with an exit code.
func failf(code int, format string, args ...any) error {
	return &exit{code: code, text: fmt.Sprintf(format, args...)}
}

// hinted adds the next step to an error.
func hinted(err error, hint string) error {
	e := &exit{code: exitFailed, text: err.Error(), hint: hint}
	var inner *exit
	if errors.As(err, &inner) {
		e.code, e.word = inner.code, inner.word
	}
	return e
}

// wrote remembers whether anything was printed.
type wrote struct {
	io.Writer
	any bool
}

// Write passes on what is printed.
func (w *wrote) Write(b []byte) (int, error) {
	w.any = w.any || len(b) > 0
	return w.Writer.Write(b)
}

// failed is the JSON document of a command that failed before it had one of its own; teal release has the same keys in its.
type failed struct {
	Code  int    `json:"exit_code"`
	Error string `json:"error"`
	Word  string `json:"code,omitempty"` // the daemon's word for the reason, such as no_ready_target
	Next  string `json:"next,omitempty"`
}

// run executes one command line and returns its exit code.
func run(ctx context.Context, args []string, io stdio) int {
	out := &wrote{Writer: io.out}
	io.out = out
	root := newRoot(io)
	root.SetArgs(args)
	cmd, err := root.ExecuteContextC(ctx)
	if err == nil {
		return exitDone
	}
	var e *exit
	if !errors.As(err, &e) {
		e = &exit{code: exitUsage, text: err.Error()}
	}
	hint := e.hint
	if hint == "" && e.code == exitUsage {
		hint = cmd.CommandPath() + " --help"
	}
	if e.text != "" {
		fmt.Fprintf(io.err, "teal: %s\n", strings.TrimSpace(e.text))
	}
	if hint != "" {
		fmt.Fprintf(io.err, "  next: %s\n", hint)
	}
	if !out.any && asksJSON(args) {
		if err := printJSON(io.out, failed{Code: e.code, Error: strings.TrimSpace(e.text), Word: e.word, Next: hint}); err != nil {
			fmt.Fprintf(io.err, "teal: the error cannot be printed as JSON: %v\n", err)
		}
	}
	return e.code
}

// asksJSON looks for -o json (or check's --format json) in the words themselves: a command line that cannot be parsed asks
// for it too.
func asksJSON(args []string) bool {
	for i, arg := range args {
		name, value, joined := strings.Cut(arg, "=")
		if !joined && i+1 < len(args) {
			value = args[i+1]
		}
		switch {
		case arg == "--":
			return false
		case arg == "-ojson", value == "json" && (name == "-o" || name == "--output" || name == "--format"):
			return true
		}
	}
	return false
}

// newRoot builds the command tree. One file per subcommand; each has a constructor of this shape.
func newRoot(io stdio) *cobra.Command {
	root := &cobra.Command{
		Use:   "teal",
		Short: "Blue-green releases of applications whose two versions share one database",
		Long: `teal vets a release's schema migrations, applies those that the running version can live with, brings the new version
up beside it, switches HAProxy without losing a request, keeps the old version warm for an instant rollback, retires it,
and only then runs the migrations that would have broken it.

Start with: teal demo`,
		SilenceUsage: true, SilenceErrors: true,
	}
	root.SetIn(io.in)
	root.SetOut(io.out)
	root.SetErr(io.err)
	root.AddGroup(&cobra.Group{ID: "run", Title: "Running teal:"}, &cobra.Group{ID: "release", Title: "Releasing:"},
		&cobra.Group{ID: "people", Title: "Deciding:"}, &cobra.Group{ID: "tools", Title: "Looking and checking:"})
	for _, sub := range commands(io) {
		root.AddCommand(sub)
	}
	return root
}

// printJSON writes a value as indented JSON.
func printJSON(w io.Writer, v any) error {
	enc := json.NewEncoder(w)
	enc.SetIndent("", "  ")
	enc.SetEscapeHTML(false) // SQL is full of < and >
	return enc.Encode(v)
}
