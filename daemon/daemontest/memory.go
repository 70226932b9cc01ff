package daemontest

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"sync"

	"teal.dev/teal/events"
	"teal.dev/teal/release"
)

// Memory is a store in memory: journal, inbox and outbox. What goes in is kept as JSON, so that nothing is shared.
type Memory struct {
	Hook Hook

	mu       sync.Mutex
	states   map[string][]byte
	epochs   map[string]uint64
	lines    []release.Entry
	accepted map[string]*kept
	order    []string
	folders  map[string]events.Folder
	posted   []release.Posted
	sent     map[uint64]bool
	counts   map[string]uint64
	attempts map[uint64]int
	poison   map[uint64]string
	horizons map[string]uint64
}

type kept struct {
	release.Acceptance
	begun, ended bool
}

// NewMemory makes an empty store.
func NewMemory() *Memory {
	return &Memory{states: map[string][]byte{}, epochs: map[string]uint64{}, accepted: map[string]*kept{}, folders: map[string]events.Folder{},
		sent: map[uint64]bool{}, counts: map[string]uint64{}, attempts: map[uint64]int{}, poison: map[uint64]string{}, horizons: map[string]uint64{}}
}

// TakeOver gives the next epoch of an app.
func (m *Memory) TakeOver(ctx context.Context, app string) (uint64, error) {
	if err := m.Hook.run(ctx, "takeover"); err != nil {
		return 0, err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.epochs[app]++
	return m.epochs[app], nil
}

// Load returns the state of an app.
func (m *Memory) Load(ctx context.Context, app string) (release.State, bool, error) {
	if err := m.Hook.run(ctx, "load"); err != nil {
		return release.State{}, false, err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	var s release.State
	body, ok := m.states[app]
	if !ok {
		return s, false, nil
	}
	return s, true, json.Unmarshal(body, &s)
}

// Save stores state, outcomes and line, or nothing.
func (m *Memory) Save(ctx context.Context, state release.State, outcomes []release.Outcome, entry release.Entry) error {
	if err := m.Hook.run(ctx, "save"); err != nil {
		return err
	}
	body, err := json.Marshal(state)
	if err != nil {
		return err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	var old release.State
	if before, ok := m.states[state.App]; ok {
		if err := json.Unmarshal(before, &old); err != nil {
			return err
		}
	}
	if state.Seq != old.Seq+1 || state.Epoch < max(old.Epoch, m.epochs[state.App]) {
		return &release.Fault{Class: release.Permanent, Code: "stale", Text: fmt.Sprintf("state %d of epoch %d is not the next one after %d; load it again",
			state.Seq, state.Epoch, old.Seq)}
	}
	if err := m.endsTwice(state.App, outcomes); err != nil {
		return err
	}
	m.states[state.App] = body
	for _, r := range []*release.Release{state.Current, state.Last} {
		if r != nil {
			m.row(state.App, r.ID).begun = true
		}
	}
	for _, o := range outcomes {
		m.row(state.App, o.Release)
		m.post(state.App, o)
	}
	if entry.Action.Kind != "" {
		m.line(entry)
	}
	return nil
}

func (m *Memory) line(entry release.Entry) {
	entry.N = uint64(len(m.lines) + 1)
	m.lines = append(m.lines, entry)
}

// row is the record of a release; one that did not come through the door (a cold rollback) gets it here.
func (m *Memory) row(app string, id release.ID) *kept {
	key := app + "/" + string(id)
	if m.accepted[key] == nil {
		m.accepted[key] = &kept{Acceptance: release.Acceptance{App: app, ID: id}, begun: true}
		m.order = append(m.order, key)
	}
	return m.accepted[key]
}

func (m *Memory) post(app string, o release.Outcome) {
	key := app + "/" + string(o.Release)
	m.counts[key]++
	m.posted = append(m.posted, release.Posted{Outcome: o, App: app, N: m.counts[key], Row: uint64(len(m.posted) + 1)})
	if k := m.accepted[key]; k != nil && ends(o) {
		k.ended = true
	}
}

func ends(o release.Outcome) bool {
	return slices.Contains([]string{release.OutRejected, release.OutSuperseded, release.OutAbandoned, release.OutRolledBack, release.OutFinished}, o.Type)
}

// endsTwice refuses a second terminal outcome of a release.
func (m *Memory) endsTwice(app string, outcomes []release.Outcome) error {
	ended := map[release.ID]bool{}
	for _, o := range outcomes {
		if !ends(o) {
			continue
		}
		if k := m.accepted[app+"/"+string(o.Release)]; ended[o.Release] || k != nil && k.ended {
			return &release.Fault{Class: release.Permanent, Code: "second_terminal", Text: fmt.Sprintf("release %s has ended already; report this as a defect of teal", o.Release)}
		}
		ended[o.Release] = true
	}
	return nil
}

// Took adds a line.
func (m *Memory) Took(ctx context.Context, entry release.Entry) error {
	if err := m.Hook.run(ctx, "took"); err != nil {
		return err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.line(entry)
	return nil
}

// Timeline returns the lines of an app after a position.
func (m *Memory) Timeline(_ context.Context, app string, after uint64, limit int) ([]release.Entry, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	var list []release.Entry
	for _, e := range m.lines {
		if e.App == app && e.N > after && len(list) < limit {
			list = append(list, e)
		}
	}
	return list, nil
}

// Tail returns the last lines of an app.
func (m *Memory) Tail(ctx context.Context, app string, limit int) ([]release.Entry, error) {
	list, err := m.Timeline(ctx, app, 0, math.MaxInt)
	return list[max(0, len(list)-limit):], err
}

// Accept stores what the door decided.
func (m *Memory) Accept(ctx context.Context, a release.Acceptance, folder events.Folder) (release.Receipt, error) {
	if err := m.Hook.run(ctx, "accept"); err != nil {
		return "", err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	key := a.App + "/" + string(a.ID)
	if old := m.accepted[key]; old != nil {
		if old.Digest == a.Digest {
			return release.Duplicate, nil
		}
		return release.Conflict, nil
	}
	m.accepted[key] = &kept{Acceptance: a}
	m.order = append(m.order, key)
	if len(folder) > 0 {
		m.folders[folder.Digest()] = folder
	}
	a.Outcome.Release = a.ID
	m.post(a.App, a.Outcome)
	return release.New, nil
}

// Acceptances lists what was accepted or rejected, in order.
func (m *Memory) Acceptances() []release.Acceptance {
	m.mu.Lock()
	defer m.mu.Unlock()
	var list []release.Acceptance
	for _, key := range m.order {
		list = append(list, m.accepted[key].Acceptance)
	}
	return list
}

// Queue returns what is accepted and neither begun nor ended.
func (m *Memory) Queue(ctx context.Context, app string) ([]release.Request, error) {
	if err := m.Hook.run(ctx, "queue"); err != nil {
		return nil, err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	var queue []release.Request
	for _, key := range m.order {
		if k := m.accepted[key]; k.App == app && !k.begun && !k.ended {
			queue = append(queue, k.Request)
		}
	}
	slices.SortStableFunc(queue, func(a, b release.Request) int { return int(int64(a.Seq) - int64(b.Seq)) })
	return queue, nil
}

// Folder returns a stored folder.
func (m *Memory) Folder(ctx context.Context, digest string) (events.Folder, error) {
	if err := m.Hook.run(ctx, "folder"); err != nil {
		return nil, err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	folder, ok := m.folders[digest]
	if !ok {
		return nil, &release.Fault{Class: release.Permanent, Code: "no_folder", Text: "no folder " + digest + "; publish the release again"}
	}
	return folder, nil
}

// Unsent lists outcomes that are not published yet, oldest first.
func (m *Memory) Unsent(ctx context.Context, limit int) ([]release.Posted, error) {
	if err := m.Hook.run(ctx, "unsent"); err != nil {
		return nil, err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	var list []release.Posted
	for _, p := range m.posted {
		if !m.sent[p.Row] && len(list) < limit {
			list = append(list, p)
		}
	}
	return list, nil
}

// Sent marks one as published.
func (m *Memory) Sent(ctx context.Context, row uint64) error {
	if err := m.Hook.run(ctx, "sent"); err != nil {
		return err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.sent[row] = true
	return nil
}
