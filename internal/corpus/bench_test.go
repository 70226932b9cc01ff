package corpus

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// cost is what a whole process took.
type cost struct {
	wall, cpu time.Duration
	kilobytes int64
}

// run runs a program; its exit code does not matter, its start does.
func run(b *testing.B, program string, args ...string) cost {
	b.Helper()
	cmd := exec.CommandContext(b.Context(), program, args...)
	begun := time.Now()
	err := cmd.Run()
	wall := time.Since(begun)
	if cmd.ProcessState == nil {
		require.NoError(b, err)
	}
	usage, ok := cmd.ProcessState.SysUsage().(*syscall.Rusage)
	require.True(b, ok)
	return cost{wall, cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime(), usage.Maxrss}
}

// build compiles a package of a module into a folder of the benchmark's own.
func build(b *testing.B, module, pkg string) string {
	b.Helper()
	out := filepath.Join(b.TempDir(), "program")
	cmd := exec.CommandContext(b.Context(), "go", "build", "-o", out, pkg)
	cmd.Dir = module
	text, err := cmd.CombinedOutput()
	require.NoError(b, err, string(text))
	return out
}

// squawk installs the linter from npm, without the JavaScript around it: its start is not what is compared.
func squawk(b *testing.B) string {
	b.Helper()
	var pinned struct{ Dependencies map[string]string } // the version that docs/field.md is about
	list, err := os.ReadFile("../../testdata/field/package.json")
	require.NoError(b, err)
	require.NoError(b, json.Unmarshal(list, &pinned))
	dir := b.TempDir()
	text, err := exec.CommandContext(b.Context(), "npm", "install", "--silent", "--no-audit", "--prefix", dir, "squawk-cli@"+pinned.Dependencies["squawk-cli"]).CombinedOutput()
	require.NoError(b, err, "npm install squawk-cli (make bench installs npm): %s", text)
	found, err := filepath.Glob(filepath.Join(dir, "node_modules", "@squawk-cli", "*", "bin", "squawk"))
	require.NoError(b, err)
	require.Len(b, found, 1)
	return found[0]
}

func median(list []cost, of func(cost) time.Duration) time.Duration {
	values := make([]time.Duration, len(list))
	for i, c := range list {
		values[i] = of(c)
	}
	slices.Sort(values)
	return values[len(values)/2]
}

// BenchmarkCheck runs teal check, the bare parser and squawk over the 496 files in turns, 15 rounds, and reports medians of
// whole processes. The ratio to the bare parser leaves the start of each binary out, that to squawk does not.
func BenchmarkCheck(b *testing.B) {
	var names []string
	empty := filepath.Join(b.TempDir(), "0001_empty.up.sql")
	require.NoError(b, os.WriteFile(empty, []byte("SELECT 1;"), 0o600))
	for _, s := range sources() {
		for _, f := range load(b, s) {
			names = append(names, f.path)
		}
	}
	teal, bare, other := build(b, "../..", "./cmd/teal"), build(b, ".", "./bare"), squawk(b)
	for b.Loop() {
		costs := map[string][]cost{}
		add := func(name string, c cost) { costs[name] = append(costs[name], c) }
		for range 15 {
			add("teal", run(b, teal, append([]string{"check"}, names...)...))
			add("teal start", run(b, teal, "check", empty))
			add("bare", run(b, bare, names...))
			add("bare start", run(b, bare, empty))
			add("squawk", run(b, other, names...))
		}
		wall := func(name string) time.Duration {
			return median(costs[name], func(c cost) time.Duration { return c.wall })
		}
		cpu := func(name string) time.Duration {
			return median(costs[name], func(c cost) time.Duration { return c.cpu })
		}
		ms := func(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }
		for _, name := range []string{"teal", "squawk", "bare"} {
			b.ReportMetric(ms(wall(name)), name+"-wall-ms")
			b.ReportMetric(ms(cpu(name)), name+"-cpu-ms")
		}
		b.ReportMetric(ms(wall("teal start")), "teal-start-ms")
		b.ReportMetric(float64(costs["teal"][0].kilobytes)/1024, "teal-MB") // of the others it would be this test's own
		b.ReportMetric(float64(wall("teal")-wall("teal start"))/float64(wall("bare")-wall("bare start")), "teal/bare-wall")
		b.ReportMetric(float64(cpu("teal")-cpu("teal start"))/float64(cpu("bare")-cpu("bare start")), "teal/bare-cpu")
		b.ReportMetric(float64(wall("teal"))/float64(wall("squawk")), "teal/squawk-wall")
	}
}
