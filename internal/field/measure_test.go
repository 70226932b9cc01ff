package field_test

import (
	"os"
	"path/filepath"
	"regexp"
	"sync"
	"testing"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/stretchr/testify/require"

	"teal.dev/teal/internal/field"
	"teal.dev/teal/internal/lab/labtest"
	"teal.dev/teal/internal/oracle"
)

func TestMain(m *testing.M) { labtest.Main(m) }

// workers is how many databases are used at once.
const workers = 3

// shared finds the migrations that touch what all databases of a server share.
var shared = regexp.MustCompile(`(?i)\b(ROLE|USER|SYSTEM|DATABASE|TABLESPACE)\b|GRANT clerk`)

// TestMeasure runs the server and the tools over the cases that are not recorded as they are, and writes the record and the
// page. make field calls it; TEAL_FIELD_ALL measures every case anew, as after a change of how things are measured.
func TestMeasure(t *testing.T) {
	tools := os.Getenv("TEAL_FIELD")
	if tools == "" { // other people's programs, from npm; what they said is recorded, and the tests beside this one hold it
		t.Skip("it needs the linters of others, in the folder that TEAL_FIELD names: make field installs and runs them")
	}
	tools, err := filepath.Abs(tools)
	require.NoError(t, err)
	var versions []string
	for _, tool := range field.Tools() {
		version, err := tool.SaysVersion(t.Context(), tools)
		require.NoError(t, err)
		versions = append(versions, version)
	}
	samples := load(t)
	old := field.Record{}
	if os.Getenv("TEAL_FIELD_ALL") == "" {
		old = recorded(t)
	}
	record, anew := old.Keep(versions, samples)
	t.Logf("%d of %d cases are measured", len(anew), len(samples))
	var mu sync.Mutex
	t.Run("samples", func(t *testing.T) {
		each(t, anew, func(t *testing.T, p place, s *field.Sample) {
			truth, found := p.measure(t, tools, s)
			mu.Lock()
			defer mu.Unlock()
			record.Truths = append(record.Truths, truth)
			record.Findings = append(record.Findings, found...)
		})
	})
	if t.Failed() || len(record.Truths) != len(samples) {
		t.Fatal("not all samples were measured; nothing is written")
	}
	cases, findings := record.Format()
	require.NoError(t, os.WriteFile(filepath.Join(recordDir, "cases.tsv"), []byte(cases), 0o644))
	require.NoError(t, os.WriteFile(filepath.Join(recordDir, "findings.tsv"), []byte(findings), 0o644))
	body, err := field.Page(record, samples)
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(page, []byte(body), 0o644))
}

// place is a database that samples have for themselves, one after the other.
type place struct {
	dsn   string
	bench *oracle.Bench
}

// each runs the samples, spread over some databases.
func each(t *testing.T, samples []field.Sample, run func(t *testing.T, p place, s *field.Sample)) {
	t.Helper()
	var cluster sync.RWMutex
	places := make(chan place, workers)
	for range workers {
		dsn := labtest.Postgres(t)
		b, err := oracle.NewBench(t.Context(), dsn)
		require.NoError(t, err)
		places <- place{dsn, b}
	}
	for i := range samples {
		s := &samples[i]
		t.Run(s.Name, func(t *testing.T) {
			t.Parallel()
			p := <-places
			defer func() { places <- p }()
			alone := false
			for _, f := range s.Files {
				alone = alone || shared.Match(f.Body)
			}
			if alone {
				cluster.Lock()
				defer cluster.Unlock()
				defer func() { require.NoError(t, p.bench.ResetRoles(t.Context())) }()
			} else {
				cluster.RLock()
				defer cluster.RUnlock()
			}
			run(t, p, s)
		})
	}
}

// measure asks the server, and then each tool on a database as it wants it.
func (p place) measure(t *testing.T, tools string, s *field.Sample) (field.Truth, []field.Finding) {
	truth, err := field.Measure(t.Context(), p.bench, s)
	require.NoError(t, err)
	var found []field.Finding
	for _, tool := range field.Tools() {
		schema := s.Schema
		if tool.Name == "atlas" {
			schema = ""
		}
		p.reset(t, schema)
		list, err := tool.Ask(t.Context(), tools, t.TempDir(), p.dsn, p.dsn, s)
		require.NoError(t, err)
		found = append(found, list...)
	}
	return truth, found
}

func (p place) reset(t *testing.T, schema string) {
	conn, err := pgconn.Connect(t.Context(), p.dsn)
	require.NoError(t, err)
	defer conn.Close(t.Context())
	require.NoError(t, p.bench.Reset(t.Context(), conn, schema))
}
