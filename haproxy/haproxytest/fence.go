package haproxytest

import (
	"context"
	"fmt"
	"sync"

	"teal.dev/teal/release"
)

// Fence is the store's part of the switch, in memory.
type Fence struct {
	mu      sync.Mutex
	highest map[string]uint64
	epoch   uint64
	onHolds func()
}

// NewFence makes an empty one: no version was ever used, and any epoch leads.
func NewFence() *Fence { return &Fence{highest: map[string]uint64{}} }

// Highest is the highest version that was raised.
func (f *Fence) Highest(_ context.Context, node, mapName string) (uint64, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.highest[node+" "+mapName], nil
}

// Raise keeps the higher one.
func (f *Fence) Raise(_ context.Context, node, mapName string, v uint64) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.highest[node+" "+mapName] = max(v, f.highest[node+" "+mapName])
	return nil
}

// Holds refuses an epoch before the one that was given to Lead.
func (f *Fence) Holds(_ context.Context, app string, epoch uint64) error {
	f.mu.Lock()
	hook := f.onHolds
	f.mu.Unlock()
	if hook != nil {
		hook()
	}
	f.mu.Lock()
	leads := f.epoch
	f.mu.Unlock()
	if epoch < leads {
		return &release.Fault{Class: release.Unproven, Code: "stale_epoch", Text: fmt.Sprintf("another daemon leads %s since epoch %d", app, leads)}
	}
	return nil
}

// Lead makes every earlier epoch refused.
func (f *Fence) Lead(epoch uint64) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.epoch = epoch
}

// OnHolds calls hook at every question, before the answer: it stands between prepare and commit.
func (f *Fence) OnHolds(hook func()) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.onHolds = hook
}
