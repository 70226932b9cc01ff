package release

import "time"

// Migration asks for one track of one release to be applied. The files come beside it.
type Migration struct {
	App     string   `json:"app"`
	Release ID       `json:"release"`
	Epoch   uint64   `json:"epoch"`
	Folder  string   `json:"folder"`            // digest
	Track   string   `json:"track"`             // "expand" or "contract"
	Merged  bool     `json:"merged,omitempty"`  // first install: both tracks in number order
	Numbers []uint64 `json:"numbers,omitempty"` // contract: only these, the owed ones
	Claim   bool     `json:"claim,omitempty"`   // adoption: this database is the app's now, whatever was stored
}

// Acceptance is what the door decided about one message, recorded before the message is acknowledged.
type Acceptance struct {
	App     string
	ID      ID
	Digest  string // sha256 of the raw bytes: tells a duplicate from a conflict
	Stream  uint64 // sequence in the stream; 0 = did not come from a stream
	Stored  time.Time
	Raw     []byte
	Signer  string  // id of the key that signed; "" = unsigned
	Request Request // zero when refused
	Outcome Outcome // accepted or rejected

	Sequence int64 // the event's own sequence option, so that an older event can be told; 0 = none
}

// Receipt says what the store made of an Acceptance.
type Receipt string

// The receipts.
const (
	New       Receipt = "new"       // stored, its outcome queued
	Duplicate Receipt = "duplicate" // the same bytes are there already: nothing changed
	Conflict  Receipt = "conflict"  // the id was used by other bytes: nothing changed
)

// Entry is one line of an app's timeline, kept for ever: an action with its duration, or a person's word.
type Entry struct {
	N      uint64        `json:"n"` // position, given by the store
	App    string        `json:"app"`
	At     time.Time     `json:"at"`
	Actor  string        `json:"actor,omitempty"`  // "" = teal itself
	Verb   Verb          `json:"verb,omitempty"`   // what the actor asked
	Reason string        `json:"reason,omitempty"` // the actor's
	Action Action        `json:"action"`
	Phase  Phase         `json:"phase,omitempty"` // of the release after the action
	Took   time.Duration `json:"took,omitempty"`  // of the effect; 0 for records
	Error  string        `json:"error,omitempty"`
}

// Posted is an Outcome as it waits in the outbox: numbered per release from 1, without a gap.
type Posted struct {
	Outcome
	App string `json:"app"`
	N   uint64 `json:"n"` // per release
	Row uint64 `json:"-"` // position in the outbox
}
