package sqlite_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"teal.dev/teal/daemon"
	"teal.dev/teal/daemon/daemontest"
	"teal.dev/teal/events"
	"teal.dev/teal/release"
	"teal.dev/teal/store/sqlite"
)

var (
	_ daemon.Journal = (*sqlite.Store)(nil)
	_ daemon.Inbox   = (*sqlite.Store)(nil)
	_ daemon.Outbox  = (*sqlite.Store)(nil)

	_ daemon.Register   = (*sqlite.Store)(nil)
	_ daemon.Quarantine = (*sqlite.Store)(nil)
)

func open(t testing.TB, dir string) *sqlite.Store {
	t.Helper()
	s, err := sqlite.Open(t.Context(), filepath.Join(dir, "state", "teal.db"))
	require.NoError(t, err)
	t.Cleanup(func() { _ = s.Close() }) // a second Close is harmless
	return s
}

func TestConformance(t *testing.T) {
	daemontest.TestStore(t, func(t *testing.T, dir string) daemontest.Stores {
		s := open(t, dir)
		return daemontest.Stores{Journal: s, Inbox: s, Outbox: s, Close: s.Close}
	})
}

func at() time.Time { return time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC) }

func accepted(app string, id release.ID, stream uint64) release.Acceptance {
	return release.Acceptance{
		App: app, ID: id, Digest: "sha256:" + string(id), Stream: stream, Stored: at(), Raw: []byte("raw " + string(id)), Signer: "ci",
		Request: release.Request{ID: id, Seq: stream, Version: "1.2", Accepted: at()},
		Outcome: release.Outcome{Type: release.OutAccepted, Text: "yes", At: at()},
	}
}

func word(app, actor string) release.Entry {
	return release.Entry{App: app, At: at(), Actor: actor, Action: release.Action{Kind: release.Record, Rule: "r"}}
}

func TestFileIsOurs(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir)
	require.NoError(t, s.Took(t.Context(), word("shop", "")))
	for name, mode := range map[string]os.FileMode{"state": 0o700 | os.ModeDir, "state/teal.db": 0o600, "state/teal.db-wal": 0o600, "state/teal.db.lock": 0o600} {
		info, err := os.Stat(filepath.Join(dir, name))
		require.NoError(t, err)
		require.Equal(t, mode, info.Mode(), name)
	}
}

func TestSecondOpenIsRefusedWithThePid(t *testing.T) {
	dir := t.TempDir()
	first := open(t, dir)
	_, err := sqlite.Open(t.Context(), filepath.Join(dir, "state", "teal.db"))
	require.ErrorIs(t, err, sqlite.ErrLocked)
	require.ErrorContains(t, err, fmt.Sprintf("process %d", os.Getpid()))
	id := first.StoreID()
	require.Len(t, id, 32)
	require.NoError(t, first.Close())
	require.Equal(t, id, open(t, dir).StoreID())
}

func TestRefusedFiles(t *testing.T) {
	damage := func(t *testing.T, path string) {
		// a page in the middle of the file is overwritten, as by a torn write
		f, err := os.OpenFile(path, os.O_RDWR, 0)
		require.NoError(t, err)
		_, err = f.WriteAt(make([]byte, 4096), 2*4096)
		require.NoError(t, err)
		require.NoError(t, f.Close())
	}
	raw := func(statement string) func(*testing.T, string) {
		return func(t *testing.T, path string) {
			db, err := sql.Open("sqlite", path)
			require.NoError(t, err)
			_, err = db.Exec(statement)
			require.NoError(t, err)
			require.NoError(t, db.Close())
		}
	}
	tests := []struct {
		name   string
		spoil  func(*testing.T, string)
		reason error
		words  string
	}{
		{"newer", raw(`PRAGMA user_version = 99`), sqlite.ErrNewer, "run the newer teal again"},
		{"foreign", raw(`PRAGMA application_id = 7`), sqlite.ErrForeign, "name another file"},
		{"torn page", damage, sqlite.ErrDamaged, "restore the last backup"},
		{"torn header", func(t *testing.T, path string) { require.NoError(t, os.WriteFile(path, []byte("SQLite form"), 0o600)) }, sqlite.ErrDamaged, "restore the last backup"},
		{"cut off", func(t *testing.T, path string) { require.NoError(t, os.Truncate(path, 3*4096)) }, sqlite.ErrDamaged, "restore the last backup"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			dir := t.TempDir()
			require.NoError(t, open(t, dir).Close())
			path := filepath.Join(dir, "state", "teal.db")
			test.spoil(t, path)
			_, err := sqlite.Open(t.Context(), path)
			require.ErrorIs(t, err, test.reason)
			require.ErrorContains(t, err, test.words)
			_, err = sqlite.Open(t.Context(), path)
			require.ErrorIs(t, err, test.reason, "a failed open lets go of the lock")
		})
	}
}

func TestEpochAndFence(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir)
	ctx := t.Context()
	require.ErrorIs(t, s.Holds(ctx, "shop", 0), sqlite.ErrStale)
	for want := uint64(1); want <= 3; want++ {
		got, err := s.TakeOver(ctx, "shop")
		require.NoError(t, err)
		require.Equal(t, want, got)
	}
	require.ErrorIs(t, s.Holds(ctx, "shop", 2), sqlite.ErrStale)
	require.NoError(t, s.Holds(ctx, "shop", 3))
	_, found, err := s.Load(ctx, "shop")
	require.NoError(t, err)
	require.False(t, found, "a take-over makes no state")
	require.ErrorIs(t, s.Save(ctx, release.State{App: "shop", Seq: 1, Epoch: 2}, nil, word("shop", "")), sqlite.ErrStale)
	require.NoError(t, s.Save(ctx, release.State{App: "shop", Seq: 1, Epoch: 3}, nil, word("shop", "")))

	highest := func() uint64 {
		v, err := s.Highest(ctx, "lb1", "/maps/shop.map")
		require.NoError(t, err)
		return v
	}
	require.Zero(t, highest())
	for _, v := range []uint64{5, 3} {
		require.NoError(t, s.Raise(ctx, "lb1", "/maps/shop.map", v))
	}
	require.EqualValues(t, 5, highest())
	require.NoError(t, s.Close())
	s = open(t, dir)
	require.EqualValues(t, 5, highest())
}

func TestDoor(t *testing.T) {
	s, ctx := open(t, t.TempDir()), t.Context()
	n, err := s.HighestIngested(ctx)
	require.NoError(t, err)
	require.Zero(t, n)
	for want := 1; want <= 4; want++ {
		got, err := s.Attempt(ctx, 9, +1)
		require.NoError(t, err)
		require.Equal(t, want, got)
	}
	for _, want := range []int{3, 2, 1, 0, 0} {
		got, err := s.Attempt(ctx, 9, -1)
		require.NoError(t, err)
		require.Equal(t, want, got)
	}
	for range 2 {
		require.NoError(t, s.Quarantine(ctx, 9, "teal.v1.release.shop.R.requested", []byte{0}, "poison", at()))
	}
	n, err = s.HighestIngested(ctx)
	require.NoError(t, err)
	require.EqualValues(t, 9, n)

	_, set, err := s.Horizon(ctx, "shop")
	require.NoError(t, err)
	require.False(t, set)
	for _, v := range []uint64{0, 12} {
		require.NoError(t, s.SetHorizon(ctx, "shop", v))
	}
	horizon, set, err := s.Horizon(ctx, "shop")
	require.NoError(t, err)
	require.True(t, set)
	require.Zero(t, horizon, "the first one stays")

	_, set, err = s.MaxSequence(ctx, "shop")
	require.NoError(t, err)
	require.False(t, set)
	for i, sequence := range []int64{0, 70, 60} {
		a := accepted("shop", release.ID(fmt.Sprint("R", i)), uint64(20+i))
		a.Sequence = sequence
		_, err := s.Accept(ctx, a, nil)
		require.NoError(t, err)
	}
	rejected := accepted("shop", "BAD", 30)
	rejected.Outcome.Type, rejected.Sequence = release.OutRejected, 1000
	_, err = s.Accept(ctx, rejected, nil)
	require.NoError(t, err)
	highest, set, err := s.MaxSequence(ctx, "shop")
	require.NoError(t, err)
	require.True(t, set)
	require.EqualValues(t, 70, highest)

	wrong := accepted("shop", "FOLDER", 31)
	wrong.Request.Folder = "sha256:other"
	_, err = s.Accept(ctx, wrong, events.Folder{{Name: "0001_a.up.sql", Body: []byte("SELECT 1")}})
	require.ErrorIs(t, err, sqlite.ErrInvalid)
}

func TestHistoryAndTimeline(t *testing.T) {
	s, ctx := open(t, t.TempDir()), t.Context()
	for i := range 3 {
		_, err := s.Accept(ctx, accepted("shop", release.ID(fmt.Sprint("R", i)), uint64(i+1)), nil)
		require.NoError(t, err)
	}
	state := release.State{App: "shop", Seq: 1, Current: &release.Release{Request: release.Request{ID: "R1"}, Begun: at()}}
	ends := []release.Outcome{{Release: "R0", Type: release.OutSuperseded, Code: "newer", Text: "by R1", At: at()}}
	require.NoError(t, s.Save(ctx, state, ends, word("shop", "")))
	list, err := s.History(ctx, "shop", 2)
	require.NoError(t, err)
	require.Len(t, list, 2)
	require.Equal(t, release.ID("R2"), list[0].ID)
	require.Equal(t, at(), list[1].Begun)
	r, found, err := s.Release(ctx, "shop", "R0")
	require.NoError(t, err)
	require.True(t, found)
	require.Equal(t, []byte("raw R0"), r.Raw)
	require.Equal(t, []any{release.OutSuperseded, "newer", "by R1", at(), release.Version("1.2"), "ci"}, []any{r.Terminal, r.Code, r.Why, r.Ended, r.Version, r.Signer})
	_, found, err = s.Release(ctx, "shop", "NONE")
	require.NoError(t, err)
	require.False(t, found)

	require.NoError(t, s.Save(ctx, release.State{App: "shop", Seq: 2}, nil, release.Entry{App: "shop", At: at()}))
	require.ErrorIs(t, s.AppendAudit(ctx, word("shop", "")), sqlite.ErrInvalid)
	require.NoError(t, s.AppendAudit(ctx, word("shop", "ana")))
	lines, err := s.Timeline(ctx, "shop", 0, 10)
	require.NoError(t, err)
	require.Len(t, lines, 2)
	rest, err := s.Timeline(ctx, "shop", lines[0].N, 10)
	require.NoError(t, err)
	require.Equal(t, lines[1:], rest)
	tail, err := s.Tail(ctx, "shop", 1)
	require.NoError(t, err)
	require.Equal(t, rest, tail)
	audit, err := s.Audit(ctx, "", 0, 10)
	require.NoError(t, err)
	require.Equal(t, rest, audit)
	apps, err := s.Apps(ctx)
	require.NoError(t, err)
	require.Equal(t, []string{"shop"}, apps)
}

func TestPruneKeepsWhatIsNeeded(t *testing.T) {
	s, ctx := open(t, t.TempDir()), t.Context()
	digests := map[int]string{}
	adopted := events.Folder{{Name: "0001_a.up.sql", Body: []byte("SELECT 'adopted'")}} // belongs to no release
	require.NoError(t, s.Keep(ctx, adopted))
	for i := range 8 {
		folder := events.Folder{{Name: "0001_a.up.sql", Body: []byte(fmt.Sprint("SELECT ", i))}}
		a := accepted("shop", release.ID(fmt.Sprint("R", i)), uint64(i+1))
		a.Request.Folder, digests[i] = folder.Digest(), folder.Digest()
		_, err := s.Accept(ctx, a, folder)
		require.NoError(t, err)
		if i == 7 {
			continue // stays in the queue
		}
		state := release.State{App: "shop", Seq: uint64(i + 1), Owed: []release.Owed{{Release: "R1", Folder: digests[1]}},
			Adopting: &release.Adoption{Folder: adopted.Digest()}}
		end := release.Outcome{Release: a.ID, Type: release.OutFinished, At: at()}
		require.NoError(t, s.Save(ctx, state, []release.Outcome{end}, word("shop", "")))
	}
	posted, err := s.Unsent(ctx, 100)
	require.NoError(t, err)
	for _, p := range posted {
		if p.Release != "R2" { // R2 has not been published yet
			require.NoError(t, s.Sent(ctx, p.Row))
		}
	}
	for range 2 {
		require.NoError(t, s.Prune(ctx, "shop", 3))
	}
	list, err := s.History(ctx, "shop", 100)
	require.NoError(t, err)
	var ids []release.ID
	for _, r := range list {
		ids = append(ids, r.ID)
	}
	require.Equal(t, []release.ID{"R7", "R6", "R5", "R4", "R2", "R1"}, ids)
	_, err = s.Folder(ctx, adopted.Digest())
	require.NoError(t, err)
	for i, digest := range digests {
		_, err := s.Folder(ctx, digest)
		if i == 0 || i == 3 {
			require.ErrorIs(t, err, sqlite.ErrUnknown, i)
		} else {
			require.NoError(t, err, i)
		}
	}
	receipt, err := s.Accept(ctx, accepted("shop", "R0", 1), nil)
	require.NoError(t, err)
	require.Equal(t, release.Duplicate, receipt, "an id is used up for ever")
	err = s.Save(ctx, release.State{App: "shop", Seq: 8}, []release.Outcome{{Release: "R0", Type: release.OutFinished, At: at()}}, word("shop", ""))
	require.ErrorIs(t, err, sqlite.ErrTerminal)
	lines, err := s.Timeline(ctx, "shop", 0, 100)
	require.NoError(t, err)
	require.Len(t, lines, 7)
}

func TestReadersWhileWriting(t *testing.T) {
	s, ctx := open(t, t.TempDir()), t.Context()
	require.NoError(t, s.Save(ctx, release.State{App: "shop", Seq: 1, Rev: 1}, nil, word("shop", "")))
	done := make(chan struct{})
	var group sync.WaitGroup
	errs := make(chan error, 4)
	for range 4 {
		group.Go(func() {
			last := uint64(0)
			for {
				select {
				case <-done:
					return
				default:
				}
				got, _, err := s.Load(context.Background(), "shop")
				if err != nil || got.Seq < last || got.Rev != got.Seq {
					errs <- fmt.Errorf("seq %d rev %d after %d: %w", got.Seq, got.Rev, last, err)
					return
				}
				last = got.Seq
			}
		})
	}
	for seq := uint64(2); seq <= 200; seq++ {
		require.NoError(t, s.Save(ctx, release.State{App: "shop", Seq: seq, Rev: seq}, nil, word("shop", "")))
	}
	close(done)
	group.Wait()
	select {
	case err := <-errs:
		t.Fatal(err)
	default:
	}
}

func TestCancelledContextLeavesNothingHalf(t *testing.T) {
	s := open(t, t.TempDir())
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	require.ErrorIs(t, s.Save(ctx, release.State{App: "shop", Seq: 1}, nil, word("shop", "")), context.Canceled)
	require.NoError(t, s.Save(t.Context(), release.State{App: "shop", Seq: 1}, nil, word("shop", "")))
}

func TestBackup(t *testing.T) {
	s, ctx, dir := open(t, t.TempDir()), t.Context(), t.TempDir()
	require.NoError(t, s.Save(ctx, release.State{App: "shop", Seq: 1}, nil, word("shop", "")))
	copied := filepath.Join(dir, "copy.db")
	require.NoError(t, s.Backup(ctx, copied))
	require.ErrorIs(t, s.Backup(ctx, copied), sqlite.ErrInvalid)
	info, err := os.Stat(copied)
	require.NoError(t, err)
	require.EqualValues(t, 0o600, info.Mode())
	other, err := sqlite.Open(ctx, copied)
	require.NoError(t, err)
	_, found, err := other.Load(ctx, "shop")
	require.NoError(t, err)
	require.True(t, found)
	require.NoError(t, other.Close())
}

func TestErrorsAreFaults(t *testing.T) {
	s := open(t, t.TempDir())
	err := s.Save(t.Context(), release.State{App: "shop", Seq: 7}, nil, word("shop", ""))
	var fault *release.Fault
	require.True(t, errors.As(err, &fault))
	require.Equal(t, release.Fault{Class: release.Permanent, Code: "stale", Text: err.Error()}, *fault)
	require.ErrorIs(t, s.Save(t.Context(), release.State{App: "shop", Seq: 1}, []release.Outcome{{Type: release.OutHeld}}, word("shop", "")), sqlite.ErrInvalid)
}
