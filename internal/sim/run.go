package sim

import (
	"fmt"
	"time"

	"teal.dev/teal/release"
)

// maxTurns bounds every run: a town that does not come to rest is a violation, not a hang.
const maxTurns = 20000

// Until runs turns until cond holds; false when it never did.
func (w *World) Until(cond func(release.State) bool) bool {
	for range maxTurns {
		if cond(w.mem.state) {
			return true
		}
		w.Turn()
		if len(w.Violations) > 0 {
			return false
		}
	}
	return false
}

// Rest runs until the town is settled or held, or the time given has passed.
func (w *World) Rest(limit time.Duration) {
	end := w.Now.Add(limit)
	for n := 0; n < maxTurns && w.Now.Before(end) && len(w.Violations) == 0; n++ {
		if w.Settled() || w.mem.state.Hold != nil && w.quiet() {
			return
		}
		w.Turn()
	}
}

// quiet reports whether a held town has nothing left to do.
func (w *World) quiet() bool {
	for _, j := range []*job{w.mem.job, w.mem.launch[release.A], w.mem.launch[release.B]} {
		if j != nil && j.view.Running {
			return false
		}
	}
	return true
}

// State is the daemon's present state.
func (w *World) State() release.State { return w.mem.state }

// Seen is the daemon's last observation.
func (w *World) Seen() release.Observation { return w.mem.seen }

// Points is how many crash points have been passed.
func (w *World) Points() int { return w.points }

// CrashAt kills the daemon at the given points, counted from the beginning.
func (w *World) CrashAt(points ...int) {
	for _, p := range points {
		w.crash[p] = true
	}
}

// Crash kills the daemon now.
func (w *World) Crash() {
	w.Crashes++
	w.advance(700 * time.Millisecond)
	w.boot()
}

// Off keeps the daemon down for a while; the world goes on without it.
func (w *World) Off(d time.Duration) {
	w.Crashes++
	for ; d > 0; d -= time.Second {
		w.advance(min(d, time.Second))
	}
	w.boot()
}

// LoseStore has the daemon start again with nothing stored; the world is as it was.
func (w *World) LoseStore() {
	w.Store = Store{State: release.State{App: "shop"}, Requests: map[release.ID]release.Request{}, Begun: map[release.ID]bool{}}
	w.boot()
}

// AddNode puts one more HAProxy beside the first, saying the same.
func (w *World) AddNode() {
	first := w.Nodes[0]
	w.Nodes = append(w.Nodes, &Node{Name: fmt.Sprintf("lb%d", len(w.Nodes)+1), Starts: 1, File: first.File, Runtime: first.Runtime,
		Requests: map[release.Slot]uint64{}, Errors: map[release.Slot]uint64{}})
}

// SetFaults gives the seed's dice to the effects.
func (w *World) SetFaults(f Faults) { w.faults = f }

// Describe says in one line where the town stands.
func (w *World) Describe() string {
	s := w.mem.state
	text := fmt.Sprintf("live=%q rev=%d", s.Live, s.Rev)
	for _, r := range []*release.Release{s.Current, s.Last} {
		if r != nil {
			text += fmt.Sprintf(" %s:%s:%s", r.ID, r.Version, r.Phase)
		}
	}
	if s.Hold != nil {
		text += " hold=" + s.Hold.Code
	}
	for _, o := range s.Owed {
		text += fmt.Sprintf(" owed=%s", o.Release)
	}
	for _, slot := range release.Slots() {
		if p := w.Procs[slot]; p != nil {
			text += fmt.Sprintf(" %s=%s", slot, p.Plan.Version)
			if at := p.Plan.Address; at != Limits().Addresses[slot] {
				text += "@" + at
			}
		}
	}
	return text
}
