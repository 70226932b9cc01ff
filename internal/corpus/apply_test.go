package corpus

import (
	"errors"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/stretchr/testify/require"

	"teal.dev/teal/internal/lab/labtest"
	"teal.dev/teal/internal/oracle"
	"teal.dev/teal/migrate/statement"
	"teal.dev/teal/policies"
)

// TestTheFilesAreApplied applies the files in order and compares the gate's locks, rewrites and scans with the server's.
func TestTheFilesAreApplied(t *testing.T) {
	for _, s := range sources() {
		t.Run(s.name, func(t *testing.T) {
			bench, err := oracle.NewBench(t.Context(), labtest.Postgres(t))
			require.NoError(t, err)
			m, err := bench.Migrator(t.Context())
			require.NoError(t, err)
			defer m.Close(t.Context())
			set, err := policies.NewSet()
			require.NoError(t, err)
			var before []policies.File
			var sum figures
			for _, f := range load(t, s) {
				next := policies.File{Path: f.name, Phase: policies.PhaseExpand, Body: f.body}
				report := policies.Check(policies.Input{Policy: set, Files: append(before, next), Server: 15, Now: time.Unix(0, 0)})
				next.Applied = true
				before = append(before, next)
				for _, c := range sum.apply(t, m, f, report) {
					sum.wrong++
					t.Errorf("%s: %s\n%s", f.name, c, f.body)
				}
			}
			t.Logf("%d files applied; on tables that were there before %d locks, %d rewrites, %d scans; %d predictions wrong", sum.files, sum.locks,
				sum.rewrites, sum.scans, sum.wrong)
			require.Greater(t, sum.locks, 50, "nothing was measured")
		})
	}
}

// figures are what the server did to tables that were there before.
type figures struct{ files, locks, rewrites, scans, wrong int }

// apply runs a file and compares. Its own transaction control is left out: teal refuses that, and runs the rest in one
// transaction.
func (sum *figures) apply(t *testing.T, m *oracle.Migrator, f file, report policies.Report) []string {
	t.Helper()
	parsed, err := statement.Parse(f.body, statement.Postgres)
	require.NoError(t, err)
	tables, err := m.Tables(t.Context())
	require.NoError(t, err)
	var list []statement.Statement
	for _, s := range parsed.Statements {
		if !s.TransactionControl() {
			list = append(list, s)
		}
	}
	e, err := m.Run(t.Context(), list, func() error { return nil })
	var pg *pgconn.PgError
	if errors.As(err, &pg) {
		require.NoError(t, err, "%s: %s %s", f.name, pg.Detail, pg.Where)
	}
	require.NoError(t, err, f.name)
	wrong := oracle.Predicted(report, e, tables)
	sum.files++
	sum.locks += len(e.Locks)
	sum.rewrites += len(e.Written)
	sum.scans += len(e.Scanned)
	return wrong
}
