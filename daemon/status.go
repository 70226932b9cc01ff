package daemon

import (
	"fmt"
	"net/http"
	"slices"
	"time"

	"teal.dev/teal/release"
)

// AppStatus is one app as GET /v1/status and GET /v1/apps/{app} show it. Times of "since" make ages; nothing here needs
// a second question.
type AppStatus struct {
	App      string                      `json:"app"`
	Live     release.Slot                `json:"live"`
	Version  release.Version             `json:"version"` // of the live slot
	Rev      uint64                      `json:"rev"`
	Epoch    uint64                      `json:"epoch"`
	Phase    release.Phase               `json:"phase"` // of the release in progress, else of the last; "" = none yet
	Current  *release.Release            `json:"current"`
	Last     *release.Release            `json:"last"`
	Previous *release.Plan               `json:"previous"` // what a cold rollback would start
	Class    release.ClassName           `json:"class"`
	Unproven bool                        `json:"unproven"`
	Hold     *release.Hold               `json:"hold"`
	Waiting  *release.Waiting            `json:"waiting"`
	Owed     []release.Owed              `json:"owed"`
	Slots    map[release.Slot]SlotStatus `json:"slots"`
	Traffic  []release.Node              `json:"traffic"`
	Schema   release.Schema              `json:"schema"`
	Queue    []release.Request           `json:"queue"`
	Job      *release.Job                `json:"job"`    // migration lane, when it runs
	Launch   *release.Job                `json:"launch"` // launch lane, when it runs
	Freeze   release.Freeze              `json:"freeze"`
	Kind     release.Kind                `json:"kind"` // the last decision
	Rule     string                      `json:"rule"`
	Why      string                      `json:"why"`
	Removed  bool                        `json:"removed"`
	Degraded string                      `json:"degraded,omitempty"`
	Problems []string                    `json:"problems"`
	At       time.Time                   `json:"at"`
}

// SlotStatus is one slot: what teal means to be there, and what is seen.
type SlotStatus struct {
	Role    string          `json:"role"` // green, blue or ""; of the release in progress or warm
	Release release.ID      `json:"release,omitempty"`
	Version release.Version `json:"version,omitempty"`
	Want    bool            `json:"want"`
	Ready   release.Tri     `json:"ready"`
	Running release.Tri     `json:"running"`
	PID     int             `json:"pid,omitempty"`
	Problem string          `json:"problem,omitempty"`
	Probe   release.Probe   `json:"probe"`
	Tries   int             `json:"tries,omitempty"`
	Next    time.Time       `json:"next,omitzero"`
}

// statusOf flattens a view.
func statusOf(v View) AppStatus {
	s, o := v.State, v.Observation
	status := AppStatus{App: s.App, Live: s.Live, Rev: s.Rev, Epoch: s.Epoch, Current: brief(s.Current), Last: brief(s.Last), Previous: withoutRecipe(s.Previous),
		Class: v.Class, Unproven: v.Unproven, Hold: s.Hold, Waiting: s.Waiting, Owed: orEmpty(s.Owed), Slots: map[release.Slot]SlotStatus{},
		Traffic: orEmpty(o.Traffic.Nodes), Schema: o.Schema, Queue: orEmpty(o.Queue), Freeze: o.Freeze, Kind: v.Action.Kind, Rule: v.Action.Rule,
		Why: v.Action.Why, Removed: o.Removed, Degraded: v.Degraded, Problems: orEmpty(v.Problems), At: v.At}
	if o.Job.Running {
		status.Job = &o.Job
	}
	for _, slot := range release.Slots() {
		if job := o.Launch[slot]; job.Running && (status.Launch == nil || slot == s.Live) {
			status.Launch = &job
		}
	}
	var subject *release.Release
	for _, r := range []*release.Release{s.Last, s.Current} {
		if r != nil {
			subject, status.Phase = r, r.Phase
		}
	}
	for _, slot := range release.Slots() {
		place, seen := s.Slots[slot], o.Slots[slot]
		one := SlotStatus{Want: place.Want, Ready: place.Ready, Running: seen.Tenant.Running, PID: seen.Tenant.PID, Problem: trouble(s.App, slot, place, seen),
			Probe: seen.Probe, Tries: place.Tries, Next: place.Next, Release: seen.Tenant.Release, Version: seen.Tenant.Version}
		if place.Plan != nil {
			one.Release, one.Version = place.Plan.Release, place.Plan.Version
			if slot == s.Live {
				status.Version = place.Plan.Version
			}
		}
		if subject != nil {
			switch slot {
			case subject.Green:
				one.Role = "green"
			case subject.Blue:
				one.Role = "blue"
			}
		}
		status.Slots[slot] = one
	}
	return status
}

// trouble is why a slot is not as teal means it to be: the launcher's own problem, or what its failed starts tell.
func trouble(app string, slot release.Slot, place release.Place, seen release.SlotSeen) string {
	switch {
	case seen.Tenant.Problem != "" || !place.Want || seen.Tenant.Running != release.No || place.Tries < 2:
		return seen.Tenant.Problem
	case seen.Probe.Passes > 0:
		return fmt.Sprintf("started %d times and ended each time, while something that teal did not start answers at the slot's address: stop that (another address of the slot counts from the next release on)", place.Tries)
	}
	return fmt.Sprintf("started %d times and ended each time: see log/%s.%s.log beside the store", place.Tries, app, slot)
}

// brief is a release without the findings of its verdict, which may be long (teal explain shows them), and without its
// recipe.
func brief(r *release.Release) *release.Release {
	if r == nil {
		return nil
	}
	short := *r
	short.Plan.Recipe, short.Limits.Recipe = release.Recipe{}, release.Recipe{}
	if r.Verdict != nil {
		verdict := *r.Verdict
		verdict.Findings = nil
		short.Verdict = &verdict
	}
	return &short
}

// withoutRecipe is a plan without its recipe, which holds the app's environment as its file has it: for the store only, and
// neither for the timeline nor for who may read the API.
func withoutRecipe(p *release.Plan) *release.Plan {
	if p == nil {
		return nil
	}
	short := *p
	short.Recipe = release.Recipe{}
	return &short
}

// shown is an action as others see it: without the recipe of its plan.
func shown(a release.Action) release.Action {
	a.Plan = *withoutRecipe(&a.Plan)
	return a
}

// Pending is one thing that waits for a person's word.
type Pending struct {
	App     string          `json:"app"`
	Release release.ID      `json:"release"`
	Version release.Version `json:"version"`
	Step    string          `json:"step"` // expand, switch or contract
	Roles   []string        `json:"roles"`
	Why     string          `json:"why,omitempty"`
	Since   time.Time       `json:"since,omitzero"`
	Until   time.Time       `json:"until,omitzero"`
	Age     string          `json:"age,omitempty"`
}

func (d *Daemon) getApprovals(*call) (int, any) {
	pending := []Pending{}
	for _, app := range d.Apps() {
		pending = append(pending, pendingOf(app.View().State)...)
	}
	return http.StatusOK, map[string]any{"approvals": pending}
}

// pendingOf lists what an app waits for: the step that the core named, and each owed contract that lacks a word.
func pendingOf(s release.State) []Pending {
	var list []Pending
	if w, r := s.Waiting, s.Current; w != nil && w.For == "approval" && r != nil {
		step := "switch"
		if r.Phase == release.Queued || r.Phase == release.Vetted {
			step = "expand"
		}
		list = append(list, Pending{App: s.App, Release: r.ID, Version: r.Version, Step: step, Roles: rolesOf(w.Role), Why: w.Why, Since: w.Since, Until: w.Until, Age: age(w.Since)})
	}
	for i, owed := range s.Owed {
		var roles []string
		for _, role := range owed.Roles {
			if !slices.ContainsFunc(owed.Approvals, func(a release.Approval) bool { return a.Role == role }) {
				roles = append(roles, role)
			}
		}
		if len(roles) == 0 || i == 0 && s.Contracting {
			continue
		}
		list = append(list, Pending{App: s.App, Release: owed.Release, Version: owed.Version, Step: "contract", Roles: roles, Since: owed.NotBefore, Age: age(owed.NotBefore),
			Why: "the contract migrations are owed and need an approval"})
	}
	return list
}

func rolesOf(role string) []string {
	if role == "" {
		return []string{}
	}
	return []string{role}
}

func age(since time.Time) string {
	if since.IsZero() || time.Since(since) < 0 {
		return ""
	}
	return time.Since(since).Round(time.Second).String()
}
