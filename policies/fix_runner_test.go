package policies_test

import (
	"context"
	"errors"
	"fmt"
	"path"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"teal.dev/teal/events"
	"teal.dev/teal/internal/lab/labtest"
	"teal.dev/teal/migrate"
	"teal.dev/teal/migrate/postgres"
	"teal.dev/teal/policies"
	"teal.dev/teal/release"
)

const limit, tick = 30 * time.Second, 10 * time.Millisecond

// released is a folder as it travels.
func released(files []policies.File) events.Folder {
	var out events.Folder
	for _, f := range files {
		out = append(out, events.File{Name: path.Base(f.Path), Body: f.Body})
	}
	return out
}

// plannable asks the runner whether it would run the files.
func plannable(t *testing.T, files []policies.File) {
	t.Helper()
	plan := migrate.NewPlan(released(files), nil, migrate.Options{})
	require.Empty(t, plan.Problems)
	require.Empty(t, plan.Warnings)
}

// traffic repeats a statement from a session of its own until it is told to stop, and says how often it ran.
func traffic(t *testing.T, dsn, sql string) (stop func() int) {
	t.Helper()
	c, err := pgx.Connect(t.Context(), dsn)
	require.NoError(t, err)
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	ran := 0
	go func() {
		for ctx.Err() == nil {
			if _, err := c.Exec(t.Context(), sql); err != nil {
				done <- err
				return
			}
			ran++
		}
		done <- nil
	}()
	return func() int {
		cancel()
		require.NoError(t, errors.Join(<-done, c.Close(t.Context())), sql)
		return ran
	}
}

// TestFixUnderTraffic: teal's own runner applies a split while the old version writes without a pause, and then the new one:
// nobody is refused, and not one row is missed between the column, the trigger and the backfill.
func TestFixUnderTraffic(t *testing.T) {
	const before = "CREATE TABLE t (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, n varchar(20) NOT NULL DEFAULT 'none', k int);\nCREATE INDEX t_n ON t (n);"
	for refused, column := range map[string]string{"ALTER TABLE t RENAME COLUMN n TO m": "m", "ALTER TABLE t ALTER COLUMN n TYPE char(30)": "n_new"} {
		dsn := labtest.Postgres(t)
		db, err := postgres.Open(postgres.Config{App: "shop", URL: dsn})
		require.NoError(t, err)
		run := func(track string, files []policies.File) error {
			folder := released(files)
			numbers := []uint64(nil)
			if track == "contract" {
				numbers = migrate.NewPlan(folder, nil, migrate.Options{}).Owes
			}
			return db.Apply(t.Context(), release.Migration{App: "shop", Release: "01JD0000000000000000000001", Epoch: 1, Folder: folder.Digest(), Track: track, Numbers: numbers}, folder, func(string) {})
		}
		all := []policies.File{{Path: "m/0001_a.up.sql", Body: []byte(before)}}
		require.NoError(t, run("expand", all))
		c, err := pgx.Connect(t.Context(), dsn)
		require.NoError(t, err)
		execute(t, c, "INSERT INTO t (n) SELECT 'row ' || g FROM generate_series(1, 5000) g")
		all = append(all, split(t, before, refused)...)
		plannable(t, all)

		inserts := traffic(t, dsn, "INSERT INTO t (n) VALUES ('old')")
		updates := traffic(t, dsn, "UPDATE t SET n = 'changed ' || id WHERE id = (SELECT 1 + (random() * 4000)::int)")
		omits := traffic(t, dsn, "INSERT INTO t (k) VALUES (1)")
		require.NoError(t, run("expand", all))
		fresh := traffic(t, dsn, fmt.Sprintf("INSERT INTO t (%s) VALUES ('new')", column))
		more := traffic(t, dsn, fmt.Sprintf("UPDATE t SET %s = 'new ' || id WHERE id = (SELECT 1 + (random() * 4000)::int)", column))
		require.Eventually(t, func() bool {
			return text(t, c, "SELECT (count(*) > 20)::text FROM t WHERE {c} LIKE 'new %'", column) == "true"
		}, limit, tick)
		t.Logf("%s: %d inserts, %d updates and %d inserts without the column by the old version, %d and %d by the new one", refused, inserts(), updates(), omits(), fresh(), more())
		require.Equal(t, "0", text(t, c, "SELECT count(*)::text FROM t WHERE n IS DISTINCT FROM {c}::varchar", column))
		require.NoError(t, run("contract", all))
		require.Equal(t, "NO", text(t, c, "SELECT is_nullable FROM information_schema.columns WHERE table_name = 't' AND column_name = '{c}'", column))
		require.NotContains(t, strings.Join((&life{table: "t"}).end(t, c, column), "\n"), "sync")
		require.NoError(t, c.Close(t.Context()))
	}
}
