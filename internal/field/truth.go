package field

import (
	"context"
	"fmt"

	"teal.dev/teal/internal/oracle"
	"teal.dev/teal/policies"
)

// Harm is how the server showed that a migration is not for a time when the old version runs.
type Harm string

// The harms, by the oracle's own measure.
const (
	Nothing Harm = ""
	Answers Harm = "answers" // a statement of the old version is answered otherwise
	Refused Harm = "refused" // the server refuses the migration
	Proven  Harm = "proof"   // a query of the case shows it, and no statement of the old version
)

// Truth is what the server did with a sample. It holds nothing of what anybody says about it.
type Truth struct {
	Case, Hash string
	Harm       Harm
	Harmful    []int // the statements that bring it; none: any of them, as where a query of the case shows it
	Careless   bool  // it breaks an application that says whatever may be said
	Blocks     policies.Blocks
	Blocking   []int // the statements that bring that; none: any of them
}

// Measure plays a sample: with the old version it is about and, where that notices nothing, with one that is careless.
func Measure(ctx context.Context, b *oracle.Bench, s *Sample) (Truth, error) {
	t := Truth{Case: s.Name, Hash: s.Hash}
	seen, err := b.Play(ctx, &s.Case, false)
	if err != nil {
		return t, fmt.Errorf("%s: %w", s.Name, err)
	}
	switch {
	case len(seen.Changed) > 0:
		t.Harm = Answers
	case seen.Refused != "":
		t.Harm = Refused
	case len(s.Proof) > 0:
		t.Harm = Proven
	default:
		c := s.Case
		c.Old = append(append([]oracle.Old(nil), c.Old...), c.Careless...)
		wide, err := b.Play(ctx, &c, true)
		if err != nil {
			return t, fmt.Errorf("%s, carelessly: %w", s.Name, err)
		}
		t.Careless = len(wide.Changed) > 0
	}
	if seen.Refused == "" {
		t.Blocks = seen.Blocks
	}
	if len(s.Spots) > 1 && len(s.Proof) == 0 && (t.Harm == Answers || t.Harm == Refused || t.Blocks != policies.BlocksNobody) {
		err = t.blame(ctx, b, s, seen)
	}
	return t, err
}

// blame plays the first statement alone, then the first two, and so on: a statement is harmful when with it more of what is
// seen in the end is seen than without it, be it that a statement of the old version is answered otherwise or how it is.
func (t *Truth) blame(ctx context.Context, b *oracle.Bench, s *Sample, end oracle.Seen) error {
	final := changes(end)
	var before oracle.Seen
	for n := range s.Spots {
		c := s.prefix(n + 1)
		seen, err := b.Play(ctx, &c, false)
		if err != nil {
			return fmt.Errorf("%s, its first %d statements: %w", s.Name, n+1, err)
		}
		had, more := changes(before), seen.Refused != "" && before.Refused == ""
		for ch := range changes(seen) {
			more = more || final[ch] && !had[ch]
		}
		if more {
			t.Harmful = append(t.Harmful, n+1)
		}
		if blocking(seen) > blocking(before) {
			t.Blocking = append(t.Blocking, n+1)
		}
		before = seen
	}
	return nil
}

func changes(seen oracle.Seen) map[string]bool {
	out := map[string]bool{}
	for _, ch := range seen.Changed {
		out[string(ch.Mode)+" "+ch.Old.SQL] = true
		out[string(ch.Mode)+" "+ch.Old.SQL+" "+ch.How] = true
	}
	return out
}

// blocking grows with what is kept waiting, and with the tables that are worked through meanwhile.
func blocking(seen oracle.Seen) int {
	work := len(seen.Scanned) + len(seen.Written)
	switch {
	case seen.Refused != "" || seen.Blocks == policies.BlocksNobody:
		return 0
	case seen.Blocks == policies.BlocksWrites:
		return 1 + work
	}
	return 1000 + work
}
