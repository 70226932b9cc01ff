package daemon

import (
	"fmt"
	"net/http"
	"strings"
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
	Unready  release.Slot                `json:"unready,omitempty"` // class cold: of the earlier version, up but not ready; a rollback is refused without force until it is
	Hold     *release.Hold               `json:"hold"`
	Waiting  *release.Waiting            `json:"waiting"`
	Owed     []release.Owed              `json:"owed"`
	Coming   *release.Coming             `json:"coming"`  // the contract that will be owed once the earlier version is retired
	Pending  []Pending                   `json:"pending"` // whose word is needed for what; the first is the one that an approval counts for
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
		Class: v.Class, Unproven: v.Unproven, Unready: release.Unready(s), Hold: s.Hold, Waiting: s.Waiting, Owed: orEmpty(s.Owed), Coming: release.Upcoming(s, v.Limits), Pending: pendingOf(v), Slots: map[release.Slot]SlotStatus{},
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
	Step    string          `json:"step"`  // expand, switch or contract
	Roles   []string        `json:"roles"` // all of them that have not spoken
	Asks    []string        `json:"asks"`  // the statements that need the word, as far as the gate named them
	Why     string          `json:"why,omitempty"`
	Since   time.Time       `json:"since,omitzero"` // a contract: since when, or from when on, it may run
	Until   time.Time       `json:"until,omitzero"`
	Age     string          `json:"age,omitempty"`
}

func (d *Daemon) getApprovals(*call) (int, any) {
	pending := []Pending{}
	for _, app := range d.Apps() {
		pending = append(pending, pendingOf(app.View())...)
	}
	return http.StatusOK, map[string]any{"approvals": pending}
}

// pendingOf lists what an app needs a person's word for, as the core has it, with the age of the wait. A step of the release
// under way is listed once it has come to wait; a contract as long as it is owed.
func pendingOf(v View) []Pending {
	s := v.State
	list := []Pending{}
	told := false // one step is waited for; that has the core's own words
	for _, one := range release.Pending(s, v.Limits) {
		if one.Step != "contract" && (s.Waiting == nil || s.Waiting.Release != one.Release) {
			continue
		}
		p := Pending{App: s.App, Release: one.Release, Version: one.Version, Step: one.Step, Roles: one.Roles, Asks: orEmpty(one.Asks),
			Why: fmt.Sprintf("the %s of %s needs the word of %s", one.Step, one.Version, strings.Join(one.Roles, " and "))}
		if one.Denied != "" {
			p.Why = "no approval counts yet, the policies refuse it: " + one.Denied
		}
		for _, owed := range s.Owed {
			if one.Step == "contract" && owed.Release == one.Release {
				p.Since = owed.NotBefore
			}
		}
		if w := s.Waiting; w != nil && w.For == "approval" && w.Step == one.Step && !told {
			told, p.Why, p.Since, p.Until = true, w.Why, w.Since, w.Until
		}
		p.Age = age(p.Since)
		list = append(list, p)
	}
	return list
}

func age(since time.Time) string {
	if since.IsZero() || time.Since(since) < 0 {
		return ""
	}
	return time.Since(since).Round(time.Second).String()
}
