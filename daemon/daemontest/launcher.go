package daemontest

import (
	"context"
	"os"
	"os/exec"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"teal.dev/teal/daemon"
	"teal.dev/teal/release"
)

// launchLimit bounds every wait of the suite.
const launchLimit = 20 * time.Second

// LauncherBench is a launcher to be tested, with what the suite needs to disturb it. A nil function means that such a
// disturbance does not exist for this kind of launcher; its part of the suite is left out.
type LauncherBench struct {
	Open func(t *testing.T) daemon.Launcher // another value over the same durable state, as after a restart of teal

	Green, Blue release.Plan // two versions that run until they are told to end
	Stubborn    release.Plan // a version that ignores the polite signal; zero = there is no such thing here

	Ready     func(t *testing.T, slot release.Slot)               // wait until what was just started minds signals
	Count     func(t *testing.T, slot release.Slot) int           // how many instances really run in the slot, seen from outside
	Forget    func(t *testing.T, slot release.Slot)               // lose what Start learnt after the spawn, as a crash would
	Misdirect func(t *testing.T, slot release.Slot, pid int)      // make the record name another process
	Change    func(t *testing.T, plan release.Plan) (undo func()) // replace what the plan would run by something else
	Configure func(t *testing.T)                                  // edit the config, as for a next version that is run in another way; Open then has it
}

// TestLauncher is the conformance suite of the port Launcher. newBench is called once per subtest.
func TestLauncher(t *testing.T, newBench func(t *testing.T) LauncherBench) {
	for _, one := range []struct {
		name string
		run  func(*testing.T, launcherRun)
	}{
		{"an empty slot runs nothing and stops at once", emptySlot},
		{"started once, seen with its release and version", startedIsSeen},
		{"started twice with the same plan, runs once", startedTwice},
		{"started twice at the same time, runs once", startedTogether},
		{"seen and stopped after a restart of teal", survivesRestart},
		{"found after a crash between spawn and record", crashAfterSpawn},
		{"another plan in the slot is a fault", wrongPlan},
		{"the slots are independent", independentSlots},
		{"starts again after stop", restartable},
		{"killed after grace", graceThenKill},
		{"a stop that is out of time says so and can be repeated", stopRepeated},
		{"a changed artifact is refused for good", artifactChanged},
		{"what cannot run is told before its start", examined},
		{"a plan without a digest runs the same bytes from its first start on", digestIsLearnt},
		{"a plan is run by its own recipe, whatever the config says", recipeIsKept},
		{"a stranger with the recorded process id is never signalled", strangerIsSafe},
	} {
		t.Run(one.name, func(t *testing.T) {
			bench := newBench(t)
			run := launcherRun{LauncherBench: bench, launcher: bench.Open(t)}
			t.Cleanup(func() {
				ctx, cancel := context.WithTimeout(context.Background(), launchLimit)
				defer cancel()
				for _, slot := range release.Slots() {
					if err := run.launcher.Stop(ctx, slot, 0); err != nil {
						t.Errorf("stop slot %s after the test: %v", slot, err)
					}
				}
			})
			one.run(t, run)
		})
	}
}

type launcherRun struct {
	LauncherBench
	launcher daemon.Launcher
}

func (r launcherRun) start(t *testing.T, slot release.Slot, plan release.Plan) {
	t.Helper()
	require.NoError(t, r.launcher.Start(t.Context(), slot, plan))
	r.sees(t, r.launcher, slot, plan)
	if r.Ready != nil {
		r.Ready(t, slot)
	}
}

func (r launcherRun) sees(t *testing.T, l daemon.Launcher, slot release.Slot, plan release.Plan) {
	t.Helper()
	require.Eventually(t, func() bool {
		seen, err := l.Observe(t.Context(), slot)
		return err == nil && seen.Running == release.Yes && seen.Release == plan.Release && seen.Version == plan.Version
	}, launchLimit, 10*time.Millisecond, "slot %s never ran %s", slot, plan.Version)
	r.counts(t, slot, 1)
}

func (r launcherRun) counts(t *testing.T, slot release.Slot, want int) {
	t.Helper()
	if r.Count != nil {
		require.Equal(t, want, r.Count(t, slot), "instances in slot %s", slot)
	}
}

func (r launcherRun) empty(t *testing.T, slot release.Slot) {
	t.Helper()
	seen, err := r.launcher.Observe(t.Context(), slot)
	require.NoError(t, err)
	require.Equal(t, release.No, seen.Running)
	r.counts(t, slot, 0)
}

func (r launcherRun) stop(t *testing.T, slot release.Slot, grace time.Duration) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), launchLimit)
	defer cancel()
	require.NoError(t, r.launcher.Stop(ctx, slot, grace))
	r.empty(t, slot) // at once: Stop returns when all is gone
}

func emptySlot(t *testing.T, r launcherRun) {
	r.empty(t, release.A)
	r.stop(t, release.A, time.Hour)
}

func startedIsSeen(t *testing.T, r launcherRun) {
	r.start(t, release.A, r.Green)
	r.stop(t, release.A, launchLimit)
	r.stop(t, release.A, launchLimit)
}

func startedTwice(t *testing.T, r launcherRun) {
	r.start(t, release.A, r.Green)
	before, err := r.launcher.Observe(t.Context(), release.A)
	require.NoError(t, err)
	r.start(t, release.A, r.Green)
	after, err := r.launcher.Observe(t.Context(), release.A)
	require.NoError(t, err)
	require.Equal(t, before, after)
}

func startedTogether(t *testing.T, r launcherRun) {
	second := r.Open(t)
	ended := make(chan error, 1)
	go func() { ended <- second.Start(t.Context(), release.A, r.Green) }()
	require.NoError(t, r.launcher.Start(t.Context(), release.A, r.Green))
	require.NoError(t, <-ended)
	r.sees(t, r.launcher, release.A, r.Green)
}

func survivesRestart(t *testing.T, r launcherRun) {
	r.start(t, release.A, r.Green)
	r.launcher = r.Open(t)
	r.sees(t, r.launcher, release.A, r.Green)
	require.NoError(t, r.launcher.Start(t.Context(), release.A, r.Green))
	r.counts(t, release.A, 1)
	r.stop(t, release.A, launchLimit)
}

func crashAfterSpawn(t *testing.T, r launcherRun) {
	if r.Forget == nil {
		return
	}
	r.start(t, release.A, r.Green)
	r.Forget(t, release.A)
	r.launcher = r.Open(t)
	r.sees(t, r.launcher, release.A, r.Green)
	require.NoError(t, r.launcher.Start(t.Context(), release.A, r.Green))
	r.counts(t, release.A, 1)
	r.Forget(t, release.A)
	r.stop(t, release.A, launchLimit)
}

func wrongPlan(t *testing.T, r launcherRun) {
	r.start(t, release.A, r.Green)
	err := r.launcher.Start(t.Context(), release.A, r.Blue)
	var fault *release.Fault
	require.ErrorAs(t, err, &fault)
	require.Equal(t, "slot_occupied", fault.Code)
	r.sees(t, r.launcher, release.A, r.Green)
}

func independentSlots(t *testing.T, r launcherRun) {
	r.start(t, release.A, r.Green)
	r.start(t, release.B, r.Blue)
	r.stop(t, release.A, launchLimit)
	r.sees(t, r.launcher, release.B, r.Blue)
}

func restartable(t *testing.T, r launcherRun) {
	r.start(t, release.A, r.Green)
	r.stop(t, release.A, launchLimit)
	r.start(t, release.A, r.Blue)
}

func graceThenKill(t *testing.T, r launcherRun) {
	if r.Stubborn.Release == "" {
		return
	}
	r.start(t, release.A, r.Stubborn)
	r.stop(t, release.A, 50*time.Millisecond)
}

func stopRepeated(t *testing.T, r launcherRun) {
	if r.Stubborn.Release == "" {
		return
	}
	r.start(t, release.A, r.Stubborn)
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	require.ErrorIs(t, r.launcher.Stop(ctx, release.A, time.Hour), context.DeadlineExceeded)
	r.sees(t, r.launcher, release.A, r.Stubborn)
	r.stop(t, release.A, 0)
}

func artifactChanged(t *testing.T, r launcherRun) {
	if r.Change == nil {
		return
	}
	r.start(t, release.A, r.Green)
	undo := r.Change(t, r.Green)
	seen, err := r.launcher.Observe(t.Context(), release.A)
	require.NoError(t, err)
	require.Equal(t, release.Yes, seen.Running, "what runs is not touched")
	require.Contains(t, seen.Problem, "artifact_changed")
	r.stop(t, release.A, launchLimit)
	err = r.launcher.Start(t.Context(), release.A, r.Green)
	var fault *release.Fault
	require.ErrorAs(t, err, &fault)
	require.Equal(t, "artifact_changed", fault.Code)
	require.Equal(t, release.Permanent, fault.Class)
	r.empty(t, release.A)
	undo()
	r.start(t, release.A, r.Green)
}

func strangerIsSafe(t *testing.T, r launcherRun) {
	if r.Misdirect == nil {
		return
	}
	stranger := exec.Command("sleep", "600")
	require.NoError(t, stranger.Start())
	gone := make(chan struct{})
	go func() {
		_ = stranger.Wait() // "signal: killed", by us below
		close(gone)
	}()
	t.Cleanup(func() {
		if err := stranger.Process.Signal(os.Kill); err != nil {
			t.Errorf("the stranger is gone already: %v", err)
		}
		<-gone
	})
	r.start(t, release.A, r.Green)
	r.Misdirect(t, release.A, stranger.Process.Pid)
	r.launcher = r.Open(t)
	seen, err := r.launcher.Observe(t.Context(), release.A)
	require.NoError(t, err)
	require.NotEqual(t, stranger.Process.Pid, seen.PID)
	r.stop(t, release.A, 0)
	select {
	case <-gone:
		require.Fail(t, "the stranger was killed")
	default:
	}
}
