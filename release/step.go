package release

// Step is one turn of the core: fold what was seen into the state, let the first rule that has something to say decide,
// and write down what that decision changes. The shell stores the new state with its outcomes (in one transaction), then
// carries out the action, then looks again. When the action is Wait the new state differs only in observed clocks and
// need not be stored at once.
func Step(state State, seen Observation, limits Limits) (State, Action, []Outcome) {
	return state, Action{Kind: Wait, Rule: "nothing-to-do"}, nil
}

// Watch says what the shell shall look at for the next turn.
func Watch(state State, limits Limits) Interest { return Interest{Every: limits.Idle} }

// Class is the rollback class of the app at this moment, and whether it is unproven.
func Class(state State, seen Observation) (ClassName, bool) { return ClassNone, false }
