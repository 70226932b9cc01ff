package daemontest

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"teal.dev/teal/daemon"
	"teal.dev/teal/events"
	"teal.dev/teal/release"
)

// Stores are the three ports that one store implements over one set of data.
type Stores struct {
	Journal daemon.Journal
	Inbox   daemon.Inbox
	Outbox  daemon.Outbox
	Close   func() error // nil = nothing to close
}

// TestStore is the conformance suite of Journal, Inbox and Outbox. open opens the store kept under dir, which is a new
// directory per test; opening it again after Close must find everything that was acknowledged. A refused Save is a
// *release.Fault with the code "stale" or "second_terminal".
func TestStore(t *testing.T, open func(t *testing.T, dir string) Stores) {
	tests := []struct {
		name string
		run  func(*testing.T, *storeTest)
	}{
		{"an app without a state is not an error", noState},
		{"the state comes back as it was", stateComesBack},
		{"a state that is not the next one is refused whole", staleState},
		{"an older epoch is refused, a newer one is kept", staleEpoch},
		{"of many writers of one number one wins", oneWins},
		{"a message is accepted once", acceptedOnce},
		{"a rejected message uses its id up", rejectedOnce},
		{"the queue is in the order of the stream", queueOrder},
		{"a begun or ended release leaves the queue", leavesQueue},
		{"outcomes are numbered per release without a gap", numbered},
		{"a release ends once", endsOnce},
		{"a cold rollback needs no acceptance", coldRollback},
		{"the outbox hands out until told", outbox},
		{"a folder comes back byte for byte", folderComesBack},
		{"all of it survives closing", survives},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			s := &storeTest{dir: t.TempDir(), open: open}
			s.start(t)
			t.Cleanup(func() { s.stop(t) })
			test.run(t, s)
		})
	}
}

type storeTest struct {
	Stores
	dir  string
	open func(*testing.T, string) Stores
}

func (s *storeTest) start(t *testing.T) { s.Stores = s.open(t, s.dir) }

func (s *storeTest) stop(t *testing.T) {
	if s.Close != nil {
		require.NoError(t, s.Close())
	}
	s.Close = nil
}

// noon is a time with a fraction, so that a store that rounds is found.
func noon() time.Time { return time.Date(2026, 11, 23, 12, 0, 0, 123456789, time.UTC) }

func acceptance(app string, id release.ID, stream uint64) release.Acceptance {
	return release.Acceptance{
		App: app, ID: id, Digest: "sha256:" + string(id), Stream: stream, Stored: noon(), Raw: []byte("{\"raw\":true}\x00"),
		Request: release.Request{ID: id, Seq: stream, Version: release.Version("v-" + id), Artifact: release.Artifact{Kind: "dir", Ref: "v"}, Accepted: noon()},
		Outcome: release.Outcome{Release: id, Type: release.OutAccepted, Text: "accepted", At: noon()},
	}
}

func state(app string, seq, epoch uint64) release.State {
	return release.State{App: app, Seq: seq, Epoch: epoch}
}

func begun(s release.State, r release.Request) release.State {
	s.Current = &release.Release{Request: r, Phase: release.Vetted, Begun: noon()}
	return s
}

func line(app, rule string) release.Entry {
	return release.Entry{App: app, At: noon(), Action: release.Action{Kind: release.Record, Rule: rule, Why: "because"}}
}

func outcome(id release.ID, kind string) release.Outcome {
	return release.Outcome{Release: id, Type: kind, Text: "text", At: noon()}
}

func requireCode(t *testing.T, err error, code string) {
	t.Helper()
	var fault *release.Fault
	require.Truef(t, errors.As(err, &fault), "want a *release.Fault with code %s, got %v", code, err)
	require.Equal(t, code, fault.Code)
}

func (s *storeTest) accept(t *testing.T, a release.Acceptance) {
	t.Helper()
	receipt, err := s.Inbox.Accept(t.Context(), a, nil)
	require.NoError(t, err)
	require.Equal(t, release.New, receipt)
}

func (s *storeTest) unsent(t *testing.T) (list []string) {
	t.Helper()
	posted, err := s.Outbox.Unsent(t.Context(), 1000)
	require.NoError(t, err)
	for _, p := range posted {
		list = append(list, fmt.Sprintf("%s %s %d %s", p.App, p.Release, p.N, p.Type))
	}
	return list
}

func (s *storeTest) queue(t *testing.T, app string) (ids []release.ID) {
	t.Helper()
	requests, err := s.Inbox.Queue(t.Context(), app)
	require.NoError(t, err)
	for _, r := range requests {
		ids = append(ids, r.ID)
	}
	return ids
}

func noState(t *testing.T, s *storeTest) {
	got, found, err := s.Journal.Load(t.Context(), "shop")
	require.NoError(t, err)
	require.False(t, found)
	require.Zero(t, got)
	require.Empty(t, s.queue(t, "shop"))
	require.Empty(t, s.unsent(t))
	require.NoError(t, s.Journal.Took(t.Context(), line("shop", "a word about an app without a state")))
}

func stateComesBack(t *testing.T, s *storeTest) {
	want := begun(state("shop", 1, 3), acceptance("shop", "R1", 7).Request)
	want.Live, want.Rev, want.Floor = release.B, 41, 1<<40
	want.Slots = map[release.Slot]release.Place{release.B: {Want: true, Plan: &release.Plan{Release: "R0", Version: "1"}, Next: noon()}}
	want.Current.Limits = release.Limits{WarmFor: release.Forever, MaxErrors: 0.01}
	want.Owed = []release.Owed{{Release: "R0", Numbers: []uint64{1, 2}, NotBefore: noon()}}
	want.Hold = &release.Hold{Code: "dirty", Since: noon()}
	require.NoError(t, s.Journal.Save(t.Context(), want, nil, line("shop", "first")))
	got, found, err := s.Journal.Load(t.Context(), "shop")
	require.NoError(t, err)
	require.True(t, found)
	require.Equal(t, want, got)
}

func staleState(t *testing.T, s *storeTest) {
	requireCode(t, s.Journal.Save(t.Context(), state("shop", 2, 1), nil, line("shop", "too far")), "stale")
	require.NoError(t, s.Journal.Save(t.Context(), state("shop", 1, 1), nil, line("shop", "first")))
	for _, seq := range []uint64{0, 1, 3} {
		wrong := begun(state("shop", seq, 1), release.Request{ID: "R1"})
		wrong.Live = release.A
		requireCode(t, s.Journal.Save(t.Context(), wrong, []release.Outcome{outcome("R1", release.OutSwitched)}, line("shop", "x")), "stale")
	}
	got, _, err := s.Journal.Load(t.Context(), "shop")
	require.NoError(t, err)
	require.Equal(t, state("shop", 1, 1), got)
	require.Empty(t, s.unsent(t), "a refused state leaves no outcome")
	require.NoError(t, s.Journal.Save(t.Context(), state("pay", 1, 1), nil, line("pay", "apps do not count together")))
}

func staleEpoch(t *testing.T, s *storeTest) {
	require.NoError(t, s.Journal.Save(t.Context(), state("shop", 1, 2), nil, line("shop", "a")))
	requireCode(t, s.Journal.Save(t.Context(), state("shop", 2, 1), nil, line("shop", "old leader")), "stale")
	require.NoError(t, s.Journal.Save(t.Context(), state("shop", 2, 5), nil, line("shop", "new leader")))
	requireCode(t, s.Journal.Save(t.Context(), state("shop", 3, 2), nil, line("shop", "old leader")), "stale")
}

func oneWins(t *testing.T, s *storeTest) {
	var group sync.WaitGroup
	wins := make(chan int, 8)
	for i := range 8 {
		group.Go(func() {
			mine := state("shop", 1, 1)
			mine.Rev = uint64(i)
			if s.Journal.Save(context.Background(), mine, nil, line("shop", "race")) == nil {
				wins <- i
			}
		})
	}
	group.Wait()
	require.Len(t, wins, 1)
	got, _, err := s.Journal.Load(t.Context(), "shop")
	require.NoError(t, err)
	require.EqualValues(t, <-wins, got.Rev)
}

func acceptedOnce(t *testing.T, s *storeTest) {
	a := acceptance("shop", "R1", 7)
	s.accept(t, a)
	again := a
	again.Stream = 9 // the same bytes, delivered or published again
	for range 3 {
		receipt, err := s.Inbox.Accept(t.Context(), again, nil)
		require.NoError(t, err)
		require.Equal(t, release.Duplicate, receipt)
	}
	other := a
	other.Digest = "sha256:other"
	receipt, err := s.Inbox.Accept(t.Context(), other, nil)
	require.NoError(t, err)
	require.Equal(t, release.Conflict, receipt)
	queue, err := s.Inbox.Queue(t.Context(), "shop")
	require.NoError(t, err)
	require.Equal(t, []release.Request{a.Request}, queue)
	require.Equal(t, []string{"shop R1 1 accepted"}, s.unsent(t))
	s.accept(t, acceptance("pay", "R1", 8)) // ids are an app's own
}

func rejectedOnce(t *testing.T, s *storeTest) {
	a := acceptance("shop", "R1", 7)
	a.Request = release.Request{}
	a.Outcome = release.Outcome{Release: "R1", Type: release.OutRejected, Code: "expired", Text: "too late", At: noon()}
	s.accept(t, a)
	require.Empty(t, s.queue(t, "shop"))
	require.Equal(t, []string{"shop R1 1 rejected"}, s.unsent(t))
	receipt, err := s.Inbox.Accept(t.Context(), a, nil)
	require.NoError(t, err)
	require.Equal(t, release.Duplicate, receipt)
	later := acceptance("shop", "R1", 8)
	later.Digest = "sha256:corrected"
	receipt, err = s.Inbox.Accept(t.Context(), later, nil)
	require.NoError(t, err)
	require.Equal(t, release.Conflict, receipt)
}

func queueOrder(t *testing.T, s *storeTest) {
	for i, id := range []release.ID{"R3", "R1", "R2"} {
		s.accept(t, acceptance("shop", id, []uint64{30, 10, 20}[i]))
	}
	s.accept(t, acceptance("pay", "P1", 15))
	require.Equal(t, []release.ID{"R1", "R2", "R3"}, s.queue(t, "shop"))
	require.Equal(t, []release.ID{"P1"}, s.queue(t, "pay"))
}

func leavesQueue(t *testing.T, s *storeTest) {
	for i := range 4 {
		s.accept(t, acceptance("shop", release.ID(fmt.Sprint("R", i+1)), uint64(i+1)))
	}
	queue, err := s.Inbox.Queue(t.Context(), "shop")
	require.NoError(t, err)
	one := begun(state("shop", 1, 1), queue[2])
	superseded := []release.Outcome{outcome("R1", release.OutSuperseded), outcome("R2", release.OutSuperseded)}
	require.NoError(t, s.Journal.Save(t.Context(), one, superseded, line("shop", "begin")))
	require.Equal(t, []release.ID{"R4"}, s.queue(t, "shop"))
	two := begun(state("shop", 2, 1), queue[3])
	two.Last = one.Current
	require.NoError(t, s.Journal.Save(t.Context(), two, nil, line("shop", "begin the next while warm")))
	require.Empty(t, s.queue(t, "shop"))
	require.NoError(t, s.Journal.Save(t.Context(), state("shop", 3, 1), nil, line("shop", "forget")))
	require.Empty(t, s.queue(t, "shop"), "what has begun never comes back")
}

func numbered(t *testing.T, s *storeTest) {
	s.accept(t, acceptance("shop", "R1", 1))
	s.accept(t, acceptance("shop", "R2", 2))
	one := begun(state("shop", 1, 1), release.Request{ID: "R1"})
	both := []release.Outcome{outcome("R1", release.OutExpanding), outcome("R2", release.OutWaiting), outcome("R1", release.OutExpanded)}
	require.NoError(t, s.Journal.Save(t.Context(), one, both, line("shop", "a")))
	one.Seq = 5
	requireCode(t, s.Journal.Save(t.Context(), one, both, line("shop", "refused, and no number used up")), "stale")
	one.Seq = 2
	require.NoError(t, s.Journal.Save(t.Context(), one, []release.Outcome{outcome("R1", release.OutBlueReady)}, line("shop", "b")))
	require.Equal(t, []string{"shop R1 1 accepted", "shop R2 1 accepted", "shop R1 2 expanding", "shop R2 2 waiting",
		"shop R1 3 expanded", "shop R1 4 blue_ready"}, s.unsent(t))
}

func endsOnce(t *testing.T, s *storeTest) {
	s.accept(t, acceptance("shop", "R1", 1))
	one := begun(state("shop", 1, 1), release.Request{ID: "R1"})
	require.NoError(t, s.Journal.Save(t.Context(), one, []release.Outcome{outcome("R1", release.OutFinished)}, line("shop", "end")))
	for _, kind := range []string{release.OutFinished, release.OutAbandoned, release.OutRolledBack, release.OutSuperseded, release.OutRejected} {
		next := state("shop", 2, 1)
		next.Live = release.A
		requireCode(t, s.Journal.Save(t.Context(), next, []release.Outcome{outcome("R1", kind)}, line("shop", "again")), "second_terminal")
	}
	got, _, err := s.Journal.Load(t.Context(), "shop")
	require.NoError(t, err)
	require.EqualValues(t, 1, got.Seq, "the state is refused with its outcome")
	after := []release.Outcome{outcome("R1", release.OutContracting), outcome("R1", release.OutContracted)}
	require.NoError(t, s.Journal.Save(t.Context(), state("shop", 2, 1), after, line("shop", "the contract follows")))
	require.Equal(t, []string{"shop R1 1 accepted", "shop R1 2 finished", "shop R1 3 contracting", "shop R1 4 contracted"}, s.unsent(t))
}

func coldRollback(t *testing.T, s *storeTest) {
	one := begun(state("shop", 1, 1), release.Request{ID: "BACK", Version: "1"})
	one.Current.Rollback = true
	require.NoError(t, s.Journal.Save(t.Context(), one, []release.Outcome{outcome("BACK", release.OutSwitched)}, line("shop", "back")))
	require.Equal(t, []string{"shop BACK 1 switched"}, s.unsent(t))
	require.Empty(t, s.queue(t, "shop"))
	receipt, err := s.Inbox.Accept(t.Context(), acceptance("shop", "BACK", 9), nil)
	require.NoError(t, err)
	require.Equal(t, release.Conflict, receipt, "its id is used up too")
}

func outbox(t *testing.T, s *storeTest) {
	for i := range 5 {
		s.accept(t, acceptance("shop", release.ID(fmt.Sprint("R", i)), uint64(i)))
	}
	first, err := s.Outbox.Unsent(t.Context(), 2)
	require.NoError(t, err)
	require.Len(t, first, 2)
	again, err := s.Outbox.Unsent(t.Context(), 2)
	require.NoError(t, err)
	require.Equal(t, first, again, "handed out until told")
	for range 2 {
		require.NoError(t, s.Outbox.Sent(t.Context(), first[0].Row))
	}
	require.Equal(t, []string{"shop R1 1 accepted", "shop R2 1 accepted", "shop R3 1 accepted", "shop R4 1 accepted"}, s.unsent(t))
	require.Equal(t, noon(), first[0].At)
}

func folderComesBack(t *testing.T, s *storeTest) {
	folder := events.Folder{{Name: "contract/0002_b.up.sql", Body: []byte("-- \xff\x00 not UTF-8\n")}, {Name: "expand/0001_a.up.sql", Body: []byte("SELECT 1;\r\n")}}
	for _, id := range []release.ID{"R1", "R2"} {
		a := acceptance("shop", id, 1)
		a.Request.Folder = folder.Digest()
		receipt, err := s.Inbox.Accept(t.Context(), a, folder)
		require.NoError(t, err)
		require.Equal(t, release.New, receipt)
	}
	got, err := s.Inbox.Folder(t.Context(), folder.Digest())
	require.NoError(t, err)
	require.Equal(t, folder, got)
	_, err = s.Inbox.Folder(t.Context(), "sha256:none")
	require.Error(t, err)
}

func survives(t *testing.T, s *storeTest) {
	if s.Close == nil { // the fake: it ends with its process by nature, so there is no second opening that could be looked at
		t.Skip("this store lives in memory only")
	}
	s.accept(t, acceptance("shop", "R1", 1))
	s.accept(t, acceptance("shop", "R2", 2))
	want := begun(state("shop", 1, 4), release.Request{ID: "R1"})
	require.NoError(t, s.Journal.Save(t.Context(), want, []release.Outcome{outcome("R1", release.OutExpanding)}, line("shop", "a")))
	before := s.unsent(t)
	s.stop(t)
	s.start(t)
	got, found, err := s.Journal.Load(t.Context(), "shop")
	require.NoError(t, err)
	require.True(t, found)
	require.Equal(t, want, got)
	require.Equal(t, before, s.unsent(t))
	require.Equal(t, []release.ID{"R2"}, s.queue(t, "shop"))
	requireCode(t, s.Journal.Save(t.Context(), state("shop", 2, 3), nil, line("shop", "old epoch")), "stale")
}
