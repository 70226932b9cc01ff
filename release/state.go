package release

import "time"

// Phase is the step a release has reached.
type Phase string

// The phases, in the order of a release without trouble; then the ways in which one ends early.
const (
	Queued      Phase = "queued"
	Vetted      Phase = "vetted"
	Expanding   Phase = "expanding"
	Starting    Phase = "starting"
	Checking    Phase = "checking"
	Switching   Phase = "switching"
	Baking      Phase = "baking"
	Warm        Phase = "warm"
	Retiring    Phase = "retiring"
	Finished    Phase = "finished"
	RollingBack Phase = "rolling_back"

	Rejected   Phase = "rejected"
	Superseded Phase = "superseded"
	Abandoned  Phase = "abandoned"
	RolledBack Phase = "rolled_back"
)

// ClassName is a rollback class.
type ClassName string

// The rollback classes.
const (
	ClassNone        ClassName = "none"
	ClassInstant     ClassName = "instant"
	ClassCold        ClassName = "cold"
	ClassForwardOnly ClassName = "forward-only"
)

// State is what only teal can know about an app. It is stored before every effect that it announces.
type State struct {
	App   string `json:"app"`
	Seq   uint64 `json:"seq"`   // +1 per stored change; the store refuses a write that is not the next one
	Epoch uint64 `json:"epoch"` // +1 at each take-over

	Live Slot   `json:"live"` // must have the traffic; stored ahead of the switch
	Rev  uint64 `json:"rev"`  // +1 per traffic intent

	Slots map[Slot]Place `json:"slots"`

	Generation uint64 `json:"generation"` // of the newest forward release
	Floor      uint64 `json:"floor"`      // plans below this generation must never run again
	Merged     bool   `json:"merged"`     // the first install: both tracks in number order
	History    bool   `json:"history"`    // one release has finished, or the app was adopted

	Current     *Release `json:"current,omitempty"`  // from queued to baking
	Last        *Release `json:"last,omitempty"`     // warm or retiring, while the next may already be vetted and expand
	Previous    *Plan    `json:"previous,omitempty"` // what a cold rollback starts
	Owed        []Owed   `json:"owed,omitempty"`
	Contracting bool     `json:"contracting,omitempty"` // Owed[0] has started
	Doubtful    bool     `json:"doubtful,omitempty"`    // Previous may meet values or a schema that it does not know

	Hold    *Hold    `json:"hold,omitempty"`
	Waiting *Waiting `json:"waiting,omitempty"`
	Wish    *Command `json:"wish,omitempty"` // a rollback that was promised and not begun yet

	Adopting *Adoption `json:"adopting,omitempty"` // the database is being taken for this app's

	Job  Lane `json:"job,omitzero"`  // the migration lane
	Heal Lane `json:"heal,omitzero"` // repeated sends of the same route
}

// Place is what teal means to be in a slot.
type Place struct {
	Plan      *Plan     `json:"plan,omitempty"`      // what runs, or ran last
	Want      bool      `json:"want"`                // it shall be running
	Ready     Tri       `json:"ready,omitempty"`     // seen ready, with the hysteresis of the design
	ReadyAt   time.Time `json:"ready_at,omitzero"`   // the last turn in which that could be judged
	Tries     int       `json:"tries,omitempty"`     // starts in a row that did not last
	Next      time.Time `json:"next,omitzero"`       // no start before this
	KeepUntil time.Time `json:"keep_until,omitzero"` // an abandoned tenant, kept for its logs
	Launch    Lane      `json:"launch,omitzero"`     // the slot's launch lane
}

// Release is one release in progress, or just finished and still warm.
type Release struct {
	Request
	Phase     Phase      `json:"phase"`
	Rollback  bool       `json:"rollback,omitempty"` // a cold rollback: no migrations, queue, freeze or approval
	First     bool       `json:"first,omitempty"`    // no green
	Blue      Slot       `json:"blue,omitempty"`
	Green     Slot       `json:"green,omitempty"`
	Plan      Plan       `json:"plan"`
	Verdict   *Verdict   `json:"verdict,omitempty"`
	Limits    Limits     `json:"limits"`
	Approvals []Approval `json:"approvals,omitempty"`
	Asking    *Asking    `json:"asking,omitempty"` // the approval that was asked for last
	Since     time.Time  `json:"since"`            // of the phase
	Begun     time.Time  `json:"begun"`
	Switched  time.Time  `json:"switched,omitzero"`
	Ready     bool       `json:"ready,omitempty"`     // blue_ready was said
	Cancelled bool       `json:"cancelled,omitempty"` // its running job has been told to end
	Before    Phase      `json:"before,omitempty"`    // rolling_back: the phase it left
	Forced    bool       `json:"forced,omitempty"`    // a person switched to a slot that was not ready
	Ending    string     `json:"ending,omitempty"`    // abandon as soon as the running job is gone: the code
	Promoted  bool       `json:"promoted,omitempty"`  // a person (or an urgent release) ended the bake
	Unproven  bool       `json:"unproven,omitempty"`  // green may meet values or a schema that it does not know
	Clock     Clock      `json:"clock,omitzero"`
	Tally     Tally      `json:"tally,omitzero"`
	Why       string     `json:"why,omitempty"`     // of the end
	Trigger   string     `json:"trigger,omitempty"` // who or what rolled back
}

// Clock holds the observed time of a phase: it stands still while teal is down, blind or held.
type Clock struct {
	Spent   time.Duration `json:"spent"`
	Blind   time.Duration `json:"blind"`
	Unready time.Duration `json:"unready"` // blue not ready, in a row
	Zero    int           `json:"zero"`    // turns in a row in which green had no session
}

// Tally counts blue's requests and errors since the switch, over reloads and restarts of HAProxy.
type Tally struct {
	Requests uint64           `json:"requests"`
	Errors   uint64           `json:"errors"`
	Base     map[string]Count `json:"base,omitempty"` // last reading per node
}

// Count is one reading of a node's counters.
type Count struct {
	Instance string `json:"instance"`
	Requests uint64 `json:"requests"`
	Errors   uint64 `json:"errors"`
}

// Approval is one person's word for one step ("expand", "switch" or "contract").
type Approval struct {
	Step   string    `json:"step"`
	Role   string    `json:"role"`
	By     string    `json:"by"`
	Reason string    `json:"reason,omitempty"`
	At     time.Time `json:"at"`
}

// Asking is a request for approvals: of what, by whom, for which statements, and since when it has stood.
type Asking struct {
	Step  string    `json:"step"`
	Roles []string  `json:"roles"`
	Asks  []string  `json:"asks,omitempty"`
	Since time.Time `json:"since"`
}

// Owed is the contract of a finished release, waiting for its time.
type Owed struct {
	Release    ID         `json:"release"`
	Version    Version    `json:"version"`
	Generation uint64     `json:"generation"`
	Folder     string     `json:"folder"`
	Numbers    []uint64   `json:"numbers"`
	Roles      []string   `json:"roles,omitempty"` // approvals that it needs
	Asks       []string   `json:"asks,omitempty"`  // the statements that need them, as far as the gate named them
	Approvals  []Approval `json:"approvals,omitempty"`
	NotBefore  time.Time  `json:"not_before"`
	Asked      bool       `json:"asked,omitempty"`    // a person said: now
	Policies   string     `json:"policies,omitempty"` // digest of those it was judged by last
	Denied     string     `json:"denied,omitempty"`   // why they refuse it; "" = they do not
	Begun      bool       `json:"begun,omitempty"`    // a statement of it may have run: it is not judged any more
	Tries      int        `json:"tries,omitempty"`    // to have it judged, in vain
	Next       time.Time  `json:"next,omitzero"`      // no try to have it judged before this
}

// Adoption is a person's word that a database is this app's, with the migrations that it holds already.
type Adoption struct {
	Folder string `json:"folder,omitempty"` // digest; "" = baseline nothing
	Claim  bool   `json:"claim,omitempty"`
	By     string `json:"by"`
}

// Lane is the core's memory of repeated effects: what has been answered already, and when to try again.
type Lane struct {
	Handled time.Time `json:"handled,omitzero"` // end of the last job whose result was dealt with
	Tries   int       `json:"tries,omitempty"`
	Next    time.Time `json:"next,omitzero"`
}

// Hold is a stop that only a person ends.
type Hold struct {
	Code  string    `json:"code"`
	Why   string    `json:"why"`
	Step  string    `json:"step"` // the rule or phase it stopped
	By    string    `json:"by,omitempty"`
	Since time.Time `json:"since"`
}

// aboutBake reports whether a hold is about the bake of the release under way, and about nothing else.
func (h *Hold) aboutBake() bool {
	return h != nil && (h.Code == "bad_bake" || h.Code == "few_requests")
}

// Waiting is an overlay: the step is right, its time has not come.
type Waiting struct {
	For     string    `json:"for"`               // freeze, approval, contract, lock, database, haproxy, launcher, artifact, policy, held
	Release ID        `json:"release,omitempty"` // whose step it is
	Role    string    `json:"role,omitempty"`
	Step    string    `json:"step,omitempty"` // an approval: of what (expand, switch, contract)
	Asks    []string  `json:"asks,omitempty"` // an approval: the statements that need it
	Why     string    `json:"why"`
	Until   time.Time `json:"until,omitzero"`
	Since   time.Time `json:"since"`
}
