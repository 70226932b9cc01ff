package sim

import (
	"fmt"
	"slices"
	"time"

	"teal.dev/teal/release"
)

// act carries out one action, as the shell does.
func (w *World) act(a release.Action) {
	w.point("before the effect of " + a.Rule)
	switch a.Kind {
	case release.Send:
		w.send(a.Route)
	case release.Vet:
		w.mem.job = w.begin(a, 100*time.Millisecond, func() *release.Fault { return w.vet(a) })
	case release.Expand, release.Contract:
		w.mem.job = w.begin(a, 300*time.Millisecond, w.files(a)...)
	case release.Adopt:
		w.mem.job = w.begin(a, 100*time.Millisecond, func() *release.Fault { return w.adopt(a) })
	case release.Start:
		w.launch(a, 100*time.Millisecond, func() *release.Fault { return w.start(a) })
	case release.Stop:
		takes := 100 * time.Millisecond
		if w.Tunnels[a.Slot] > 0 { // a process with long-lived connections takes the time that it is given
			takes = a.Grace
		}
		w.launch(a, takes, func() *release.Fault { return w.stop(a.Slot) })
	case release.Cancel:
		if j := w.mem.job; j != nil && j.view.Running {
			j.steps = []func() *release.Fault{func() *release.Fault {
				return &release.Fault{Class: release.Retry, Code: "cancelled", Text: "cancelled"}
			}}
		}
	}
	w.point("after the effect of " + a.Rule)
}

// launch begins a start or stop in its slot's lane.
func (w *World) launch(a release.Action, takes time.Duration, do func() *release.Fault) {
	if j := w.mem.launch[a.Slot]; j != nil && j.view.Running {
		w.violate("a %s was begun in slot %s while a %s runs there", a.Kind, a.Slot, j.view.Kind)
	}
	w.mem.launch[a.Slot] = w.begin(a, takes, do)
}

// begin makes a job of steps that take each so long.
func (w *World) begin(a release.Action, each time.Duration, steps ...func() *release.Fault) *job {
	return &job{view: release.Job{Kind: a.Kind, Release: a.Release, Slot: a.Slot, Running: true}, steps: steps, next: w.Now.Add(each), each: each}
}

// work lets the running jobs go on up to now.
func (w *World) work() {
	for _, j := range []*job{w.mem.job, w.mem.launch[release.A], w.mem.launch[release.B]} {
		for j != nil && j.view.Running && !w.Now.Before(j.next) {
			w.stepJob(j)
		}
	}
}

// stepJob does one step of a job, with the faults that the seed has for it.
func (w *World) stepJob(j *job) {
	lost := &release.Fault{Class: release.Retry, Code: "lost", Text: "the answer was lost"}
	fault := lost
	if len(j.steps) > 0 {
		w.point("before a step of " + string(j.view.Kind))
		if !w.chance(w.faults.ErrBefore) {
			fault = j.steps[0]()
			j.steps = j.steps[1:]
			if fault == nil && w.chance(w.faults.ErrAfter) {
				fault = lost
			}
		}
		w.point("after a step of " + string(j.view.Kind))
	} else {
		fault = nil
	}
	j.next = j.next.Add(j.each)
	if fault != nil || len(j.steps) == 0 {
		j.view.Running, j.view.Fault, j.view.Ended = false, fault, w.Now
	}
}

// chance rolls the seed's dice.
func (w *World) chance(p float64) bool { return w.faults.Rand != nil && w.faults.Rand.Float64() < p }

// send writes a route to every node: file first, then the running map; an older rev is refused.
func (w *World) send(route release.Route) {
	if w.chance(w.faults.ErrBefore) {
		return
	}
	for _, n := range w.Nodes {
		if n.Down || n.Mute || n.Deaf || n.Foreign != "" || route.Rev < n.Runtime.Rev {
			continue
		}
		w.judgeSend(route)
		n.File = route
		w.point("between file and map of " + n.Name)
		n.Runtime = route
	}
}

// vet gives the gate's word: on a release, or on its contract alone.
func (w *World) vet(a release.Action) *release.Fault {
	if w.DB.Down && len(a.Numbers) > 0 {
		return &release.Fault{Class: release.Retry, Code: "database_down", Text: "the database is down"}
	}
	spec := w.Specs[a.Release]
	if len(a.Numbers) == 0 {
		if f := w.examine(a); f != nil {
			return f
		}
	}
	v := release.Verdict{Digest: spec.digest(), Release: a.Release, Refuse: spec.Refuse, Pending: minus(spec.Expand, w.DB.Expand), Owes: minus(spec.Contract, w.DB.Contract),
		Expand: append(slices.Clone(spec.Roles), w.Policy.Expand...), Contract: w.Policy.Contract, Policies: w.Policy.Digest, Warnings: spec.Warns}
	if len(spec.Roles) > 0 && len(v.Pending) > 0 {
		v.Asks = []string{fmt.Sprintf("%04d.up.sql:1 opaque", v.Pending[0])}
	}
	if len(v.Contract) > 0 && len(v.Owes) > 0 {
		v.AsksLater = []string{fmt.Sprintf("%04d.up.sql:1 drop-column", v.Owes[0])}
	}
	if len(v.Expand) > 0 && len(v.Pending) > 0 {
		v.Asks = append(v.Asks, w.Policy.Asks...)
	}
	if len(v.Contract) > 0 && len(v.Owes) > 0 {
		v.AsksLater = append(v.AsksLater, w.Policy.Asks...)
	}
	if w.Policy.Deny == "contract" && len(v.Owes) > 0 || w.Policy.Deny == "expand" && len(v.Pending) > 0 && len(a.Numbers) == 0 {
		v.Refuse = "policy"
	}
	for _, owed := range release.Owing(w.mem.state) {
		v.Owes = minus(v.Owes, owed.Numbers)
		if spec.Touches && len(v.Pending) > 0 {
			v.After = append(v.After, owed.Release)
		}
	}
	if v.Refuse != "" {
		v.Why = "the gate refuses it"
	}
	w.mem.verdict = &v
	return nil
}

// files are the steps of a migration job: one per file, each atomic with its ledger row.
func (w *World) files(a release.Action) []func() *release.Fault {
	spec := w.specOf(a)
	var steps []func() *release.Fault
	add := func(track string, n uint64) {
		steps = append(steps, func() *release.Fault { return w.file(a, track, n) })
	}
	if a.Kind == release.Contract {
		for _, n := range minus(a.Numbers, w.DB.Contract) {
			add("contract", n)
		}
		return steps
	}
	for _, n := range minus(spec.Expand, w.DB.Expand) {
		add("expand", n)
	}
	if a.Merged {
		for _, n := range minus(spec.Contract, w.DB.Contract) {
			add("contract", n)
		}
	}
	return steps
}

// specOf finds the spec of an action's release.
func (w *World) specOf(a release.Action) Spec { return w.Specs[a.Release] }

// file applies one file.
func (w *World) file(a release.Action, track string, n uint64) *release.Fault {
	switch {
	case w.DB.Down:
		return &release.Fault{Class: release.Retry, Code: "database_down", Text: "the database is down"}
	case w.DB.Locked:
		return &release.Fault{Class: release.Budget, Code: "lock_budget", Text: "the lock was not had in time (held by pid 71)"}
	case w.DB.Unproven:
		w.DB.Unproven = false
		return &release.Fault{Class: release.Unproven, Code: "dirty", Text: "what happened to the file cannot be proven"}
	case w.DB.Fail:
		w.DB.Fail = false
		return &release.Fault{Class: release.Permanent, Code: "migration_failed", Text: fmt.Sprintf("%04d: relation does not exist", n)}
	}
	w.judgeFile(a, track, n)
	if track == "expand" {
		w.DB.Expand = append(w.DB.Expand, n)
	} else {
		w.DB.Contract = append(w.DB.Contract, n)
	}
	return nil
}

// adopt takes the database as it is.
func (w *World) adopt(a release.Action) *release.Fault {
	if w.DB.Unproven {
		w.DB.Unproven = false
		return &release.Fault{Class: release.Unproven, Code: "dirty", Text: "the version table is dirty"}
	}
	if a.Claim {
		w.DB.Hold = ""
	}
	for _, spec := range w.Specs {
		if spec.Folder == a.Folder {
			w.DB.Expand = append(w.DB.Expand, minus(spec.Expand, w.DB.Expand)...)
		}
	}
	return nil
}

// start brings a plan up in a slot.
func (w *World) start(a release.Action) *release.Fault {
	if p := w.Procs[a.Slot]; p != nil {
		if p.Plan.Release == a.Plan.Release {
			return nil
		}
		return &release.Fault{Class: release.Permanent, Code: "slot_taken", Text: "another version runs in the slot"}
	}
	if f := w.problem(a.Plan); f != nil {
		return f
	}
	w.judgeStart(a)
	spec := w.specFor(a.Plan)
	a.Plan.Artifact.Digest = spec.digest()
	w.Procs[a.Slot] = &Proc{Plan: a.Plan, Spec: spec, Started: w.Now}
	return nil
}

// digest is that of a version's executable as it is now.
func (s Spec) digest() string {
	if s.Changed {
		return "sha256:" + string(s.Version) + "-changed"
	}
	return "sha256:" + string(s.Version)
}

// examine looks at what a release would run, as the vetting does.
func (w *World) examine(a release.Action) *release.Fault {
	if spec := w.Specs[a.Release]; spec.Unread {
		spec.Unread = false
		w.Specs[a.Release] = spec
		return &release.Fault{Class: release.Retry, Code: "artifact_unread", Text: "input/output error"}
	}
	return w.problem(a.Plan)
}

// problem is what keeps a plan from being started; nil = nothing.
func (w *World) problem(plan release.Plan) *release.Fault {
	spec := w.specFor(plan)
	switch {
	case spec.Missing || spec.Way != "" && spec.Way != plan.Recipe.Launch:
		return &release.Fault{Class: release.Permanent, Code: "artifact_missing", Text: plan.Recipe.Launch + " does not exist"}
	case plan.Artifact.Digest != "" && plan.Artifact.Digest != spec.digest():
		return &release.Fault{Class: release.Permanent, Code: "artifact_changed", Text: "the executable is not the one that was vetted"}
	}
	return nil
}

// specFor finds how a plan behaves: by its release, or (a cold rollback has an id of its own) by its version.
func (w *World) specFor(plan release.Plan) Spec {
	if spec, ok := w.Specs[plan.Release]; ok {
		return spec
	}
	for _, spec := range w.Specs {
		if spec.Version == plan.Version {
			return spec
		}
	}
	return Spec{Version: plan.Version, Healthy: true}
}

// stop ends what runs in a slot.
func (w *World) stop(slot release.Slot) *release.Fault {
	w.judgeStop(slot)
	delete(w.Procs, slot)
	return nil
}
