package config

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"reflect"
	"sync/atomic"
	"time"

	"github.com/fsnotify/fsnotify"
)

// Status is the result of the last reload.
type Status struct {
	At             time.Time `json:"at"`      // of the last attempt that found something new
	Success        time.Time `json:"success"` // of the last set in force
	OK             bool      `json:"ok"`
	Hash           string    `json:"hash"` // of the set in force
	Problems       Problems  `json:"problems,omitempty"`
	Warnings       Problems  `json:"warnings,omitempty"`
	PendingRestart []string  `json:"pending_restart,omitempty"` // keys whose new value waits for a restart
}

// Timing is how patient a Watcher is; zero values have the defaults.
type Timing struct {
	Debounce time.Duration // quiet after the last event before reading: 500 ms
	Settle   time.Duration // between the two readings that must agree: 100 ms
	Poll     time.Duration // reading without any event: 30 s
}

// Watcher keeps the set in force: all files parsed and validated as one, swapped at once, the old kept on any error.
type Watcher struct {
	dir        string
	log        *slog.Logger
	timing     Timing
	validators []Validator
	onSwap     func(old, fresh *Snapshot)
	started    Daemon // what listeners, store and NATS were opened with

	current atomic.Pointer[Snapshot]
	status  atomic.Pointer[Status]
	turn    chan struct{} // one reload at a time
	tried   string        // hash of the last set looked at; belongs to the holder of turn
}

// NewWatcher loads the directory for the first time; its error is that of Load. onSwap is called after each later swap,
// one at a time, and may be nil.
func NewWatcher(dir string, log *slog.Logger, timing Timing, onSwap func(old, fresh *Snapshot), validators ...Validator) (*Watcher, error) {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return nil, fmt.Errorf("config directory: %w", err)
	}
	first, err := Load(dir, validators...)
	if err != nil {
		return nil, err
	}
	for _, t := range []struct {
		value *time.Duration
		usual time.Duration
	}{{&timing.Debounce, 500 * time.Millisecond}, {&timing.Settle, 100 * time.Millisecond}, {&timing.Poll, 30 * time.Second}} {
		if *t.value <= 0 {
			*t.value = t.usual
		}
	}
	w := &Watcher{dir: dir, log: log, timing: timing, validators: validators, onSwap: onSwap, started: first.Daemon,
		turn: make(chan struct{}, 1), tried: first.Hash}
	now := time.Now()
	w.current.Store(first)
	w.status.Store(&Status{At: now, Success: now, OK: true, Hash: first.Hash, Warnings: first.Warnings})
	return w, nil
}

// Current is the set in force.
func (w *Watcher) Current() *Snapshot { return w.current.Load() }

// Status is the result of the last reload.
func (w *Watcher) Status() Status { return *w.status.Load() }

// Reload reads the directory now, as SIGHUP and the API ask, and returns what is wrong with it.
func (w *Watcher) Reload(ctx context.Context) error { return w.reload(ctx, true) }

// reload looks at the directory; unless forced, a set that was looked at before is left alone.
func (w *Watcher) reload(ctx context.Context, forced bool) error {
	select {
	case w.turn <- struct{}{}:
		defer func() { <-w.turn }()
	case <-ctx.Done():
		return ctx.Err()
	}
	set, err := w.settle(ctx)
	if err != nil {
		return err
	}
	hash := set.hash()
	if hash == w.tried && !forced {
		return nil
	}
	w.tried = hash
	fresh, err := build(w.dir, set, w.validators)
	old := w.Current()
	if err == nil && len(fresh.Apps) == 0 && len(old.Apps) > 0 {
		err = Problems{{File: "apps", Text: fmt.Sprintf("all app files are gone at once (%d before): that looks like a copy in progress, so the old set is kept; if it is meant, restart teal", len(old.Apps))}}
	}
	if err != nil {
		w.fail(err)
		return err
	}
	w.swap(old, fresh)
	return nil
}

// settle reads until two readings agree: somebody may be in the middle of writing.
func (w *Watcher) settle(ctx context.Context) (*fileSet, error) {
	last := readSet(w.dir)
	for range 50 {
		select {
		case <-time.After(w.timing.Settle):
		case <-ctx.Done():
			return nil, ctx.Err()
		}
		next := readSet(w.dir)
		if next.hash() == last.hash() {
			return next, nil
		}
		last = next
	}
	err := Problems{{File: ".", Text: "the directory keeps changing while it is read: the old set is kept"}}
	w.fail(err)
	return nil, err
}

func (w *Watcher) fail(err error) {
	status := w.Status()
	status.At, status.OK = time.Now(), false
	if !errors.As(err, &status.Problems) {
		status.Problems = Problems{{File: ".", Text: err.Error()}}
	}
	w.status.Store(&status)
}

func (w *Watcher) swap(old, fresh *Snapshot) {
	now := time.Now()
	status := Status{At: now, Success: now, OK: true, Hash: fresh.Hash, Warnings: fresh.Warnings, PendingRestart: pending(w.started, fresh.Daemon)}
	if fresh.Hash != old.Hash {
		w.current.Store(fresh)
	}
	w.status.Store(&status) // who reads "ok" finds the new set in force
	if fresh.Hash != old.Hash && w.onSwap != nil {
		w.onSwap(old, fresh)
	}
}

// pending lists the keys that are only read at a start.
func pending(started, now Daemon) []string {
	var keys []string
	for _, k := range []struct {
		name     string
		old, new any
	}{
		{"name", started.Name, now.Name},
		{"nats", started.NATS, now.NATS},
		{"store", started.Store, now.Store},
		{"listen.http", started.Listen.HTTP, now.Listen.HTTP},
		{"listen.socket", started.Listen.Socket, now.Listen.Socket},
	} {
		if !reflect.DeepEqual(k.old, k.new) {
			keys = append(keys, k.name)
		}
	}
	return keys
}

// Run follows the directory until ctx ends. Events are a hint; without any, it reads again at every poll.
func (w *Watcher) Run(ctx context.Context) error {
	events, closeEvents := w.watch()
	defer func() { closeEvents() }()
	poll := time.NewTicker(w.timing.Poll)
	defer poll.Stop()
	quiet := time.NewTimer(0) // once at the start: something may have changed before the watch stood
	defer quiet.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case _, ok := <-events:
			if !ok {
				events = nil // the polls go on
				continue
			}
			quiet.Reset(w.timing.Debounce)
			continue
		case <-poll.C:
		case <-quiet.C:
		}
		// A directory that was swapped is another one under the old name: watch what is there now, then read it.
		closeEvents()
		events, closeEvents = w.watch()
		w.look(ctx)
	}
}

// look reloads and logs what came of it, once per change.
func (w *Watcher) look(ctx context.Context) {
	before := w.Status()
	err := w.reload(ctx, false)
	after := w.Status()
	switch {
	case ctx.Err() != nil || after.At.Equal(before.At):
	case err != nil:
		w.log.Error("config not taken, the old one stays in force", "problems", after.Problems.Error())
	default:
		w.log.Info("config reloaded", "hash", after.Hash, "apps", len(w.Current().Apps), "pending_restart", after.PendingRestart)
	}
}

// watch follows directories, never files: a watch on a file ends with its first atomic replacement. The parent tells when
// the directory itself is a symlink that is swapped.
func (w *Watcher) watch() (<-chan fsnotify.Event, func()) {
	watcher, err := fsnotify.NewWatcher()
	if err != nil {
		w.log.Warn("no file events, the config is only polled", "every", w.timing.Poll, "error", err)
		return nil, func() {}
	}
	parent := filepath.Dir(w.dir)
	paths := []string{w.dir, parent}
	for _, sub := range folders() {
		paths = append(paths, filepath.Join(w.dir, sub))
	}
	for _, path := range paths {
		_ = watcher.Add(path) // a folder may be absent; the poll finds it
	}
	ours := make(chan fsnotify.Event)
	done := make(chan struct{})
	go func() {
		defer close(ours)
		for {
			select {
			case event, ok := <-watcher.Events:
				if !ok {
					return
				}
				if filepath.Dir(event.Name) == parent && event.Name != w.dir {
					continue
				}
				select {
				case ours <- event:
				case <-done:
					return
				}
			case _, ok := <-watcher.Errors: // an overflow is a hint too, and the poll is behind it
				if !ok {
					return
				}
			}
		}
	}()
	return ours, func() {
		close(done)
		_ = watcher.Close() // nothing is written through it
	}
}
