package release

import "time"

// Limits are what an app's config says when the release begins: its numbers, and how its versions are run. A running
// release keeps them; what makes it safer applies at once (Stricter), what makes it laxer with the next.
type Limits struct {
	Recipe    Recipe          `json:"recipe,omitzero"`
	Addresses map[Slot]string `json:"addresses,omitempty"` // host:port of each slot

	HasDatabase bool   `json:"has_database"`
	Queue       string `json:"queue"` // "newest" or "fifo"
	AllowUrgent bool   `json:"allow_urgent"`

	ProbeEvery time.Duration `json:"probe_every"`
	Passes     int           `json:"passes"`
	Stable     time.Duration `json:"stable"`
	Deadline   time.Duration `json:"deadline"` // from the start of blue to ready

	SwitchApproval   string        `json:"switch_approval"`   // "" or "none" = nobody; else a role
	ContractApproval string        `json:"contract_approval"` // the same
	ApprovalWait     time.Duration `json:"approval_wait"`

	BakeFor     time.Duration `json:"bake_for"`
	MaxErrors   float64       `json:"max_errors"`   // a share: 0.01 = 1 %
	FewRequests string        `json:"few_requests"` // "pass" or "hold"
	Few         uint64        `json:"few"`          // below this many requests there is no evidence: 100

	WarmFor      time.Duration `json:"warm_for"` // Forever = until a person retires it
	AutoRollback bool          `json:"auto_rollback"`

	ContractAfter time.Duration `json:"contract_after"`
	Drain         time.Duration `json:"drain"`
	LongLived     time.Duration `json:"long_lived"`
	Keep          time.Duration `json:"keep"` // an abandoned or rolled-back blue is kept for its logs

	ReadyLost time.Duration `json:"ready_lost"` // blue not ready for so long in the bake: rollback (10 s)
	Blind     time.Duration `json:"blind"`      // so long without seeing HAProxy: hold (10 m)
	Idle      time.Duration `json:"idle"`       // a turn at rest (1 s)
	Busy      time.Duration `json:"busy"`       // a turn from switching to the end of the bake (100 ms)
}

// Forever is the duration of the word "forever" (and, for ContractAfter, of "never").
const Forever = time.Duration(1<<63 - 1)
