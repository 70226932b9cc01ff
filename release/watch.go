package release

import "time"

// active is the pause between turns while a release is under way but the traffic is not being watched closely.
const active = 250 * time.Millisecond

// Watch says what the shell shall look at for the next turn.
func Watch(state State, seen Observation, limits Limits) Interest {
	i := Interest{Every: limits.Idle, Probe: limits.ProbeEvery}
	for _, slot := range Slots() {
		if place := state.Slots[slot]; place.Want {
			i.Slots = append(i.Slots, slot)
			// A probe's answer is taken up by the next turn, and is fresh for two probes: slower turns would never see it so.
			i.Every = min(i.Every, max(limits.ProbeEvery, limits.Busy))
		}
	}
	for _, r := range []*Release{state.Current, state.Last} {
		if r == nil {
			continue
		}
		switch r.Phase {
		case Switching, Baking, RollingBack:
			i.Every = min(i.Every, limits.Busy)
			i.Stats = append(i.Stats, r.Blue)
		case Checking:
			i.Every = min(i.Every, active)
			i.Stats = append(i.Stats, r.Blue)
		case Retiring:
			i.Every = min(i.Every, active)
			i.Stats = append(i.Stats, r.Green)
		case Warm:
			i.Stats = append(i.Stats, r.Blue)
		default:
			i.Every = min(i.Every, active)
		}
	}
	if state.Contracting || state.Wish != nil || state.Adopting != nil {
		i.Every = min(i.Every, active)
	}
	if !seen.Job.Running {
		i.Schema = schemaNeeded(state, limits)
	}
	return i
}

// schemaNeeded is the digest of the folder that the database must be compared with before the next step; "" = none.
func schemaNeeded(state State, limits Limits) string {
	switch r := state.Current; {
	case state.Contracting && len(state.Owed) > 0:
		return state.Owed[0].Folder
	case r == nil || !limits.HasDatabase:
		return ""
	case r.Phase == Expanding, r.Phase == Queued && !state.History && state.Live == None:
		return r.Folder
	}
	return ""
}
