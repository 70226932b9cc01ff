package demoapp

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestMajor(t *testing.T) {
	for version, want := range map[string]int{"v1": 1, "1": 1, "v2": 2, "2.1.0": 2, "v2-never-healthy": 2, "v10": 10, "": 1, "main": 1} {
		require.Equal(t, want, major(version), version)
	}
}

func FuzzParseBehaviour(f *testing.F) {
	f.Add("never-healthy\nerrors-after-switch=0.5 crash-at-start")
	f.Add("errors-after-switch=NaN")
	f.Fuzz(func(t *testing.T, text string) {
		if b, err := parseBehaviour(text); err == nil && !(b.share >= 0 && b.share <= 1) {
			t.Errorf("share %v", b.share)
		}
		_ = major(text)
	})
}
