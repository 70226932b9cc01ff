package oracle_test

import (
	"os"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"teal.dev/teal/internal/lab/labtest"
	"teal.dev/teal/internal/oracle"
	"teal.dev/teal/policies"
)

// bound is how long make test looks for new cases; TEAL_ORACLE_SEEDS=5000 plays that many seeds, however long it takes.
const bound = 20 * time.Second

// TestGenerated plays random schemas, old versions and migrations. The old versions use everything, so a verdict of expand
// is held against all that an application may say. What it finds becomes a case: the failure prints the seed and the text.
func TestGenerated(t *testing.T) {
	seeds, deadline := uint64(100000), time.Now().Add(bound)
	if n := os.Getenv("TEAL_ORACLE_SEEDS"); n != "" {
		parsed, err := strconv.ParseUint(n, 10, 64)
		require.NoError(t, err)
		seeds, deadline = parsed, time.Now().Add(24*time.Hour)
	}
	var next, played, expands atomic.Uint64
	var group sync.WaitGroup
	for range workers {
		b, err := oracle.NewBench(t.Context(), labtest.Postgres(t))
		require.NoError(t, err)
		group.Go(func() {
			for seed := next.Add(1); seed <= seeds && time.Now().Before(deadline); seed = next.Add(1) {
				c := oracle.Generate(seed)
				claim, wrong := generated(t, b, &c)
				played.Add(1)
				if claim == policies.Expand {
					expands.Add(1)
				}
				for _, w := range wrong {
					t.Errorf("seed %d: %s\nschema:\n%s\nmigration:\n%s", seed, w, c.Schema, bodies(&c))
				}
			}
		})
	}
	group.Wait()
	t.Logf("%d seeds played, %d of them expand", played.Load(), expands.Load())
	require.Positive(t, expands.Load())
}

func bodies(c *oracle.Case) string {
	var b strings.Builder
	for _, f := range c.Files {
		b.WriteString("-- " + f.Path + "\n" + string(f.Body))
	}
	return b.String()
}

// generated plays a case and asks the gate twice: by the migrations alone, and with the database at hand.
func generated(t *testing.T, b *oracle.Bench, c *oracle.Case) (policies.Compatibility, []string) {
	found, err := b.Look(t.Context(), c)
	if err != nil {
		return "", []string{err.Error()}
	}
	var claims []oracle.Claim
	expand, bears := false, false
	for _, in := range []policies.Input{{}, found} {
		claim, err := oracle.Ask(c, in)
		if err != nil {
			return "", []string{err.Error()}
		}
		claims = append(claims, claim)
		expand = expand || claim.Compatibility == policies.Expand
		bears = bears || claim.Compatibility == policies.Expand || claim.Compatibility == policies.Depends
	}
	if !bears {
		c.Old = nil // it says that something breaks; what it costs remains
	}
	seen, err := b.Play(t.Context(), c, expand)
	if err != nil {
		return "", []string{err.Error()}
	}
	var wrong []string
	for i, claim := range claims {
		for _, s := range oracle.Surprises(claim, seen) {
			wrong = append(wrong, []string{"", "with the database at hand: "}[i]+s)
		}
	}
	return claims[0].Compatibility, wrong
}
