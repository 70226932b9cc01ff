package release

import "slices"

// Step is one turn of the core: fold what was seen into the state, let the first rule that has something to say decide,
// and write down what that decision changes. The shell stores the new state with its outcomes (in one transaction), then
// carries out the action, then looks again. When the action is Wait the new state differs only in observed clocks and
// need not be stored at once.
func Step(state State, seen Observation, limits Limits) (State, Action, []Outcome) {
	return step(rules, state, seen, limits)
}

// Stepper is the shape of Step, for those who wrap it.
type Stepper func(State, Observation, Limits) (State, Action, []Outcome)

// Without returns a Step whose table lacks the named rules: a mutant, for the simulator to kill.
func Without(names ...string) Stepper {
	left := slices.DeleteFunc(slices.Clone(rules), func(r rule) bool { return slices.Contains(names, r.name) })
	return func(state State, seen Observation, limits Limits) (State, Action, []Outcome) {
		return step(left, state, seen, limits)
	}
}

// step is Step over a table.
func step(table []rule, state State, seen Observation, limits Limits) (State, Action, []Outcome) {
	t := &turn{s: clone(state), o: seen, l: limits}
	see(t)
	for _, r := range table {
		if action, said := r.say(t); said {
			action.Rule = r.name
			return t.s, action, t.outcomes
		}
	}
	return t.s, Action{Kind: Wait, Rule: "nothing-to-do", Why: "nothing to do"}, t.outcomes
}

// turn is one call of Step: the state being written, what was seen, and the limits in force.
type turn struct {
	s        State
	o        Observation
	l        Limits
	outcomes []Outcome
}

// rule is a named function. It either says nothing and leaves the turn as it is, or says what to do and writes down what
// that changes.
type rule struct {
	name string
	say  func(*turn) (Action, bool)
}

// rules are read from the top: what a person said (recorded at once, so that an answer never waits for the world), then
// the safety of traffic, then of data, then progress.
var rules = []rule{
	{"person-rolls-back", personRollsBack},
	{"person-holds", personHolds},
	{"person-resumes", personResumes},
	{"person-adopts", personAdopts},
	{"person-approves", personApproves},
	{"person-promotes", personPromotes},
	{"person-abandons", personAbandons},
	{"person-retires", personRetires},
	{"person-contracts", personContracts},

	{"foreign-rev-holds", foreignRevHolds},
	{"withdraw-switch", withdrawSwitch},
	{"roll-back-on-errors", rollBackOnErrors},
	{"roll-back-on-unready", rollBackOnUnready},
	{"settle-rollback", settleRollback},
	{"settle-switch", settleSwitch},
	{"heal-traffic", healTraffic},
	{"artifact-problem-holds", artifactProblemHolds},
	{"keep-running", keepRunning},
	{"blind-holds", blindHolds},

	{"abandon-when-quiet", abandonWhenQuiet},
	{"removed-holds", removedHolds},
	{"database-gone-holds", databaseGoneHolds},
	{"held", held},
	{"adopt-database", adoptDatabase},
	{"schema-holds", schemaHolds},
	{"unknown-live-holds", unknownLiveHolds},
	{"first-install-merges", firstInstallMerges},

	{"contract-failed", contractFailed},
	{"contract-done", contractDone},
	{"contract-again", contractAgain},
	{"bake-over", bakeOver},
	{"bake", bake},
	{"green-gone", greenGone},
	{"stop-green", stopGreen},
	{"drain-green", drainGreen},
	{"warm-over", warmOver},
	{"stop-kept", stopKept},
	{"begin-rollback", beginRollback},
	{"supersede", supersede},
	{"judge-owed", judgeOwed},
	{"contract-owed", contractOwed},
	{"begin", begin},

	{"judge", judge},
	{"vet", vet},
	{"judge-again", judgeAgain},
	{"gate-expand", gateExpand},
	{"expand", expand},
	{"expand-failed", expandFailed},
	{"expanded", expanded},
	{"expand-again", expandAgain},
	{"start-blue", startBlue},
	{"start-failed", startFailed},
	{"blue-ready", blueReady},
	{"abandon-late-blue", abandonLateBlue},
	{"wait-for-blue", waitForBlue},
	{"gate-switch", gateSwitch},
	{"switch", switchTraffic},
	{"wait-for-switch", waitForSwitch},
	{"warm", warm},
}

// Rules lists the names of all rules in the order in which they are read.
func Rules() []string {
	names := make([]string, 0, len(rules))
	for _, r := range rules {
		names = append(names, r.name)
	}
	return names
}

// silent is what a rule returns that has nothing to say.
func silent() (Action, bool) { return Action{}, false }

// wait says that the step is right and its time has not come.
func wait(why string) (Action, bool) { return Action{Kind: Wait, Why: why}, true }

// record says that only the record changes.
func record(id ID, why string) (Action, bool) {
	return Action{Kind: Record, Release: id, Why: why}, true
}

// refuse answers a person's request that is not possible now.
func refuse(code, why string) (Action, bool) { return Action{Kind: Refuse, Code: code, Why: why}, true }

// tell queues one outcome.
func (t *turn) tell(id ID, kind, code, text string, facts map[string]any) {
	if id == "" {
		return
	}
	t.outcomes = append(t.outcomes, Outcome{Release: id, Type: kind, Code: code, Text: text, Facts: facts, At: t.o.Now})
}

// enter moves a release to a phase and starts that phase's clock.
func (t *turn) enter(r *Release, p Phase) {
	r.Phase, r.Since, r.Clock = p, t.o.Now, Clock{}
	t.s.Waiting = nil
}

// subject is the release that an outcome about the app as a whole belongs to.
func (t *turn) subject() ID {
	switch {
	case t.s.Current != nil:
		return t.s.Current.ID
	case t.s.Last != nil:
		return t.s.Last.ID
	case len(t.s.Owed) > 0:
		return t.s.Owed[0].Release
	}
	return ""
}

// hold stops progress until a person resumes it. A hold that stands already is not replaced.
func (t *turn) hold(code, why string) (Action, bool) {
	if r := t.s.Current; t.s.Hold != nil || r != nil && r.Ending != "" && t.said(VerbHold) == nil {
		return silent() // one hold at a time, and teal begins none about a release that is being given up
	}
	t.s.Hold = &Hold{Code: code, Why: why, Step: t.step(), Since: t.o.Now}
	t.s.Waiting = nil
	t.tell(t.subject(), OutHeld, code, why, map[string]any{"step": t.step()})
	return Action{Kind: Record, Release: t.subject(), Code: code, Why: why}, true
}

// step names what the app is doing, for holds and answers.
func (t *turn) step() string {
	switch {
	case t.s.Contracting:
		return "contracting"
	case t.s.Current != nil:
		return string(t.s.Current.Phase)
	case t.s.Last != nil:
		return string(t.s.Last.Phase)
	}
	return "at rest"
}

// waitFor sets the waiting overlay. It speaks aloud (an outcome) only when what it waits for changes.
func (t *turn) waitFor(id ID, w Waiting) (Action, bool) {
	if old := t.s.Waiting; old != nil && old.For == w.For && old.Role == w.Role && old.Release == id {
		old.Why, old.Asks = w.Why, w.Asks
		if w.For != "approval" { // whose time is counted from when it was asked for
			old.Until = w.Until
		}
		return wait(w.Why)
	}
	w.Release = id
	if w.Since.IsZero() { // an approval may have been asked for before
		w.Since = t.o.Now
	}
	t.s.Waiting = &w
	facts := map[string]any{"for": w.For}
	if w.Role != "" {
		facts["role"] = w.Role
	}
	if len(w.Asks) > 0 {
		facts["statements"] = w.Asks
	}
	if !w.Until.IsZero() {
		facts["until"] = w.Until
	}
	t.tell(id, OutWaiting, w.For, w.Why, facts)
	return Action{Kind: Record, Release: id, Code: w.For, Why: w.Why}, true
}
