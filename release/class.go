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
	switch {
	case state.Previous == nil && state.Floor > 0 && state.Live != None:
		return ClassForwardOnly, false
	case state.Previous == nil:
		return ClassNone, false
	case state.Previous.Generation < state.Floor:
		return ClassForwardOnly, false
	}
	return ClassCold, state.Doubtful || expandedSince(&state)
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

// expandedSince reports whether a release that is not live yet has begun to change the schema.
func expandedSince(s *State) bool {
	r := s.Current
	if r == nil || r.Rollback || r.Folder == "" {
		return false
	}
	return r.Phase == Expanding || r.Phase == Starting || r.Phase == Checking
}
