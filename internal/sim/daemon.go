package sim

import (
	"slices"
	"time"

	"teal.dev/teal/release"
)

// memory is what a daemon knows and loses when it dies.
type memory struct {
	state   release.State
	first   bool
	last    time.Time
	job     *job
	launch  map[release.Slot]*job
	verdict *release.Verdict
	probes  map[release.Slot]release.Probe
	command *release.Command
	seen    release.Observation
}

// job is a long effect: its steps happen one after the other as time passes.
type job struct {
	view  release.Job
	steps []func() *release.Fault
	next  time.Time
	each  time.Duration
}

// boot starts the daemon from what is stored.
func (w *World) boot() {
	w.Store.State.Epoch++
	w.mem = memory{state: w.Store.State, first: true, last: w.Now, launch: map[release.Slot]*job{}, probes: map[release.Slot]release.Probe{}}
}

// Turn is one turn of the daemon, then time passes. A crash inside it is a restart.
func (w *World) Turn() {
	defer func() {
		if r := recover(); r != nil {
			if _, ours := r.(crashed); !ours {
				panic(r)
			}
			w.advance(700 * time.Millisecond)
			w.boot()
		}
	}()
	w.work()
	seen := w.observe()
	before := w.mem.state
	next, action, outcomes := w.Step(before, seen, w.Limits)
	w.mem.seen, w.mem.command = seen, nil
	w.Waits = release.Action{}
	if action.Kind != release.Wait || len(outcomes) > 0 {
		w.save(next, action, outcomes)
		w.act(action)
	} else {
		if w.Now.Sub(w.Store.SavedAt) > 5*time.Second {
			w.save(next, action, nil)
		}
		w.mem.state, w.Waits = next, action
		w.advance(release.Watch(next, seen, w.Limits).Every)
		return
	}
	w.advance(20 * time.Millisecond)
}

// save stores a state with its outcomes in one step, and checks what may be checked at the time of a decision.
func (w *World) save(next release.State, action release.Action, outcomes []release.Outcome) {
	w.point("before the save of " + action.Rule)
	next.Seq = w.Store.State.Seq + 1
	w.judgeIntent(w.Store.State, next, action)
	w.Store.State, w.Store.SavedAt = next, w.Now
	w.Store.Outcomes = append(w.Store.Outcomes, outcomes...)
	for _, r := range []*release.Release{next.Current, next.Last} {
		if r != nil {
			w.Store.Begun[r.ID] = true
		}
	}
	w.judgeOutcomes(next, outcomes)
	w.mem.state = next
	phase := release.Phase("")
	if next.Current != nil {
		phase = next.Current.Phase
	} else if next.Last != nil {
		phase = next.Last.Phase
	}
	if action.Kind != release.Wait {
		w.Log = append(w.Log, Line{At: w.Now, Action: action, Phase: phase})
	}
	w.point("after the save of " + action.Rule)
}

// Say gives the daemon a person's command and returns the action that answered it.
func (w *World) Say(c release.Command) release.Action {
	c.At = w.Now
	w.mem.command = &c
	n := len(w.Log)
	for range 5 { // a crash eats the command: say it again, as a person would
		w.Turn()
		if len(w.Log) > n && w.mem.command == nil {
			return w.Log[n].Action
		}
		w.mem.command = &c
	}
	return release.Action{}
}

// observe looks at the world with the daemon's eyes.
func (w *World) observe() release.Observation {
	interest := release.Watch(w.mem.state, w.mem.seen, w.Limits)
	o := release.Observation{Now: w.Now, Slots: map[release.Slot]release.SlotSeen{}, Launch: map[release.Slot]release.Job{}, Queue: w.queue(), Command: w.mem.command, Verdict: w.mem.verdict, Freeze: w.Freeze, Policies: w.Policy.Digest, Removed: w.Removed}
	if !w.mem.first {
		o.Elapsed = w.Now.Sub(w.mem.last)
	}
	w.mem.first, w.mem.last = false, w.Now
	for _, slot := range release.Slots() {
		seen := release.SlotSeen{Tenant: release.Tenant{Running: release.No}}
		if p := w.Procs[slot]; p != nil {
			seen.Tenant = release.Tenant{Running: release.Yes, Release: p.Plan.Release, Version: p.Plan.Version, Digest: p.Plan.Artifact.Digest}
		}
		if place := w.mem.state.Slots[slot]; place.Plan != nil {
			if f := w.problem(*place.Plan); f != nil {
				seen.Tenant.Problem = f.Code + ": " + f.Text
			}
		}
		if slices.Contains(interest.Slots, slot) {
			w.probe(slot)
			seen.Probe = w.mem.probes[slot]
		}
		o.Slots[slot] = seen
	}
	o.Traffic = w.traffic(interest)
	if interest.Schema != "" && !w.DB.Down {
		o.Schema = w.schema(interest.Schema)
	}
	if w.mem.job != nil {
		o.Job = w.mem.job.view
	}
	for slot, j := range w.mem.launch {
		o.Launch[slot] = j.view
	}
	return o
}

// probe asks a slot's health and keeps the history.
func (w *World) probe(slot release.Slot) {
	p := w.mem.probes[slot]
	if w.Now.Sub(p.At) < w.Limits.ProbeEvery {
		return
	}
	place := w.mem.state.Slots[slot]
	healthy := w.healthy(slot) && place.Plan != nil && place.Plan.Address == w.Procs[slot].Plan.Address // asked where the plan says
	switch {
	case healthy && p.Passes == 0:
		p = release.Probe{Passes: 1, Since: w.Now}
	case healthy:
		p.Passes++
	case p.Fails == 0:
		p = release.Probe{Fails: 1, Since: w.Now, Problem: "connection refused"}
	default:
		p.Fails++
	}
	p.At = w.Now
	w.mem.probes[slot] = p
}

// traffic is what every node answers.
func (w *World) traffic(interest release.Interest) release.Traffic {
	var t release.Traffic
	for _, n := range w.Nodes {
		seen := release.Node{Name: n.Name, Known: !n.Down && !n.Mute, At: w.Now, Instance: time.Duration(n.Starts).String(), Servers: map[release.Slot]release.Server{}}
		if n.Down || n.Mute {
			t.Nodes = append(t.Nodes, seen)
			continue
		}
		seen.Present, seen.Route, seen.Foreign = n.Runtime.Live != release.None || n.Foreign != "", n.Runtime, n.Foreign
		for _, slot := range release.Slots() {
			up, status, check := release.No, "DOWN", "L4CON"
			switch {
			case w.healthy(slot) && w.Procs[slot].Spec.Unchecked:
				check = "L7STS 404"
			case w.healthy(slot):
				up, status, check = release.Yes, "UP", "L7OK 200"
			}
			seen.Servers[slot] = release.Server{Up: up, Status: status, Check: check, Sessions: w.Tunnels[slot], Requests: n.Requests[slot], Errors: n.Errors[slot], Counted: slices.Contains(interest.Stats, slot)}
		}
		t.Nodes = append(t.Nodes, seen)
	}
	return t
}

// schema compares the database with a folder.
func (w *World) schema(folder string) release.Schema {
	s := release.Schema{Known: true, For: folder, Empty: len(w.DB.Expand)+len(w.DB.Contract) == 0 && !w.DB.Foreign, Hold: w.DB.Hold, Why: w.DB.Hold}
	for _, spec := range w.Specs {
		if spec.Folder == folder {
			s.Expand.Pending = minus(spec.Expand, w.DB.Expand)
			s.Contract.Pending = minus(spec.Contract, w.DB.Contract)
		}
	}
	for _, n := range w.DB.Expand {
		s.Expand.Version = max(s.Expand.Version, n)
	}
	return s
}

// minus is a without b.
func minus(a, b []uint64) []uint64 {
	var left []uint64
	for _, n := range a {
		if !slices.Contains(b, n) {
			left = append(left, n)
		}
	}
	return left
}
