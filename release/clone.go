package release

import (
	"maps"
	"slices"
)

// clone copies a state so deeply that Step never writes into its caller's.
func clone(s State) State {
	s.Slots = maps.Clone(s.Slots)
	if s.Slots == nil {
		s.Slots = map[Slot]Place{}
	}
	for slot, place := range s.Slots {
		place.Plan = copied(place.Plan)
		s.Slots[slot] = place
	}
	s.Current, s.Last = cloneRelease(s.Current), cloneRelease(s.Last)
	s.Previous, s.Hold, s.Waiting, s.Wish = copied(s.Previous), copied(s.Hold), copied(s.Waiting), copied(s.Wish)
	s.Adopting = copied(s.Adopting)
	s.Owed = slices.Clone(s.Owed)
	for i := range s.Owed {
		s.Owed[i].Approvals = slices.Clone(s.Owed[i].Approvals)
	}
	return s
}

// cloneRelease copies one release.
func cloneRelease(r *Release) *Release {
	c := copied(r)
	if c == nil {
		return nil
	}
	c.Verdict = copied(c.Verdict)
	c.Approvals = slices.Clone(c.Approvals)
	c.Tally.Base = maps.Clone(c.Tally.Base)
	return c
}

// copied returns a pointer to a copy, or nil.
func copied[T any](p *T) *T {
	if p == nil {
		return nil
	}
	c := *p
	return &c
}
