package release

// RollbackClass is the rollback class of the app at this moment, and whether it is unproven: green may meet values that
// it does not know, or a schema that a later release has expanded since.
func RollbackClass(state State, seen Observation) (ClassName, bool) {
	if r := reversible(&state); r != nil {
		switch plan := state.Slots[r.Green].Plan; {
		case plan == nil:
			return ClassNone, false
		case plan.Generation < state.Floor:
			return ClassForwardOnly, false
		case state.Slots[r.Green].Want && state.Slots[r.Green].Ready == Yes:
			return ClassInstant, r.Unproven || expandedSince(&state)
		default:
			return ClassCold, r.Unproven || expandedSince(&state)
		}
	}
	earlier, doubtful := stopped(&state)
	switch {
	case earlier == nil && state.Floor > 0 && state.Live != None:
		return ClassForwardOnly, false
	case earlier == nil:
		return ClassNone, false
	case earlier.Generation < state.Floor:
		return ClassForwardOnly, false
	}
	return ClassCold, doubtful || expandedSince(&state)
}

// Unready is the slot of an earlier version that is meant to be up and is not ready now; None = there is no such thing. The
// class has no word of its own for it: "instant" is a green that is seen ready, so it is "cold" as long as it is not, and
// with time or a restart by teal it is instant again. But a rollback switches to that slot and starts nothing anew, so
// without force it is refused until the slot is ready; whoever shows the class has to say so.
func Unready(state State) Slot {
	r := reversible(&state)
	if r == nil {
		return None
	}
	green := state.Slots[r.Green]
	if green.Plan == nil || green.Plan.Generation < state.Floor || green.Want && green.Ready == Yes {
		return None
	}
	return r.Green
}

// stopped is the plan that a cold rollback starts, and whether it may meet what it does not know. While green is being
// stopped that is green already, and not the version before it.
func stopped(s *State) (*Plan, bool) {
	if r := s.Last; r != nil && r.Phase == Retiring && !s.Slots[r.Green].Want && s.Slots[r.Green].Plan != nil {
		return s.Slots[r.Green].Plan, r.Unproven
	}
	return s.Previous, s.Doubtful
}

// reversible is the release that can be taken back by switching to its green, or nil.
func reversible(s *State) *Release {
	if r := s.Current; r != nil && (r.Phase == Switching || r.Phase == Baking) {
		if r.Green == None {
			return nil
		}
		return r
	}
	if r := s.Last; r != nil && (r.Phase == Warm || r.Phase == Retiring) && s.Slots[r.Green].Want {
		return r
	}
	return nil
}

// expands reports whether a release brings expand migrations of its own.
func (r *Release) expands() bool { return r.Verdict != nil && len(r.Verdict.Pending) > 0 }

// expandedSince reports whether a release that is not live yet has begun to change the schema.
func expandedSince(s *State) bool {
	r := s.Current
	if r == nil || !r.expands() {
		return false
	}
	return r.Phase == Expanding || r.Phase == Starting || r.Phase == Checking
}
