package release

import "time"

// Observation is what the shell saw in one turn. Every part may be unknown, and unknown is never taken for good.
type Observation struct {
	Now     time.Time     // wall clock of this turn
	Elapsed time.Duration // observed time since the last turn of this process (monotonic); 0 on the first turn after a start

	Slots   map[Slot]SlotSeen
	Traffic Traffic
	Schema  Schema
	Job     Job          // the migration lane: the app's one vet, expand or contract, running or ended
	Launch  map[Slot]Job // the launch lanes beside it, one per slot: the live slot is restarted while an expand, or the stop of green, takes its time
	Verdict *Verdict     // the last vetting of this process, if any
	Queue   []Request    // accepted and not yet begun, by Seq
	Freeze  Freeze

	Policies string   // digest of the policies in force; "" = there is no gate
	Command  *Command // at most one a turn: what a person said
	Removed  bool     // the app's file is gone from the config directory
}

// SlotSeen is one slot as the launcher and teal's own health probe see it.
type SlotSeen struct {
	Tenant Tenant
	Probe  Probe
}

// Tenant is the launcher's answer: what runs in a slot.
type Tenant struct {
	Running Tri     `json:"running"`
	Release ID      `json:"release,omitempty"` // the plan it was started from
	Version Version `json:"version,omitempty"`
	PID     int     `json:"pid,omitempty"`
	Digest  string  `json:"digest,omitempty"`  // of the executable it was started from; "" = the launcher cannot tell
	Problem string  `json:"problem,omitempty"` // permanent, e.g. "artifact_changed: …"; a start would be refused
}

// Probe is the history of teal's own health probe of a slot: consecutive passes and failures up to the last answer.
type Probe struct {
	Passes  int       `json:"passes"`
	Fails   int       `json:"fails"`
	Since   time.Time `json:"since"` // when the current run of passes (or failures) began
	At      time.Time `json:"at"`    // the last answer; zero = never
	Problem string    `json:"problem,omitempty"`
}

// Traffic is what every HAProxy node of the app says. Readings are never merged across nodes by the adapter.
type Traffic struct {
	Nodes []Node `json:"nodes"`
}

// Node is one HAProxy at one moment.
type Node struct {
	Name       string          `json:"name"`
	Known      bool            `json:"known"` // it answered completely in this turn; otherwise every other field is stale or zero
	At         time.Time       `json:"at"`
	Instance   string          `json:"instance"`          // worker process: counters restart when it changes
	Present    bool            `json:"present"`           // the map has a line for the app
	Route      Route           `json:"route"`             // the line, parsed; App is the app's name
	Foreign    string          `json:"foreign,omitempty"` // the raw value, when it is not in teal's format
	Problem    string          `json:"problem,omitempty"` // why not Known, or what is missing (map not loaded, back-end missing)
	Servers    map[Slot]Server `json:"servers"`
	OldWorkers int             `json:"old_workers,omitempty"`
}

// Server is the server line of a slot's back-end (never the BACKEND line). Counters are those of the server plus
// the 5xx that HAProxy itself answered for the back-end.
type Server struct {
	Up       Tri    `json:"up"`
	Status   string `json:"status"`
	Check    string `json:"check,omitempty"` // what its last health check came to, as HAProxy words it: L7STS 503
	Requests uint64 `json:"requests"`
	Errors   uint64 `json:"errors"`   // 5xx + connection errors
	Sessions uint64 `json:"sessions"` // in use now, tunnels included
	Counted  bool   `json:"counted"`  // the counters were asked for and are valid
}

// Schema is the database's state with regard to one migration folder.
type Schema struct {
	Known    bool      `json:"known"`
	For      string    `json:"for"`   // digest of the folder it was compared with
	Empty    bool      `json:"empty"` // no tables but teal's own
	Expand   Track     `json:"expand"`
	Contract Track     `json:"contract"`
	Hold     string    `json:"hold,omitempty"` // a hold code: dirty, copied_database, orphan, …
	Why      string    `json:"why,omitempty"`
	At       time.Time `json:"at"`
}

// Track is one of the two sequences of migrations.
type Track struct {
	Version uint64   `json:"version"` // highest applied; 0 = none
	Dirty   bool     `json:"dirty"`
	Pending []uint64 `json:"pending"` // numbers of the folder not applied yet, ascending
}

// Job is one long effect. There are three lanes, each with at most one job at a time: the migration lane (Vet, Expand,
// Contract, Adopt) and a launch lane (Start, Stop) for each slot. The core never begins a job in a lane in which one runs.
// Cancel ends the job of the migration lane.
type Job struct {
	Kind    Kind      `json:"kind"` // "" = none since this process began
	Release ID        `json:"release"`
	Slot    Slot      `json:"slot"`
	Running bool      `json:"running"`
	Fault   *Fault    `json:"fault,omitempty"` // how it ended; nil = well
	Text    string    `json:"text,omitempty"`  // progress: "waiting for a lock held by pid 71 (psql, 12 s)"
	Ended   time.Time `json:"ended"`
}

// Verdict is the gate's word on a release: the merged decision of the policy over its plan.
type Verdict struct {
	Release   ID       `json:"release"`
	Refuse    string   `json:"refuse,omitempty"` // a rejection code ("policy", "interleaved", "checksum", …); "" = not refused
	Hold      string   `json:"hold,omitempty"`   // a hold code
	Why       string   `json:"why,omitempty"`
	Findings  []byte   `json:"findings,omitempty"`   // JSON as teal check prints it
	Warnings  []string `json:"warnings,omitempty"`   // what a person should know of the folder and what stops nothing
	Expand    []string `json:"expand,omitempty"`     // roles whose approval the expand needs
	Contract  []string `json:"contract,omitempty"`   // roles whose approval the contract needs
	Asks      []string `json:"asks,omitempty"`       // what the expand's approval is for, at most a handful: "0003_x.up.sql:4 rule"
	AsksLater []string `json:"asks_later,omitempty"` // what the contract's approval is for
	Pending   []uint64 `json:"pending,omitempty"`    // expand numbers that will run
	Owes      []uint64 `json:"owes,omitempty"`       // contract numbers that will be owed
	After     []ID     `json:"after,omitempty"`      // owed contracts of these releases must run first
	NewValues bool     `json:"new_values,omitempty"` // blue may write values that green does not know
	Policies  string   `json:"policies,omitempty"`   // digest of the policies that it was judged by
	Digest    string   `json:"digest,omitempty"`     // of the executable that was found; "" = the launcher cannot tell
}

// Freeze says what a freeze window forbids now. It never covers rollback, retire or abandon.
type Freeze struct {
	Active bool      `json:"active"`
	Until  time.Time `json:"until"`
	Why    string    `json:"why,omitempty"`
}

// Verb is what a person can ask of an app.
type Verb string

// The verbs of the command line that change an app.
const (
	VerbApprove  Verb = "approve"
	VerbPromote  Verb = "promote"
	VerbHold     Verb = "hold"
	VerbResume   Verb = "resume"
	VerbAbandon  Verb = "abandon"
	VerbRollback Verb = "rollback"
	VerbRetire   Verb = "retire"
	VerbContract Verb = "contract"
	VerbAdopt    Verb = "adopt"
)

// Command is one request of a person, with who and why. The answer is in the Action that it caused.
type Command struct {
	Verb    Verb      `json:"verb"`
	Actor   string    `json:"actor"`
	Roles   []string  `json:"roles"`
	Reason  string    `json:"reason,omitempty"`
	Release ID        `json:"release,omitempty"` // which one is meant; "" = the one there is. For rollback: the id of a new cold release
	Force   bool      `json:"force,omitempty"`
	Live    Slot      `json:"live,omitempty"`    // adopt
	Version Version   `json:"version,omitempty"` // adopt: of the live slot
	Rev     bool      `json:"rev,omitempty"`     // adopt --rev: take the maximum + 1
	Folder  string    `json:"folder,omitempty"`  // adopt --migrations: digest of the stored folder whose files are there already
	Claim   bool      `json:"claim,omitempty"`   // adopt --new-installation: this database is the app's now
	At      time.Time `json:"at"`
}

// Interest tells the shell what to look at for the next turn, and when that is.
type Interest struct {
	Every  time.Duration // pause before the next turn
	Slots  []Slot        // slots to probe
	Stats  []Slot        // slots whose HAProxy counters are needed
	Schema string        // compare the database with this folder; "" = do not ask it
	Probe  time.Duration // pause between health probes
}
