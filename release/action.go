package release

import "time"

// Kind is what the shell shall do. One case per kind in the shell, and nothing else there knows why.
type Kind string

// The kinds of Action. Those above the line are effects; the rest only change the record.
const (
	Vet      Kind = "vet"      // job: judge Release's plan and what Plan would run (with Numbers: only that part of its contract); its word comes back as Observation.Verdict
	Expand   Kind = "expand"   // job: apply the pending expand migrations of Folder (both tracks when Merged)
	Contract Kind = "contract" // job: apply the owed contract migrations of Folder
	Start    Kind = "start"    // launch job: bring Plan up in Slot
	Stop     Kind = "stop"     // launch job: stop what runs in Slot; SIGTERM, then Grace, then the end
	Adopt    Kind = "adopt"    // job: take the database as it is for this app's: baseline what Folder says is there, or claim a copy
	Cancel   Kind = "cancel"   // end the running job of the migration lane and wait until it has really gone
	Send     Kind = "send"     // write State.Route to every node, in order, and read back

	Wait   Kind = "wait"   // nothing to do before Interest.Every
	Record Kind = "record" // the record changes, the world does not
	Refuse Kind = "refuse" // a person asked for something that is not possible now
)

// Action is the core's whole answer in one flat value: it goes into the journal, the log line, the metric, the
// golden file and teal status unchanged.
type Action struct {
	Kind    Kind          `json:"kind"`
	Rule    string        `json:"rule"` // the name of the rule that spoke
	Why     string        `json:"why"`  // one sentence for a person
	Release ID            `json:"release,omitempty"`
	Slot    Slot          `json:"slot,omitempty"`
	Plan    Plan          `json:"plan,omitzero"`
	Folder  string        `json:"folder,omitempty"`
	Numbers []uint64      `json:"numbers,omitempty"` // contract, and its vetting: the owed numbers
	Merged  bool          `json:"merged,omitempty"`
	Claim   bool          `json:"claim,omitempty"` // adopt
	Grace   time.Duration `json:"grace,omitempty"`
	Route   Route         `json:"route,omitzero"`
	Code    string        `json:"code,omitempty"` // machine code of a refusal or hold
}

// Outcome types, as published on teal.v1.outcome.<app>.<release-id>.<type>.
const (
	OutAccepted    = "accepted"
	OutRejected    = "rejected"
	OutSuperseded  = "superseded"
	OutWaiting     = "waiting"
	OutExpanding   = "expanding"
	OutExpanded    = "expanded"
	OutBlueReady   = "blue_ready"
	OutSwitched    = "switched"
	OutBaking      = "baking"
	OutRolledBack  = "rolled_back"
	OutAbandoned   = "abandoned"
	OutRetired     = "retired"
	OutContracting = "contracting"
	OutFinished    = "finished"
	OutHeld        = "held"
	OutResumed     = "resumed"
	OutContracted  = "contracted"
)

// Outcome is one thing that happened to a release, for the world outside. The store numbers it per release and
// keeps it in the same transaction as the state that it tells of.
type Outcome struct {
	Release ID             `json:"release"`
	Type    string         `json:"type"`
	Code    string         `json:"code,omitempty"`
	Text    string         `json:"text"`
	Facts   map[string]any `json:"facts,omitempty"`
	At      time.Time      `json:"at"`
}
