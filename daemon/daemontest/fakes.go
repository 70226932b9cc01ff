package daemontest

import (
	"context"
	"sync"
	"time"

	"teal.dev/teal/events"
	"teal.dev/teal/release"
)

// Hook is called at the begin of each operation of a fake, outside its lock; its error is returned, and it may block.
type Hook func(ctx context.Context, op string) error

func (h Hook) run(ctx context.Context, op string) error {
	if h == nil {
		return ctx.Err()
	}
	return h(ctx, op)
}

// Launcher keeps tenants in memory.
type Launcher struct {
	Hook Hook

	mu      sync.Mutex
	tenants map[release.Slot]release.Tenant
	pid     int
}

// NewLauncher makes a launcher with two empty slots.
func NewLauncher() *Launcher { return &Launcher{tenants: map[release.Slot]release.Tenant{}} }

// Observe says what runs in the slot.
func (l *Launcher) Observe(ctx context.Context, slot release.Slot) (release.Tenant, error) {
	if err := l.Hook.run(ctx, "observe"); err != nil {
		return release.Tenant{}, err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if t, ok := l.tenants[slot]; ok {
		return t, nil
	}
	return release.Tenant{Running: release.No}, nil
}

// Start brings the plan up; the same plan twice is one.
func (l *Launcher) Start(ctx context.Context, slot release.Slot, plan release.Plan) error {
	if err := l.Hook.run(ctx, "start"); err != nil {
		return err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if t, ok := l.tenants[slot]; ok {
		if t.Release == plan.Release {
			return nil
		}
		return &release.Fault{Class: release.Retry, Code: "slot_occupied", Text: "another version runs in the slot; stop it first"}
	}
	l.pid++
	l.tenants[slot] = release.Tenant{Running: release.Yes, Release: plan.Release, Version: plan.Version, PID: l.pid}
	return nil
}

// Stop empties the slot.
func (l *Launcher) Stop(ctx context.Context, slot release.Slot, _ time.Duration) error {
	if err := l.Hook.run(ctx, "stop"); err != nil {
		return err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.tenants, slot)
	return nil
}

// Migrator applies files by remembering them.
type Migrator struct {
	Hook Hook

	mu      sync.Mutex
	applied map[string]bool
	calls   []release.Migration
}

// NewMigrator makes an empty database.
func NewMigrator() *Migrator { return &Migrator{applied: map[string]bool{}} }

// Applied lists the migrations that were asked for and done.
func (m *Migrator) Applied() []release.Migration {
	m.mu.Lock()
	defer m.mu.Unlock()
	return append([]release.Migration(nil), m.calls...)
}

// Observe compares the folder with what was applied. Numbers are not modelled: a track is done or it is not.
func (m *Migrator) Observe(ctx context.Context, folder events.Folder) (release.Schema, error) {
	if err := m.Hook.run(ctx, "observe"); err != nil {
		return release.Schema{}, err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	schema := release.Schema{Known: true, For: folder.Digest(), Empty: len(m.applied) == 0, At: time.Now().UTC()}
	if len(folder) > 0 && !m.applied["expand "+schema.For] {
		schema.Expand.Pending = []uint64{1}
	}
	return schema, nil
}

// Apply remembers the track of the folder.
func (m *Migrator) Apply(ctx context.Context, w release.Migration, folder events.Folder, progress func(string)) error {
	progress("applying " + w.Track)
	if err := m.Hook.run(ctx, "apply"); err != nil {
		return err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.applied[w.Track+" "+folder.Digest()] = true
	m.calls = append(m.calls, w)
	return nil
}

// Vetter says what it was told to say.
type Vetter struct {
	Hook    Hook
	Verdict release.Verdict
}

// Vet returns the verdict for the request.
func (v *Vetter) Vet(ctx context.Context, _ release.State, request release.Request, _ events.Folder) (release.Verdict, error) {
	if err := v.Hook.run(ctx, "vet"); err != nil {
		return release.Verdict{}, err
	}
	verdict := v.Verdict
	verdict.Release = request.ID
	return verdict, nil
}

// VetContract returns the verdict for an owed contract.
func (v *Vetter) VetContract(ctx context.Context, owed release.Owed, _ events.Folder) (release.Verdict, error) {
	if err := v.Hook.run(ctx, "vet contract"); err != nil {
		return release.Verdict{}, err
	}
	verdict := v.Verdict
	verdict.Release = owed.Release
	return verdict, nil
}

// Prober passes unless its hook says otherwise.
type Prober struct{ Hook Hook }

// Probe asks the hook with the slot's letter.
func (p *Prober) Probe(ctx context.Context, slot release.Slot, _ release.Plan) error {
	return p.Hook.run(ctx, string(slot))
}
