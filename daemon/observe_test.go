package daemon_test

import (
	"context"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"teal.dev/teal/daemon"
	"teal.dev/teal/release"
)

func TestARemovedAppKeepsItsLastConfig(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		town := newTown("shop", &script{})
		stop := town.run()
		defer stop()
		synctest.Wait()
		require.False(t, town.core.last().Removed)
		town.gone.Store(true)
		elapse(1500 * time.Millisecond)
		require.True(t, town.core.last().Removed)
		require.True(t, town.core.last().Traffic.Nodes[0].Known, "its ports are still asked")
	})
}

func TestAPortThatHangsIsUnknownAndNotAskedTwice(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		town := newTown("shop", &script{})
		var asked atomic.Int32
		release1 := make(chan struct{})
		town.launcher.Hook = func(_ context.Context, op string) error {
			asked.Add(1)
			<-release1 // deaf to its deadline
			return nil
		}
		stop := town.run()
		elapse(30 * time.Second)
		require.EqualValues(t, 2, asked.Load(), "one question per slot may be open")
		require.Equal(t, release.Unknown, town.core.last().Slots[release.A].Tenant.Running)
		require.True(t, town.core.last().Traffic.Nodes[0].Known)
		require.Greater(t, len(town.core.observed()), 10)
		require.NotEmpty(t, town.app.View().Problems)
		close(release1)
		stop()
	})
}

func TestOneStuckAppDelaysNoOther(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		stuck, well := newTown("pay", &script{}), newTown("shop", &script{})
		hang := func(ctx context.Context, _ string) error { <-ctx.Done(); return ctx.Err() }
		stuck.sw.Hook, stuck.launcher.Hook, stuck.store.Hook = hang, hang, hang
		defer stuck.run()()
		defer well.run()()
		elapse(10500 * time.Millisecond)
		require.Len(t, well.core.observed(), 11)
	})
}

func TestAPanicInTheLoopBeginsItAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		first := true
		town := newTown("shop", &script{say: func(release.Observation) (release.Action, bool) {
			if first {
				first = false
				panic("a rule without a guard")
			}
			return release.Action{}, false
		}})
		stop := town.run()
		defer stop()
		synctest.Wait()
		require.Contains(t, town.app.View().Degraded, "a rule without a guard")
		elapse(time.Second)
		synctest.Wait()
		require.Empty(t, town.app.View().Degraded)
		require.EqualValues(t, 2, town.app.View().State.Epoch, "a new life takes over anew")
	})
}

func TestElapsedIsObservedTimeOfThisProcess(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		core := &script{watch: release.Interest{Every: time.Minute}}
		town := newTown("shop", core)
		stop := town.run()
		defer stop()
		elapse(61 * time.Second)
		synctest.Wait()
		seen := core.observed()
		require.Zero(t, seen[0].Elapsed)
		require.Equal(t, 5*time.Second, seen[1].Elapsed, "capped")
	})
}

func TestOnlyClocksAreStoredNowAndThen(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		town := newTown("shop", &script{})
		var saves atomic.Int32
		town.store.Hook = func(_ context.Context, op string) error {
			if op == "save" {
				saves.Add(1)
			}
			return nil
		}
		spent := 0
		inner := town.core.core()
		step := inner.Step
		inner.Step = func(s release.State, o release.Observation, l release.Limits) (release.State, release.Action, []release.Outcome) {
			next, a, out := step(s, o, l)
			spent++
			next.Rev = uint64(spent) // stands for a clock
			return next, a, out
		}
		app := daemon.NewApp(daemon.AppOptions{Name: "shop", Journal: town.store, Inbox: town.store, TakeOver: town.store.TakeOver, Core: inner,
			Config: func() (daemon.AppConfig, bool) {
				return daemon.AppConfig{Ports: daemon.Ports{Switch: town.sw, Launcher: town.launcher}}, true
			}})
		town.app = app
		stop := town.run()
		defer stop()
		elapse(21 * time.Second)
		synctest.Wait()
		require.EqualValues(t, 4, saves.Load())
		require.Empty(t, town.kinds(t), "a clock is no line of the timeline")
	})
}

func TestTheProbeKeepsAHistoryPerTenant(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		core := &script{watch: release.Interest{Every: 100 * time.Millisecond, Slots: []release.Slot{release.B}, Probe: 2 * time.Second}}
		town := newTown("shop", core)
		var ill atomic.Bool
		town.prober.Hook = func(context.Context, string) error {
			if ill.Load() {
				return errDown
			}
			return nil
		}
		require.NoError(t, town.launcher.Start(t.Context(), release.B, release.Plan{Release: "R1"}))
		stop := town.run()
		defer stop()
		elapse(5 * time.Second)
		probe := core.last().Slots[release.B].Probe
		require.Equal(t, 3, probe.Passes)
		require.Zero(t, core.last().Slots[release.A].Probe, "not asked for")
		ill.Store(true)
		elapse(2 * time.Second)
		probe = core.last().Slots[release.B].Probe
		require.Equal(t, []int{0, 1}, []int{probe.Passes, probe.Fails})
		require.Equal(t, "down", probe.Problem)
		ill.Store(false)
		require.NoError(t, town.launcher.Stop(t.Context(), release.B, 0))
		require.NoError(t, town.launcher.Start(t.Context(), release.B, release.Plan{Release: "R2"}))
		elapse(300 * time.Millisecond)
		probe = core.last().Slots[release.B].Probe
		require.Equal(t, []int{1, 0}, []int{probe.Passes, probe.Fails}, "another process, another history")
	})
}

func TestTheSameActionAgainAndAgainIsPaced(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		town := newTown("shop", &script{say: func(release.Observation) (release.Action, bool) { return send(1), true }})
		town.sw.Hook = func(_ context.Context, op string) error {
			if op == "send" {
				return errDown
			}
			return nil
		}
		stop := town.run()
		defer stop()
		elapse(30 * time.Second)
		require.Less(t, len(town.core.observed()), 20)
	})
}

// A job that ends while the ports are asked is told in the next turn: else the core would see its end beside a world from
// before it, and repeat it.
func TestTheEndOfAJobIsNeverNewerThanTheWorldBesideIt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		town := newTown("shop", &script{actions: []release.Action{{Kind: release.Start, Slot: release.A, Plan: release.Plan{Release: "R1"}}}})
		town.sw.Hook = func(ctx context.Context, _ string) error { // slower than the job
			select {
			case <-ctx.Done():
			case <-time.After(time.Second):
			}
			return ctx.Err()
		}
		town.launcher.Hook = func(_ context.Context, op string) error {
			if op == "start" {
				elapse(500 * time.Millisecond)
			}
			return nil
		}
		stop := town.run()
		defer stop()
		elapse(10 * time.Second)
		for i, seen := range town.core.observed() {
			if !seen.Launch[release.A].Ended.IsZero() {
				require.Equal(t, release.Yes, seen.Slots[release.A].Tenant.Running, "turn %d", i)
			}
		}
		require.False(t, town.core.last().Launch[release.A].Ended.IsZero())
	})
}
