package sim

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"teal.dev/teal/release"
)

// Spec is what a version is like: its migrations and how it behaves when it runs.
type Spec struct {
	Version  release.Version
	Expand   []uint64 // numbers of the whole folder, ascending
	Contract []uint64
	Roles    []string // approvals that its expand needs
	Refuse   string   // the gate refuses it with this code
	Warns    []string // what the gate says and what stops nothing
	NoDB     bool     // sends "migrations: none"

	Current   release.Version // precondition.current_version
	Urgent    bool
	Touches   bool   // its expand touches what every owed contract touches
	Changed   bool   // its executable is not the one that it was built with
	Missing   bool   // its directory is not there
	Unread    bool   // its directory cannot be read at the first look
	Way       string // the only recipe that it runs by; "" = any
	Healthy   bool   // becomes healthy after Warmup
	Unchecked bool   // HAProxy's own check asks for another answer than teal's probe
	Warmup    time.Duration
	ErrorRate float64       // share of 5xx
	DiesAfter time.Duration // the process ends so long after its start; 0 = never
	Folder    string        // digest; two versions may share one
}

// World is one app's town. Fields up to the blank line survive a crash of the daemon.
type World struct {
	Now    time.Time
	Limits release.Limits
	Specs  map[release.ID]Spec
	Step   release.Stepper

	Nodes []*Node
	Procs map[release.Slot]*Proc
	DB    DB
	Store Store

	Freeze  release.Freeze
	Policy  Policy
	Tunnels map[release.Slot]uint64 // long-lived connections, which end with their process
	Removed bool                    // the app's file is gone

	mem    memory
	faults Faults
	points int
	crash  map[int]bool // numbers of the points at which the daemon dies
	bake   map[release.ID]time.Duration
	starts []release.Plan // every plan that was started

	Log        []Line
	Waits      release.Action // the last decision, when it was to wait
	Violations []string
	Crashes    int
}

// Policy is what the policies in force ask for beyond what a version asks for itself.
type Policy struct {
	Digest   string
	Deny     string   // "expand" or "contract" files are refused
	Expand   []string // approvals
	Contract []string
	Asks     []string // statements that they ask about beyond those that a version asks about itself
}

// Node is one HAProxy: what its file and its running map say, and its counters.
type Node struct {
	Name     string
	Down     bool
	Mute     bool // it serves, and its socket does not answer
	File     release.Route
	Runtime  release.Route
	Foreign  string // a value that teal never wrote
	Deaf     bool   // it answers and takes no change
	Starts   int
	Requests map[release.Slot]uint64
	Errors   map[release.Slot]uint64
}

// Proc is a process in a slot.
type Proc struct {
	Plan    release.Plan // with the digest of what was started
	Spec    Spec
	Started time.Time
}

// DB is the application's database.
type DB struct {
	Expand, Contract []uint64
	Down             bool
	Foreign          bool   // has tables that teal did not make
	Hold             string // what Observe says: "copied_database" …
	Locked           bool   // the lock budget of a migration is spent in vain
	Unproven         bool   // the next migration leaves what cannot be proven
	Fail             bool   // the next migration fails for good
}

// Store is what the daemon's store holds.
type Store struct {
	State    release.State
	Requests map[release.ID]release.Request
	Begun    map[release.ID]bool
	Outcomes []release.Outcome
	SavedAt  time.Time
}

// Line is one decision, for stories and for the search after a violation.
type Line struct {
	At     time.Time
	Action release.Action
	Phase  release.Phase
}

// Faults are chances per turn (or per effect), for the seeds.
type Faults struct {
	Rand      interface{ Float64() float64 }
	ErrBefore float64 // an effect fails and did nothing
	ErrAfter  float64 // an effect was done and its answer was lost
}

// crashed is the panic that ends a daemon's life.
type crashed struct{ point string }

// New makes a town at rest with healthy defaults and short times.
func New(nodes int) *World {
	w := &World{
		Now: time.Date(2026, 1, 1, 3, 0, 0, 0, time.UTC), Limits: Limits(), Step: release.Step,
		Specs: map[release.ID]Spec{}, Procs: map[release.Slot]*Proc{}, crash: map[int]bool{}, bake: map[release.ID]time.Duration{},
		Store: Store{State: release.State{App: "shop", Epoch: 1}, Requests: map[release.ID]release.Request{}, Begun: map[release.ID]bool{}},
	}
	for i := range nodes {
		w.Nodes = append(w.Nodes, &Node{Name: fmt.Sprintf("lb%d", i+1), Starts: 1, Requests: map[release.Slot]uint64{}, Errors: map[release.Slot]uint64{}})
	}
	w.boot()
	return w
}

// Limits are short times with the proportions of the real ones.
func Limits() release.Limits {
	return release.Limits{
		Recipe: release.Recipe{Launch: "bin/app"}, Addresses: map[release.Slot]string{release.A: "a:1", release.B: "b:1"},
		HasDatabase: true, Queue: "newest",
		ProbeEvery: 500 * time.Millisecond, Passes: 3, Stable: time.Second, Deadline: 20 * time.Second,
		ApprovalWait: 24 * time.Hour, BakeFor: 5 * time.Second, MaxErrors: 0.01, FewRequests: "pass", Few: 100,
		WarmFor: 4 * time.Second, AutoRollback: true, ContractAfter: 3 * time.Second, Drain: 2 * time.Second, LongLived: 5 * time.Second,
		Keep: 10 * time.Second, ReadyLost: 3 * time.Second, Blind: time.Minute, Idle: time.Second, Busy: 200 * time.Millisecond,
	}
}

// Release delivers a release event. Delivering it again changes nothing: its id is used up.
func (w *World) Release(id release.ID, spec Spec) {
	if spec.Folder == "" && !spec.NoDB {
		spec.Folder = strings.ReplaceAll(fmt.Sprintf("folder-%v-%v", spec.Expand, spec.Contract), " ", ",")
	}
	w.Specs[id] = spec
	if _, known := w.Store.Requests[id]; known {
		return
	}
	q := release.Request{ID: id, Seq: uint64(len(w.Store.Requests) + 1), Version: spec.Version, Artifact: release.Artifact{Kind: "dir", Ref: string(spec.Version)}, Folder: spec.Folder, Current: spec.Current, Urgent: spec.Urgent, Accepted: w.Now}
	w.Store.Requests[id] = q
	w.Store.Outcomes = append(w.Store.Outcomes, release.Outcome{Release: id, Type: release.OutAccepted})
}

// queue lists what is accepted and not begun, in order.
func (w *World) queue() []release.Request {
	var list []release.Request
	for id, q := range w.Store.Requests {
		if !w.Store.Begun[id] && !w.ended(id) {
			list = append(list, q)
		}
	}
	slices.SortFunc(list, func(a, b release.Request) int { return int(a.Seq) - int(b.Seq) })
	return list
}

// Terminal are the outcomes of which every request gets exactly one.
func Terminal() []string {
	return []string{release.OutRejected, release.OutSuperseded, release.OutAbandoned, release.OutRolledBack, release.OutFinished}
}

// ended reports whether a release has its terminal outcome.
func (w *World) ended(id release.ID) bool { return len(w.Ends(id)) > 0 }

// Ends lists the terminal outcomes of a release.
func (w *World) Ends(id release.ID) []string {
	var ends []string
	for _, o := range w.Store.Outcomes {
		if o.Release == id && slices.Contains(Terminal(), o.Type) {
			ends = append(ends, o.Type)
		}
	}
	return ends
}

// RestartHAProxy makes a node forget its running map and read its file again, with new counters.
func (n *Node) RestartHAProxy() {
	n.Runtime = n.File
	n.Starts++
	n.Requests, n.Errors = map[release.Slot]uint64{}, map[release.Slot]uint64{}
}

// point is a place at which the daemon may die.
func (w *World) point(name string) {
	w.points++
	if w.crash[w.points] {
		w.Crashes++
		panic(crashed{name})
	}
}

// violate records a broken promise.
func (w *World) violate(format string, args ...any) {
	w.Violations = append(w.Violations, fmt.Sprintf(format, args...))
}

// advance lets time pass in the world: requests flow, processes die, jobs go on.
func (w *World) advance(d time.Duration) {
	w.Now = w.Now.Add(d)
	for slot, p := range w.Procs {
		if p.Spec.DiesAfter > 0 && w.Now.Sub(p.Started) > p.Spec.DiesAfter {
			delete(w.Procs, slot)
		}
	}
	for _, n := range w.Nodes {
		live := n.Runtime.Live
		if n.Down || live == release.None {
			continue
		}
		requests := uint64(d.Milliseconds()/10) + 1
		n.Requests[live] += requests
		if p := w.Procs[live]; p == nil {
			n.Errors[live] += requests
		} else {
			n.Errors[live] += uint64(float64(requests)*p.Spec.ErrorRate + 0.5)
		}
	}
}

// healthy reports whether what runs in a slot answers its health check.
func (w *World) healthy(slot release.Slot) bool {
	p := w.Procs[slot]
	return p != nil && p.Spec.Healthy && w.Now.Sub(p.Started) >= p.Spec.Warmup
}
