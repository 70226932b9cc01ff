package sqlite_test

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sort"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"

	"teal.dev/teal/release"
	"teal.dev/teal/store/sqlite"
)

const crashDir = "TEAL_SQLITE_CRASH_DIR"

// TestMain lets the test binary be its own victim: with the variable set it saves for ever and prints what was acknowledged.
func TestMain(m *testing.M) {
	if dir := os.Getenv(crashDir); dir != "" {
		err := saveForEver(dir)
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	os.Exit(m.Run())
}

func saveForEver(dir string) error {
	ctx := context.Background()
	s, err := sqlite.Open(ctx, filepath.Join(dir, "teal.db"))
	if err != nil {
		return err
	}
	state, _, err := s.Load(ctx, "shop")
	if err != nil {
		return err
	}
	state.App = "shop"
	for {
		state.Seq++
		state.Rev = state.Seq
		id := release.ID(fmt.Sprint("R", state.Seq/10))
		out := release.Outcome{Release: id, Type: release.OutWaiting, Text: strings.Repeat("x", 500)}
		if err := s.Save(ctx, state, []release.Outcome{out}, word("shop", strconv.FormatUint(state.Seq, 10))); err != nil {
			return err
		}
		fmt.Println(state.Seq)
	}
}

// TestKilledInTheMiddle kills the saving process ten times; the store must hold the last acknowledged state or one later,
// with exactly the outcomes and lines that belong to it.
func TestKilledInTheMiddle(t *testing.T) {
	dir := t.TempDir()
	for round := range 10 {
		acknowledged := killAfter(t, dir, 20+7*round)
		s, err := sqlite.Open(t.Context(), filepath.Join(dir, "teal.db"))
		require.NoError(t, err, "the lock of a dead process is free, the file is whole")
		state, found, err := s.Load(t.Context(), "shop")
		require.NoError(t, err)
		require.True(t, found)
		require.Contains(t, []uint64{acknowledged, acknowledged + 1}, state.Seq)
		require.Equal(t, state.Seq, state.Rev)
		lines, err := s.Timeline(t.Context(), "shop", 0, 1<<20)
		require.NoError(t, err)
		require.Len(t, lines, int(state.Seq))
		posted, err := s.Unsent(t.Context(), 1<<20)
		require.NoError(t, err)
		require.Len(t, posted, int(state.Seq))
		next := map[release.ID]uint64{}
		for _, p := range posted {
			next[p.Release]++
			require.Equal(t, next[p.Release], p.N)
		}
		require.NoError(t, s.Close())
	}
}

func killAfter(t *testing.T, dir string, saves int) (last uint64) {
	t.Helper()
	child := exec.Command(os.Args[0])
	child.Env = append(os.Environ(), crashDir+"="+dir)
	child.Stderr = os.Stderr
	out, err := child.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, child.Start())
	lines := bufio.NewScanner(out)
	for i := 0; lines.Scan(); i++ {
		last, err = strconv.ParseUint(lines.Text(), 10, 64)
		require.NoError(t, err)
		if i == saves {
			require.NoError(t, child.Process.Kill()) // what it still printed is read to the end
		}
	}
	_ = child.Wait() // "signal: killed"
	require.NotZero(t, last)
	return last
}

// TestFullDisk fills a small file system of its own (it needs the right to mount one).
func TestFullDisk(t *testing.T) {
	dir := t.TempDir()
	if err := unix.Mount("tmpfs", dir, "tmpfs", 0, "size=2m"); err != nil {
		// A full disk cannot be had without a file system of our own; CI is root and has it.
		t.Skipf("no right to mount a small tmpfs: %v", err)
	}
	t.Cleanup(func() { require.NoError(t, unix.Unmount(dir, 0)) })
	s := open(t, dir)
	t.Cleanup(func() { _ = s.Close() })
	ballast := filepath.Join(dir, "ballast")
	require.NoError(t, s.Save(t.Context(), release.State{App: "shop", Seq: 1}, nil, word("shop", "")))
	err := os.WriteFile(ballast, make([]byte, 4<<20), 0o600)
	require.ErrorIs(t, err, unix.ENOSPC)
	seq := uint64(1)
	for err = nil; err == nil && seq < 1000; {
		next := release.State{App: "shop", Seq: seq + 1, Merged: true}
		if err = s.Save(t.Context(), next, nil, word("shop", "")); err == nil {
			seq++
		}
	}
	require.ErrorIs(t, err, sqlite.ErrFull)
	require.ErrorContains(t, err, "free some space")
	got, _, err := s.Load(t.Context(), "shop")
	require.NoError(t, err, "reading works on a full disk")
	require.Equal(t, seq, got.Seq)
	require.NoError(t, os.Remove(ballast))
	require.NoError(t, s.Save(t.Context(), release.State{App: "shop", Seq: seq + 1}, nil, word("shop", "")), "and writing again afterwards")
	require.NoError(t, s.Close())
}

// BenchmarkSave measures a transition beside the floor: an append and an fdatasync of as many bytes.
func BenchmarkSave(b *testing.B) {
	state := release.State{App: "shop", Hold: &release.Hold{Why: strings.Repeat("x", 1500)}}
	entry := word("shop", "")
	entry.Action.Why = strings.Repeat("y", 1500)
	b.Run("floor", func(b *testing.B) {
		f, err := os.Create(filepath.Join(b.TempDir(), "log"))
		require.NoError(b, err)
		block := make([]byte, 3000)
		measure(b, func() error {
			if _, err := f.Write(block); err != nil {
				return err
			}
			return unix.Fdatasync(int(f.Fd()))
		})
	})
	b.Run("store", func(b *testing.B) {
		s := open(b, b.TempDir())
		measure(b, func() error {
			state.Seq++
			return s.Save(context.Background(), state, []release.Outcome{{Release: "R1", Type: release.OutWaiting}}, entry)
		})
	})
}

func measure(b *testing.B, f func() error) {
	var took []time.Duration
	for b.Loop() {
		start := time.Now()
		require.NoError(b, f())
		took = append(took, time.Since(start))
	}
	sort.Slice(took, func(i, j int) bool { return took[i] < took[j] })
	b.ReportMetric(float64(took[len(took)/2].Microseconds()), "p50-µs")
	b.ReportMetric(float64(took[len(took)*99/100].Microseconds()), "p99-µs")
}
