package main

import (
	"cmp"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"runtime/debug"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"teal.dev/teal/events"
	"teal.dev/teal/migrate/statement"
	"teal.dev/teal/policies"
)

// checked is what the flags of teal check say.
type checked struct {
	dialect, phase, format, failOn *choice
	policies, app, against         string
	released                       string // a directory
	applied                        uint64
	told                           *number // the flag of applied
	fix                            bool
}

// newCheck judges migrations without a daemon and without a database.
func newCheck(io stdio) *cobra.Command {
	var c checked
	cmd := &cobra.Command{
		Use:     "check PATH…",
		GroupID: "tools",
		Short:   "Judge migrations by the rules and the policies",
		Long: `Judge statements as the gate of the daemon would, without a daemon and without a database: what each one does to
the version that is running, what it locks, and what the policies say to that. PATH is a migration file or a folder
(with its expand/ and contract/). Down migrations are never run, so they are not judged. Of a folder it also says what is wrong
with names, numbers and tracks, by the codes that the daemon would refuse it with (teal explain interleaved).

Files that a database has run are context only: --applied N names the last one, --released DIR holds all of them, as the main
branch has them, and tells a file that was changed, removed, or numbered below what another branch brought. --against reads a database (never the
live one's only copy of a password: env:NAME or file:/path), its tables, their sizes and its version, and knows by itself what is applied;
where teal has a ledger there, checksums, order and missing files are compared with it.
--fix writes, for each file that is refused and that teal knows how to split, the safe files beside it, with the next free
numbers; it overwrites nothing, and it writes only what would pass. Files that must come after them move along, as new files too.

Exit codes: 0 nothing is as bad as --fail-on, 1 the database of --against cannot be read, 2 input that cannot be read, 3 something is. A file that can be read and is no SQL
that a database would take (not UTF-8, an open quote) is denied like any other finding, so 3: the daemon refuses it too.`,
		Example: `  teal check migrations
  teal check --policies /etc/teal/policies --app shop migrations/0007_split.up.sql
  teal check --format json --fail-on approve migrations
  teal check --applied 41 migrations
  teal check --against env:DATABASE_URL migrations
  teal check --fix migrations`,
		Args: cobra.MinimumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error { return c.run(cmd.Context(), io, args) },
	}
	c.checkFlags(cmd)
	c.format = choose(cmd, "format", "", "how to print", "text", checkFormats()...)
	c.failOn = choose(cmd, "fail-on", "", "exit with 3 from this decision upwards", "deny", "deny", "approve", "prove", "warn")
	cmd.Flags().StringVar(&c.policies, "policies", "", "directory `DIR` of the site's policies, over the built-in one (teal policy show prints it)")
	cmd.Flags().BoolVar(&c.fix, "fix", false, "write the safe split of refused files as new files")
	return cmd
}

// checkFlags adds the flags that say what is judged.
func (c *checked) checkFlags(cmd *cobra.Command) {
	c.dialect = choose(cmd, "dialect", "", "the SQL that the files are written in", "postgres", "postgres")
	c.phase = choose(cmd, "phase", "", "the track of the files; auto: their folder or first line says it", "auto", "auto", "expand", "contract")
	cmd.Flags().StringVar(&c.app, "app", "", "the `APP`, for policies that apply to some apps only")
	c.told = numberFlag(cmd, &c.applied, "applied", "files numbered up to `N` are applied: they are context, and not judged; 0: none is",
		"write the number of the last migration that is applied, such as 41 for 0041_note.up.sql")
	cmd.Flags().StringVar(&c.released, "released", "", "the folder as it was released last, in `DIR` (a worktree of the main branch): its files are applied, and the folder is compared with it")
	cmd.MarkFlagsMutuallyExclusive("applied", "released")
	cmd.Flags().StringVar(&c.against, "against", "", "a database (`DSN`, env:NAME or file:/path) whose tables, sizes and version sharpen the verdicts")
}

func (c *checked) run(ctx context.Context, io stdio, paths []string) error {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(400) // a short life that makes much rubbish: 8 MB more, and a third less work
	}
	set, err := readPolicies(c.policies)
	if err != nil {
		return err
	}
	c.noteScope(io, &set, c.policies)
	inputs, err := c.inputs(ctx, io, set, paths)
	if err != nil {
		return err
	}
	report := checkAll(inputs)
	c.noteApplied(io, inputs)
	if err := printReport(io.out, c.format.value, c.app, report); err != nil {
		return err
	}
	if c.fix {
		if err := c.fixAll(io, inputs); err != nil {
			return err
		}
	}
	if limit := policies.Action(c.failOn.value); report.Decision.AtLeast(limit) {
		return &exit{code: exitRefused, text: fmt.Sprintf("the decision is %s, which --fail-on %s does not let pass", report.Decision, limit)}
	}
	return nil
}

// inputs are the folders that the paths name, as the gate takes them.
func (c *checked) inputs(ctx context.Context, io stdio, set policies.Set, paths []string) ([]*judged, error) {
	out, err := c.folders(io, paths)
	if err != nil {
		return nil, err
	}
	base := policies.Input{Policy: set, App: c.app, Dialect: statement.Dialect(c.dialect.value), Now: time.Now()}
	k := &known{}
	if c.against != "" {
		if k, err = lookInto(ctx, c.against, c.app); err != nil {
			return nil, err
		}
		k.into(&base)
		k.tell(io, out)
	}
	released, err := c.releasedRows(io)
	if err != nil {
		return nil, err
	}
	for _, j := range out {
		files := j.Files
		j.Input, j.Files = base, files
		for i := range files {
			f := &files[i]
			f.Applied = c.isApplied(f, k, released)
			f.Stays = c.stays(f, k, len(files))
		}
		j.told = c.applied > 0 || c.released != ""
		if len(out) == 1 {
			j.ledger, j.released = k.ledger, c.released != ""
			if j.released {
				j.ledger = released
			}
		}
	}
	return out, nil
}

// checkAll makes one report of several folders.
func checkAll(inputs []*judged) policies.Report {
	report := policies.Report{Decision: policies.Allow, Files: []policies.FileReport{}}
	for _, in := range inputs {
		one := in.check()
		report.Files = append(report.Files, one.Files...)
		report.Decision = worse(report.Decision, one.Decision)
	}
	return report
}

// folders reads every path. Each directory is a folder of its own; the files that are named singly are one together.
func (c *checked) folders(io stdio, paths []string) ([]*judged, error) {
	var single []string
	var out []*judged
	for _, p := range paths {
		info, err := os.Stat(p)
		switch {
		case err != nil:
			return nil, hinted(failf(exitUsage, "%v", err), "name migration files, or a folder of them: teal check migrations")
		case !info.IsDir():
			single = append(single, p)
			continue
		}
		folder, err := c.folder(io, p)
		if err != nil {
			return nil, err
		}
		out = append(out, folder)
	}
	files, err := c.read(io, single)
	if err != nil {
		return nil, err
	}
	if len(files) > 0 {
		out = append(out, &judged{Input: policies.Input{Files: files}})
	}
	if len(out) == 0 {
		return nil, failf(exitUsage, "there is no migration in %s: name files such as 0001_init.up.sql, or a folder with some", strings.Join(paths, ", "))
	}
	return out, nil
}

// folder reads a directory: its migrations, and the names of all else that a release would carry with them.
func (c *checked) folder(io stdio, dir string) (*judged, error) {
	names, err := filesOf(dir)
	if err != nil {
		return nil, err
	}
	files, err := c.read(io, names)
	if err != nil {
		return nil, err
	}
	j := &judged{Input: policies.Input{Files: files}}
	if c.phase.value != "auto" || track(dir) {
		return j, nil // a part of a folder, or files that are told what they are: no release carries them so
	}
	j.dir = dir
	return j, j.readWhole()
}

// read reads the files of one folder in the order of their numbers, each once.
func (c *checked) read(io stdio, names []string) ([]policies.File, error) {
	slices.SortFunc(names, func(a, b string) int {
		return cmp.Or(cmp.Compare(numberOf(a), numberOf(b)), cmp.Compare(a, b))
	})
	var files []policies.File
	for _, name := range slices.Compact(names) {
		if strings.HasSuffix(name, ".down.sql") {
			fmt.Fprintf(io.err, "%s is a down migration: it is never run, and not judged\n", name)
			continue
		}
		body, err := readSQL(name)
		if err != nil {
			return nil, err
		}
		files = append(files, policies.File{Path: name, Phase: policies.Phase(c.phase.value), Body: body})
	}
	return files, nil
}

// filesOf lists the migrations of a folder.
func filesOf(dir string) ([]string, error) {
	names, err := listed(dir)
	if err == nil && len(names) == 0 {
		err = failf(exitUsage, "the folder %s has no migration: they are named like 0001_init.up.sql, in it or in its expand/ and contract/", dir)
	}
	return names, err
}

// listed lists what is named as a migration in a folder; it may be nothing.
func listed(dir string) ([]string, error) {
	entries, err := entriesIn(dir)
	if err != nil {
		return nil, err
	}
	var names []string
	for _, e := range entries {
		if !e.IsDir() && strings.HasSuffix(e.name, ".sql") && !strings.HasSuffix(e.name, ".down.sql") {
			names = append(names, filepath.Join(dir, e.name))
		}
	}
	return names, nil
}

func readSQL(name string) ([]byte, error) {
	info, err := os.Stat(name)
	switch {
	case err != nil:
		return nil, failf(exitUsage, "%v", err)
	case !info.Mode().IsRegular():
		return nil, failf(exitUsage, "%s is not a regular file", name)
	case info.Size() > events.MaxFile:
		return nil, failf(exitUsage, "%s has more than %d bytes: split it, or load data by a job", name, events.MaxFile)
	}
	body, err := os.ReadFile(name)
	if err != nil {
		return nil, failf(exitUsage, "%v", err)
	}
	return body, nil
}

// numberOf is the number in a migration's name; files without one come last.
func numberOf(name string) uint64 {
	base := filepath.Base(name)
	n, err := strconv.ParseUint(base[:len(base)-len(strings.TrimLeft(base, "0123456789"))], 10, 64)
	if err != nil {
		return 1<<64 - 1
	}
	return n
}
