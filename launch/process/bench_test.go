package process_test

import (
	"testing"

	"teal.dev/teal/release"
)

// BenchmarkObserve shows that looking ten times a second costs nothing worth speaking of.
func BenchmarkObserve(b *testing.B) {
	b.Run("running", func(b *testing.B) { observe(b, func(map[string]any) {}) })
	b.Run("after a crash, by token", func(b *testing.B) { observe(b, forget) })
}

func observe(b *testing.B, change func(map[string]any)) {
	h := newHouse(b)
	plan := h.write("v1", patient)
	l := h.start(release.A, plan)
	h.edit(release.A, change)
	for b.Loop() {
		if seen, err := l.Observe(b.Context(), release.A); err != nil || seen.Running != release.Yes {
			b.Fatal(seen, err)
		}
	}
}
