package daemon_test

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"teal.dev/teal/daemon"
	"teal.dev/teal/daemon/daemontest"
	"teal.dev/teal/release"
)

// script is a core that says a list of actions, one a turn, and then waits. It remembers what it was shown.
type script struct {
	mu      sync.Mutex
	actions []release.Action
	seen    []release.Observation
	say     func(release.Observation) (release.Action, bool) // asked first
	watch   release.Interest
	alter   func(*release.State) // before each answer
}

func (s *script) core() daemon.Core {
	return daemon.Core{
		Step: func(state release.State, seen release.Observation, _ release.Limits) (release.State, release.Action, []release.Outcome) {
			s.mu.Lock()
			defer s.mu.Unlock()
			s.seen = append(s.seen, seen)
			if s.alter != nil {
				s.alter(&state)
			}
			if s.say != nil {
				if a, ok := s.say(seen); ok {
					return state, a, nil
				}
			}
			if len(s.actions) == 0 {
				return state, release.Action{Kind: release.Wait, Rule: "nothing-to-do"}, nil
			}
			a := s.actions[0]
			s.actions = s.actions[1:]
			return state, a, nil
		},
		Watch: func(release.State, release.Observation, release.Limits) release.Interest { return s.watch },
	}
}

func (s *script) observed() []release.Observation {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]release.Observation(nil), s.seen...)
}

func (s *script) last() release.Observation {
	all := s.observed()
	if len(all) == 0 {
		return release.Observation{}
	}
	return all[len(all)-1]
}

// town is one app with fakes behind every port.
type town struct {
	app      *daemon.App
	core     *script
	store    *daemontest.Memory
	sw       *daemontest.Switch
	launcher *daemontest.Launcher
	migrator *daemontest.Migrator
	vetter   *daemontest.Vetter
	prober   *daemontest.Prober
	gone     atomic.Bool
}

func newTown(name string, core *script) *town {
	if core.watch.Every == 0 {
		core.watch.Every = time.Second
	}
	t := &town{core: core, store: daemontest.NewMemory(), sw: daemontest.NewSwitch("lb1"), launcher: daemontest.NewLauncher(),
		migrator: daemontest.NewMigrator(), vetter: &daemontest.Vetter{}, prober: &daemontest.Prober{}}
	t.app = daemon.NewApp(daemon.AppOptions{Name: name, Journal: t.store, Inbox: t.store, TakeOver: t.store.TakeOver, Core: core.core(),
		Config: func() (daemon.AppConfig, bool) {
			return daemon.AppConfig{App: name, Ports: daemon.Ports{Switch: t.sw, Launcher: t.launcher, Migrator: t.migrator,
				Vetter: t.vetter, Prober: t.prober}}, !t.gone.Load()
		}})
	return t
}

// run starts the app; the function it returns stops it and waits.
func (t *town) run() func() {
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() { defer close(done); t.app.Run(ctx) }()
	return func() { cancel(); <-done }
}

func (t *town) kinds(test *testing.T) []string {
	lines, err := t.store.Timeline(context.Background(), t.app.Name(), 0, 1000)
	require.NoError(test, err)
	var kinds []string
	for _, e := range lines {
		kind := string(e.Action.Kind)
		if e.Took != 0 || e.Error != "" {
			kind += "*"
		}
		kinds = append(kinds, kind)
	}
	return kinds
}

var errDown = errors.New("down")

func send(rev uint64) release.Action {
	return release.Action{Kind: release.Send, Rule: "switch", Route: release.Route{App: "shop", Live: release.A, Rev: rev, Epoch: 1}}
}

func TestNothingIsDoneBeforeItIsStored(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		town := newTown("shop", &script{actions: []release.Action{send(1)}})
		town.sw.Hook = func(ctx context.Context, op string) error {
			if op == "send" {
				state, _, err := town.store.Load(ctx, "shop")
				require.NoError(t, err)
				require.EqualValues(t, 1, state.Seq, "sent before it was saved")
			}
			return nil
		}
		stop := town.run()
		defer stop()
		synctest.Wait()
		require.Len(t, town.sw.Sends(), 1)
		require.Equal(t, "send", town.kinds(t)[0])
		require.EqualValues(t, 1, town.app.View().State.Epoch)
	})
}

func TestNothingIsDoneWhileTheStoreRefuses(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var down atomic.Bool
		down.Store(true)
		town := newTown("shop", &script{say: func(o release.Observation) (release.Action, bool) {
			if len(o.Traffic.Nodes) == 1 && o.Traffic.Nodes[0].Present {
				return release.Action{}, false
			}
			return send(1), true
		}})
		town.store.Hook = func(_ context.Context, op string) error {
			if down.Load() && op == "save" {
				return errDown
			}
			return nil
		}
		stop := town.run()
		defer stop()
		elapse(20 * time.Second)
		synctest.Wait()
		require.Empty(t, town.sw.Sends())
		require.Contains(t, town.app.View().Degraded, "store: write: down")
		require.Less(t, len(town.core.observed()), 30, "no back-off")
		down.Store(false)
		elapse(6 * time.Second)
		synctest.Wait()
		require.Len(t, town.sw.Sends(), 1)
		require.Empty(t, town.app.View().Degraded)
	})
}

func TestAJobRunsBesideTheLoopAndItsEndIsSeen(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		town := newTown("shop", &script{actions: []release.Action{{Kind: release.Expand, Release: "R1"}}})
		town.migrator.Hook = func(ctx context.Context, op string) error {
			if op != "apply" {
				return nil
			}
			elapse(10 * time.Second)
			return &release.Fault{Class: release.Budget, Code: "lock_budget", Text: "waited too long"}
		}
		stop := town.run()
		defer stop()
		elapse(5 * time.Second)
		job := town.core.last().Job
		require.True(t, job.Running)
		require.Equal(t, "applying expand", job.Text)
		require.False(t, town.core.last().Launch[release.B].Running)
		elapse(5 * time.Second)
		synctest.Wait()
		job = town.core.last().Job
		require.False(t, job.Running)
		require.Equal(t, release.Budget, job.Fault.Class)
		require.Equal(t, []string{"expand", "expand*"}, town.kinds(t))
	})
}

func TestAPanickingJobIsAnUnprovenEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		town := newTown("shop", &script{actions: []release.Action{{Kind: release.Start, Slot: release.B}}})
		town.launcher.Hook = func(_ context.Context, op string) error {
			if op == "start" {
				panic("boom")
			}
			return nil
		}
		stop := town.run()
		defer stop()
		synctest.Wait()
		require.Equal(t, release.Unproven, town.core.last().Launch[release.B].Fault.Class)
		require.Contains(t, town.core.last().Launch[release.B].Fault.Text, "boom")
	})
}

func TestCancelWaitsUntilTheJobHasReallyGone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		town := newTown("shop", &script{actions: []release.Action{{Kind: release.Expand}, {Kind: release.Cancel}}})
		town.migrator.Hook = func(ctx context.Context, op string) error {
			if op == "apply" {
				<-ctx.Done()
				elapse(3 * time.Second) // the backend must go first
				return ctx.Err()
			}
			return nil
		}
		stop := town.run()
		defer stop()
		elapse(2500 * time.Millisecond)
		require.True(t, town.core.last().Job.Running, "gone before it was")
		require.Greater(t, len(town.core.observed()), 3, "the loop stood still")
		elapse(time.Second)
		synctest.Wait()
		require.False(t, town.core.last().Job.Running)
		require.Equal(t, release.Retry, town.core.last().Job.Fault.Class)
	})
}

func TestVettingComesBackAsAVerdict(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		town := newTown("shop", &script{actions: []release.Action{{Kind: release.Wait}, {Kind: release.Vet, Release: "R1"}}})
		town.vetter.Verdict = release.Verdict{Refuse: "policy"}
		_, err := town.store.Accept(context.Background(), release.Acceptance{App: "shop", ID: "R1", Digest: "d",
			Request: release.Request{ID: "R1"}, Outcome: release.Outcome{Type: release.OutAccepted}}, nil)
		require.NoError(t, err)
		stop := town.run()
		defer stop()
		elapse(2 * time.Second)
		synctest.Wait()
		require.Equal(t, release.ID("R1"), town.core.last().Verdict.Release)
		require.Equal(t, "policy", town.core.last().Verdict.Refuse)
		require.Len(t, town.core.last().Queue, 1)
	})
}

func TestACommandIsAnsweredAtOnceWithTheActionOfItsTurn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		town := newTown("shop", &script{watch: release.Interest{Every: time.Hour}, say: func(o release.Observation) (release.Action, bool) {
			if o.Command == nil {
				return release.Action{}, false
			}
			return release.Action{Kind: release.Refuse, Rule: "person-promotes", Code: "nothing_to_promote", Why: "no release is baking"}, true
		}})
		stop := town.run()
		defer stop()
		synctest.Wait()
		began := time.Now()
		answer, err := town.app.Ask(t.Context(), release.Command{Verb: release.VerbPromote, Actor: "ana", Reason: "tested"})
		require.NoError(t, err)
		require.Equal(t, "nothing_to_promote", answer.Action.Code)
		require.Zero(t, time.Since(began))
		lines, err := town.store.Timeline(t.Context(), "shop", 0, 10)
		require.NoError(t, err)
		require.Len(t, lines, 1)
		require.Equal(t, "ana", lines[0].Actor)
		require.Equal(t, "tested", lines[0].Reason)
		require.Equal(t, release.VerbPromote, lines[0].Verb)
	})
}

func TestACommandThatCouldNotBeStoredIsAnError(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		town := newTown("shop", &script{})
		town.store.Hook = func(_ context.Context, op string) error {
			if op == "save" {
				return errDown
			}
			return nil
		}
		stop := town.run()
		defer stop()
		_, err := town.app.Ask(t.Context(), release.Command{Verb: release.VerbHold})
		require.ErrorIs(t, err, errDown)
	})
}
