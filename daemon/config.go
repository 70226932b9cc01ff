package daemon

import (
	"context"
	"time"

	"teal.dev/teal/release"
)

// Ports are the effects of one app, as the composition root joined them. Migrator is nil for an app without a database;
// Prober and Calendar may be nil too (then nothing is ever seen healthy, and nothing is ever frozen).
type Ports struct {
	Switch   Switch
	Launcher Launcher
	Migrator Migrator
	Vetter   Vetter
	Prober   Prober
	Calendar Calendar
}

// AppConfig is one app as the config directory has it now. It is fetched anew in every turn.
type AppConfig struct {
	App           string
	Limits        release.Limits
	Ports         Ports
	ProbeTimeout  time.Duration // 0 = 2 s
	AllowUnsigned bool          // bare CloudEvents are accepted
	AllowDirs     []string      // roots below which a release may name its migration folder
	Policies      string        // digest of the policies that Ports.Vetter judges by; "" = it judges by none
}

// Core is the pure function that the shell asks. The zero value of each field means the one of package release.
type Core struct {
	Step  func(release.State, release.Observation, release.Limits) (release.State, release.Action, []release.Outcome)
	Watch func(release.State, release.Observation, release.Limits) release.Interest
	Class func(release.State, release.Observation) (release.ClassName, bool)
}

func (c Core) orRelease() Core {
	if c.Step == nil {
		c.Step = release.Step
	}
	if c.Watch == nil {
		c.Watch = release.Watch
	}
	if c.Class == nil {
		c.Class = release.RollbackClass
	}
	return c
}

// TakeOver makes this process the app's leader and returns its epoch, higher than any before. Where several daemons share
// a store it waits, until ctx ends, for the app to be free.
type TakeOver func(ctx context.Context, app string) (uint64, error)

// Clock limits of the loop: how long a port may take, and how often unsaved clocks are stored.
const (
	observeLimit = 2 * time.Second
	schemaLimit  = 5 * time.Second
	storeLimit   = 10 * time.Second
	sendLimit    = 5 * time.Second
	vetLimit     = 10 * time.Minute
	planLimit    = 20 * time.Second // a person waits for it
	elapsedCap   = 5 * time.Second
	clocksEvery  = 5 * time.Second
	jobGrace     = 10 * time.Second
	backoffFirst = 100 * time.Millisecond
	backoffCap   = 5 * time.Second
)

// backoff is the pause before try n (0 = the first repetition): doubled each time, with a cap.
func backoff(n int) time.Duration {
	if n > 8 {
		return backoffCap
	}
	return min(backoffFirst<<max(n, 0), backoffCap)
}

// pause waits for d, for a wake, or for the end of ctx.
func pause(ctx context.Context, d time.Duration, wake <-chan struct{}) {
	if d <= 0 {
		return
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-wake:
	case <-timer.C:
	}
}
