package release

import "time"

// Slot is one of the two places in which an app can run. It is physical: ports, processes and
// HAProxy back-ends carry the letter, while "green" and "blue" are roles that never appear in a name.
type Slot string

// The two slots, and None for "nowhere": nothing is live yet.
const (
	None Slot = ""
	A    Slot = "a"
	B    Slot = "b"
)

// Other returns the opposite slot; the opposite of None is None.
func (s Slot) Other() Slot {
	switch s {
	case A:
		return B
	case B:
		return A
	}
	return None
}

// Slots lists both slots in order, for loops that must look at each.
func Slots() [2]Slot { return [2]Slot{A, B} }

// ID identifies one release for ever: the ULID that is the CloudEvent's id and the subject's token.
type ID string

// Version is the version of an application as its build system names it.
type Version string

// Tri is a truth that may be unknown. The zero value is Unknown, so that what nobody has seen is never "no".
type Tri string

// The three truth values.
const (
	Unknown Tri = ""
	Yes     Tri = "yes"
	No      Tri = "no"
)

// Plan is everything that is needed to run one version in a slot again, frozen when its release was
// vetted, so that a restart, a reboot or a cold rollback needs neither the event nor the config of that day.
type Plan struct {
	Release    ID       `json:"release"`
	Version    Version  `json:"version"`
	Artifact   Artifact `json:"artifact"`
	Recipe     Recipe   `json:"recipe,omitzero"`   // zero = of a teal that kept none: the config of today counts
	Address    string   `json:"address,omitempty"` // of its slot when its release began, cold rollbacks too; "" = today's
	Generation uint64   `json:"generation"`        // counts the app's forward releases; compared with State.Floor
}

// Recipe is how a version is run and asked for its health, as the config said when its release began.
type Recipe struct {
	Launch string `json:"launch,omitempty"` // the launcher's own words, opaque here: references to secrets, never what they name
	Health string `json:"health,omitempty"` // path of the health check
}

// Artifact names what is run. Kind is "dir", "oci" or "none"; Ref the directory's name under the launcher's
// root or the image; Digest the sha256 of the executable (empty until the vetting, or for an adopted version its first
// start, has seen it) or of the image.
type Artifact struct {
	Kind   string `json:"kind"`
	Ref    string `json:"ref,omitempty"`
	Digest string `json:"digest,omitempty"`
}

// Route is what the map of HAProxy shall say for an app: one line, "<app> <live>:<candidate>:<percent>:<rev>".
// Epoch is not written: it lets the adapter refuse to act for a leader that has been replaced.
type Route struct {
	App       string `json:"app"`
	Live      Slot   `json:"live"`
	Candidate Slot   `json:"candidate"`
	Percent   int    `json:"percent"`
	Rev       uint64 `json:"rev"`
	Epoch     uint64 `json:"epoch"`
}

// Fault is the error of an effect, with the class that decides what may follow. Adapters return it (wrapped or
// bare); any other error counts as Retry, because a time-out is ignorance and not a verdict.
type Fault struct {
	Class Class  `json:"class"`
	Code  string `json:"code"` // machine code in snake_case, e.g. "artifact_changed", "lock_budget"
	Text  string `json:"text"` // one sentence: what, where, and what to do next
}

// Error returns the sentence.
func (f *Fault) Error() string { return f.Text }

// Class says whether repeating an effect can help.
type Class string

// The classes of Fault.
const (
	Retry     Class = "retry"     // look again and repeat, with back-off
	Permanent Class = "permanent" // repeating gives the same answer: give up the release
	Budget    Class = "budget"    // the time allowed for waiting is spent: an expand is abandoned, a contract stays owed
	Unproven  Class = "unproven"  // the state of the world cannot be proven: hold
)

// Request is an accepted release as it waits in the queue.
type Request struct {
	ID       ID        `json:"id"`
	Seq      uint64    `json:"seq"` // position in the stream: the order of the queue
	Version  Version   `json:"version"`
	Artifact Artifact  `json:"artifact"`
	Folder   string    `json:"folder,omitempty"`  // digest of the stored migration folder; "" = migrations: none
	Current  Version   `json:"current,omitempty"` // precondition.current_version
	Urgent   bool      `json:"urgent,omitempty"`
	Tighten  *Limits   `json:"tighten,omitempty"` // options of the event, which may only tighten
	Accepted time.Time `json:"accepted"`
}
