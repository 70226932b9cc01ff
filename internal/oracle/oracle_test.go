package oracle_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"teal.dev/teal/internal/lab/labtest"
	"teal.dev/teal/internal/oracle"
	"teal.dev/teal/policies"
)

func TestMain(m *testing.M) { labtest.Main(m) }

const dir = "../../testdata/oracle"

func load(t *testing.T) []oracle.Case {
	t.Helper()
	cases, err := oracle.Load(os.DirFS(dir))
	require.NoError(t, err)
	return cases
}

// workers is how many databases are used at once; the cases wait for the server more than for us.
const workers = 3

// shared finds the migrations that touch what all databases share.
var shared = regexp.MustCompile(`(?i)\b(ROLE|USER|SYSTEM|DATABASE)\b|GRANT clerk`)

// each runs the cases, spread over some databases.
func each(t *testing.T, cases []oracle.Case, run func(t *testing.T, b *oracle.Bench, c *oracle.Case)) {
	t.Helper()
	var cluster sync.RWMutex
	benches := make(chan *oracle.Bench, workers)
	first, err := oracle.NewBench(t.Context(), labtest.Postgres(t))
	require.NoError(t, err)
	benches <- first
	for range workers - 1 {
		b, err := oracle.NewBench(t.Context(), labtest.Postgres(t))
		require.NoError(t, err)
		b.Share(first)
		benches <- b
	}
	for i := range cases {
		c := &cases[i]
		t.Run(strings.TrimSuffix(c.Path, ".txtar"), func(t *testing.T) {
			t.Parallel()
			b := <-benches
			defer func() { benches <- b }()
			alone := false
			for _, f := range c.Files {
				alone = alone || shared.Match(f.Body)
			}
			if alone {
				cluster.Lock()
				defer cluster.Unlock()
				defer func() { require.NoError(t, b.ResetRoles(t.Context())) }()
			} else {
				cluster.RLock()
				defer cluster.RUnlock()
			}
			run(t, b, c)
		})
	}
}

// TestTheGateToldTheTruth runs every case on PostgreSQL and fails where the server contradicts the gate.
// TEAL_UPDATE=1 rewrites the want sections; review the diff.
func TestTheGateToldTheTruth(t *testing.T) {
	t.Run("cases", func(t *testing.T) {
		each(t, load(t), func(t *testing.T, b *oracle.Bench, c *oracle.Case) {
			claim, err := oracle.Ask(c, policies.Input{})
			require.NoError(t, err)
			found, err := b.Look(t.Context(), c)
			require.NoError(t, err)
			known, err := oracle.Ask(c, found)
			require.NoError(t, err)
			expand := claim.Compatibility == policies.Expand || known.Compatibility == policies.Expand
			if expand {
				c.Old = append(c.Old, c.Careless...)
			}
			seen, err := b.Play(t.Context(), c, expand)
			require.NoError(t, err)
			for _, wrong := range seen.Wrong {
				t.Errorf("the case is wrong: %s", wrong)
			}
			for _, contradiction := range oracle.Contradictions(c, claim, seen) {
				t.Errorf("%s\n  %s\nmigration:\n%s", contradiction, c.About, c.Files[0].Body)
			}
			for _, contradiction := range oracle.Contradictions(c, known, seen) {
				t.Errorf("with the database at hand: %s\n  %s\nmigration:\n%s", contradiction, c.About, c.Files[0].Body)
			}
			spoke := false
			for _, e := range claim.Entries {
				spoke = spoke || e.Rule == c.Rule
			}
			if c.Part == oracle.Bad && !spoke {
				t.Errorf("the rule %s is silent about its bad case: %s", c.Rule, oracle.Want(claim, known, seen))
			}
			want := oracle.Want(claim, known, seen)
			if os.Getenv("TEAL_UPDATE") != "" && want != c.Want {
				require.NoError(t, os.WriteFile(filepath.Join(dir, c.Path), c.WithWant(want), 0o644))
				return
			}
			require.Equal(t, c.Want, want, "the want section; TEAL_UPDATE=1 rewrites it")
		})
	})
}
