package release

import "time"

// turnCap bounds the time that one turn may count as observed: a suspended machine has not watched anything.
const turnCap = 5 * time.Second

// deaf is how long readiness outlives the answers that it rests on.
const deaf = 10 * time.Second

// lostAfter failed probes in a row, a slot is not ready any more.
const lostAfter = 3

// see folds one observation into the state: readiness with its hysteresis, the clocks of bake and warm, blue's
// counters, and the digest of an executable that nobody had seen. It decides nothing.
func see(t *turn) {
	for _, slot := range Slots() {
		if place, there := t.s.Slots[slot]; there {
			place.Plan.learn(t.o.Slots[slot].Tenant)
			place.Ready, place.ReadyAt = t.judgeReady(slot, place)
			if place.Ready == Yes {
				place.Tries = 0
			}
			t.s.Slots[slot] = place
		}
	}
	t.soon()
	elapsed := min(t.o.Elapsed, turnCap)
	if r := t.s.Current; r != nil {
		t.count(r)
		t.tick(r, elapsed)
	}
	if r := t.s.Last; r != nil {
		t.tick(r, elapsed)
	}
	if t.route() == Yes {
		t.s.Heal = Lane{}
	}
}

// learn takes the digest of what was started from a plan that had none: of an adopted version, or of an older teal.
func (p *Plan) learn(seen Tenant) {
	if p != nil && p.Artifact.Digest == "" && seen.Running == Yes && seen.Release == p.Release && seen.Version == p.Version {
		p.Artifact.Digest = seen.Digest
	}
}

// longest is the longest pause that any rule sets before it tries again.
const longest = 30 * time.Second

// soon undoes what a clock that was set back would do: tries that have moved far away are due at once, and what a process
// before this one has dealt with does not hide the ends of this one's jobs.
func (t *turn) soon() {
	limit := t.o.Now.Add(longest)
	earlier := func(at time.Time) time.Time {
		if at.After(limit) {
			return t.o.Now
		}
		return at
	}
	t.s.Job.Next, t.s.Heal.Next = earlier(t.s.Job.Next), earlier(t.s.Heal.Next)
	fresh := t.o.Elapsed == 0 // a new process: no job of the one before is told to it, and its ends are not comparable
	if fresh {
		t.s.Job.Handled = time.Time{}
	}
	for slot, place := range t.s.Slots {
		place.Next = earlier(place.Next)
		if fresh {
			place.Launch.Handled = time.Time{}
		}
		t.s.Slots[slot] = place
	}
}

// judgeReady applies the design's definition: teal's own probe passed often and long enough and HAProxy's server line is
// UP on every node, both fresh; lost after three failed probes, when the process is gone, or when a node says so; unknown
// after ten seconds in which it could not be judged.
func (t *turn) judgeReady(slot Slot, place Place) (Tri, time.Time) {
	seen := t.o.Slots[slot]
	up := t.serverUp(slot)
	l := t.limitsOf(slot)
	fresh := !seen.Probe.At.IsZero() && t.o.Now.Sub(seen.Probe.At) <= 2*t.l.ProbeEvery
	switch {
	case seen.Tenant.Running == No, fresh && seen.Probe.Fails >= lostAfter, up == No:
		return No, t.o.Now
	case fresh && up == Yes && seen.Probe.Passes >= l.Passes && t.o.Now.Sub(seen.Probe.Since) >= l.Stable:
		return Yes, t.o.Now
	case fresh && up == Yes:
		return place.Ready, t.o.Now // between the thresholds: what it was
	case t.o.Now.Sub(place.ReadyAt) > deaf, t.o.Elapsed == 0:
		return Unknown, place.ReadyAt
	}
	return place.Ready, place.ReadyAt
}

// limitsOf are the numbers that a slot is judged by: those of the release that brings its version up, or today's.
func (t *turn) limitsOf(slot Slot) Limits {
	if r := t.s.Current; r != nil && r.Blue == slot {
		return t.limits(r)
	}
	return t.l
}

// serverUp is the server line of a slot on every node: No when one node says so, Unknown when one does not answer.
func (t *turn) serverUp(slot Slot) Tri {
	up := Yes
	if len(t.o.Traffic.Nodes) == 0 {
		return Unknown
	}
	for _, n := range t.o.Traffic.Nodes {
		switch {
		case !n.Known:
			if up == Yes {
				up = Unknown
			}
		case n.Servers[slot].Up == No:
			return No
		case n.Servers[slot].Up == Unknown:
			up = Unknown
		}
	}
	return up
}

// ready is what the fold says of a slot.
func (t *turn) ready(slot Slot) Tri { return t.s.Slots[slot].Ready }

// visible reports whether every node answered in this turn.
func (t *turn) visible() bool {
	for _, n := range t.o.Traffic.Nodes {
		if !n.Known {
			return false
		}
	}
	return len(t.o.Traffic.Nodes) > 0
}

// wanted is the line that every node shall have.
func (t *turn) wanted() Route {
	return Route{App: t.s.App, Live: t.s.Live, Candidate: t.s.Live, Rev: t.s.Rev, Epoch: t.s.Epoch}
}

// route says whether every node has the wanted line: No when one that answers has another, Unknown when one is silent.
func (t *turn) route() Tri {
	if t.s.Live == None || len(t.o.Traffic.Nodes) == 0 {
		return Unknown
	}
	want, all := t.wanted(), Yes
	for _, n := range t.o.Traffic.Nodes {
		switch {
		case !n.Known:
			all = Unknown
		case !n.Present, n.Foreign != "", !sameLine(n.Route, want):
			return No
		}
	}
	return all
}

// sameLine compares what is written in the map.
func sameLine(a, b Route) bool {
	return a.Live == b.Live && a.Candidate == b.Candidate && a.Percent == b.Percent && a.Rev == b.Rev
}

// tick moves the clocks of a release. Only observed time counts; a hold stops them, but not the watch over blue. A switch
// that HAProxy does not confirm is as blind as one that cannot be seen.
func (t *turn) tick(r *Release, elapsed time.Duration) {
	held := t.s.Hold != nil
	switch r.Phase {
	case Checking:
		if !held {
			r.Clock.Spent += elapsed
		}
		return
	case Switching, Baking, RollingBack, Warm:
	case Starting, Retiring:
		t.countZero(r)
		if t.route() != No {
			r.Clock.Blind = 0
		} else if !held { // no slot is stopped while the map is not what it shall be
			r.Clock.Blind += elapsed
		}
		return
	default:
		return
	}
	if confirmed := r.Phase == Baking || r.Phase == Warm || t.route() == Yes; t.visible() && confirmed {
		r.Clock.Blind = 0
		if !held && (r.Phase == Baking || r.Phase == Warm) {
			r.Clock.Spent += elapsed
		}
	} else if !held {
		r.Clock.Blind += elapsed
	}
	switch t.ready(r.Blue) {
	case Yes:
		r.Clock.Unready = 0
	case No:
		r.Clock.Unready += elapsed
	}
}

// countZero counts the turns in a row in which no node had a session on green.
func (t *turn) countZero(r *Release) {
	if !t.visible() {
		r.Clock.Zero = 0
		return
	}
	for _, n := range t.o.Traffic.Nodes {
		if n.Servers[r.Green].Sessions > 0 {
			r.Clock.Zero = 0
			return
		}
	}
	r.Clock.Zero++
}

// count adds what blue answered since the last reading of each node. Before the switch it only moves the base; a new
// worker process, or a counter that went back, starts a new base and never a negative number.
func (t *turn) count(r *Release) {
	counting := r.Phase == Switching || r.Phase == Baking
	if !counting && r.Phase != Checking {
		return
	}
	for _, n := range t.o.Traffic.Nodes {
		server := n.Servers[r.Blue]
		if !n.Known || !server.Counted {
			continue
		}
		now := Count{Instance: n.Instance, Requests: server.Requests, Errors: server.Errors}
		base, had := r.Tally.Base[n.Name]
		if counting && had {
			if base.Instance != now.Instance || now.Requests < base.Requests || now.Errors < base.Errors {
				base = Count{}
			}
			r.Tally.Requests += now.Requests - base.Requests
			r.Tally.Errors += now.Errors - base.Errors
		}
		if r.Tally.Base == nil {
			r.Tally.Base = map[string]Count{}
		}
		r.Tally.Base[n.Name] = now
	}
}
