package daemontest

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"teal.dev/teal/daemon"
	"teal.dev/teal/events"
	"teal.dev/teal/release"
)

// migrateLimit bounds every wait of the suite.
const migrateLimit = 30 * time.Second

// MigratorBench is an empty database with its migrator, and what the suite needs to look at it and to disturb it.
type MigratorBench struct {
	App     string
	Open    func(t *testing.T) daemon.Migrator               // another value over the same database, as after a restart
	Lost    daemon.Migrator                                  // its database does not answer
	Exec    func(t *testing.T, sql string)                   // somebody else does something in the database
	Has     func(t *testing.T, table, column string) bool    // seen from outside; column "" = the table itself
	Block   func(t *testing.T, table string) (unlock func()) // somebody reads the table in a transaction that stays open
	Count   func(t *testing.T, table string) int             // rows
	Partial bool                                             // a file that fails may leave its first statements: no transactional DDL
}

// TestMigrator is the conformance suite of the port Migrator. newBench is called once per subtest.
func TestMigrator(t *testing.T, newBench func(t *testing.T) MigratorBench) {
	for _, one := range []struct {
		name string
		run  func(*testing.T, migratorRun)
	}{
		{"an empty database is empty and owes everything", emptyDatabase},
		{"teal's own tables do not count", ownTablesDoNotCount},
		{"expand runs expand only, once", expandOnly},
		{"a restart sees the same and has nothing to do", migratorRestart},
		{"contract runs the owed numbers only", owedOnly},
		{"a first install runs both tracks in number order", mergedOrder},
		{"a failed file leaves nothing and says where", failedFile},
		{"a changed file is refused before anything runs", changedFile},
		{"a late number is refused before anything runs", lateNumber},
		{"a file keeps the track on which it was applied", frozenTrack},
		{"a number that was never applied may change", renumbered},
		{"names that are wrong are refused before anything runs", wrongNames},
		{"down files are never run", downFiles},
		{"what a file requires is asked just before it runs", required},
		{"an older epoch applies nothing", olderEpoch},
		{"a cancelled apply applies nothing and can be repeated", cancelledApply},
		{"observe does not wait for an apply that waits", observeMeanwhile},
		{"a database that does not answer is an error, not an answer", lostDatabase},
	} {
		t.Run(one.name, func(t *testing.T) {
			bench := newBench(t)
			one.run(t, migratorRun{MigratorBench: bench, migrator: bench.Open(t)})
		})
	}
}

type migratorRun struct {
	MigratorBench
	migrator daemon.Migrator
}

const (
	suiteUsers = "CREATE TABLE users (id int PRIMARY KEY, old int);"
	suiteMail  = "ALTER TABLE users ADD COLUMN mail varchar(80);"
	suiteDrop  = "ALTER TABLE users DROP COLUMN old;"
)

func suiteFolder() events.Folder {
	return events.Folder{
		{Name: "contract/0003_drop.up.sql", Body: []byte(suiteDrop)},
		{Name: "expand/0001_users.up.sql", Body: []byte(suiteUsers)},
		{Name: "expand/0002_mail.up.sql", Body: []byte(suiteMail)},
	}
}

func with(f events.Folder, name, body string) events.Folder {
	return append(append(events.Folder(nil), f...), events.File{Name: name, Body: []byte(body)})
}

func (r migratorRun) ask(track string, epoch uint64, folder events.Folder, numbers ...uint64) release.Migration {
	return release.Migration{App: r.App, Release: "01JD0000000000000000000001", Epoch: epoch, Folder: folder.Digest(), Track: track, Numbers: numbers}
}

func (r migratorRun) apply(t *testing.T, m release.Migration, folder events.Folder) error {
	t.Helper()
	ctx, stop := context.WithTimeout(t.Context(), migrateLimit)
	defer stop()
	return r.migrator.Apply(ctx, m, folder, func(string) {})
}

func (r migratorRun) observe(t *testing.T, folder events.Folder) release.Schema {
	t.Helper()
	ctx, stop := context.WithTimeout(t.Context(), migrateLimit)
	defer stop()
	schema, err := r.migrator.Observe(ctx, folder)
	require.NoError(t, err)
	require.True(t, schema.Known)
	require.Equal(t, folder.Digest(), schema.For)
	return schema
}

func requireFault(t *testing.T, err error, class release.Class, code string) {
	t.Helper()
	var fault *release.Fault
	require.True(t, errors.As(err, &fault), "%v", err)
	require.Equal(t, class, fault.Class, fault.Text)
	require.Equal(t, code, fault.Code, fault.Text)
	require.NotEmpty(t, fault.Text)
}

func emptyDatabase(t *testing.T, r migratorRun) {
	schema := r.observe(t, suiteFolder())
	require.True(t, schema.Empty)
	require.Equal(t, release.Track{Pending: []uint64{1, 2}}, schema.Expand)
	require.Equal(t, release.Track{Pending: []uint64{3}}, schema.Contract)
	require.Empty(t, schema.Hold, schema.Why)
	require.Empty(t, r.observe(t, nil).Expand.Pending)
}

func ownTablesDoNotCount(t *testing.T, r migratorRun) {
	require.NoError(t, r.apply(t, r.ask("expand", 1, nil), nil))
	require.True(t, r.observe(t, suiteFolder()).Empty)
	r.Exec(t, "CREATE TABLE theirs (id int)")
	require.False(t, r.observe(t, suiteFolder()).Empty)
}

func expandOnly(t *testing.T, r migratorRun) {
	f := suiteFolder()
	var said []string
	require.NoError(t, r.migrator.Apply(t.Context(), r.ask("expand", 1, f), f, func(s string) { said = append(said, s) }))
	require.NotEmpty(t, said)
	require.True(t, r.Has(t, "users", "mail"))
	require.True(t, r.Has(t, "users", "old"), "the contract has not run")
	schema := r.observe(t, f)
	require.Equal(t, uint64(2), schema.Expand.Version)
	require.Empty(t, schema.Expand.Pending)
	require.Equal(t, []uint64{3}, schema.Contract.Pending)
	require.False(t, schema.Empty)
	require.NoError(t, r.apply(t, r.ask("expand", 1, f), f), "again: nothing to do")
}

func migratorRestart(t *testing.T, r migratorRun) {
	f := suiteFolder()
	require.NoError(t, r.apply(t, r.ask("expand", 1, f), f))
	before := r.observe(t, f)
	r.migrator = r.Open(t)
	after := r.observe(t, f)
	before.At, after.At = time.Time{}, time.Time{}
	require.Equal(t, before, after)
	require.NoError(t, r.apply(t, r.ask("expand", 2, f), f))
}

func owedOnly(t *testing.T, r migratorRun) {
	f := with(suiteFolder(), "contract/0005_gone.up.sql", "ALTER TABLE users DROP COLUMN mail;")
	require.NoError(t, r.apply(t, r.ask("expand", 1, f), f))
	require.NoError(t, r.apply(t, r.ask("contract", 1, f), f), "nothing is owed")
	require.True(t, r.Has(t, "users", "old"))
	require.NoError(t, r.apply(t, r.ask("contract", 1, f, 3), f))
	require.False(t, r.Has(t, "users", "old"))
	require.True(t, r.Has(t, "users", "mail"), "5 is not owed")
	schema := r.observe(t, f)
	require.Equal(t, uint64(3), schema.Contract.Version)
	require.Equal(t, []uint64{5}, schema.Contract.Pending)
	require.NoError(t, r.apply(t, r.ask("contract", 1, f, 3), f), "again: nothing to do")
}

func mergedOrder(t *testing.T, r migratorRun) {
	// Only in number order does this work: 3 drops what 4 makes anew.
	f := with(suiteFolder(), "expand/0004_again.up.sql", "ALTER TABLE users ADD COLUMN old varchar(10);")
	m := r.ask("expand", 1, f)
	m.Merged = true
	require.NoError(t, r.apply(t, m, f))
	schema := r.observe(t, f)
	require.Equal(t, uint64(4), schema.Expand.Version)
	require.Equal(t, uint64(3), schema.Contract.Version)
	require.Empty(t, schema.Expand.Pending)
	require.Empty(t, schema.Contract.Pending)
	require.True(t, r.Has(t, "users", "old"))
}

func failedFile(t *testing.T, r migratorRun) {
	f := with(suiteFolder(), "expand/0004_two.up.sql", "CREATE TABLE half (id int);\nALTER TABLE users\n  ADD COLUMN id int;")
	err := r.apply(t, r.ask("expand", 1, f), f)
	requireFault(t, err, release.Permanent, "migration_failed")
	require.ErrorContains(t, err, "0004_two.up.sql:")
	require.True(t, r.Has(t, "users", "mail"), "the files before it stay")
	if !r.Partial {
		require.False(t, r.Has(t, "half", ""))
		schema := r.observe(t, f)
		require.False(t, schema.Expand.Dirty)
		require.Equal(t, uint64(2), schema.Expand.Version)
		require.Equal(t, []uint64{4}, schema.Expand.Pending)
	}
	corrected := with(suiteFolder(), "expand/0004_two.up.sql", "CREATE TABLE whole (id int);")
	if !r.Partial {
		require.NoError(t, r.apply(t, r.ask("expand", 1, corrected), corrected))
		require.True(t, r.Has(t, "whole", ""))
	}
}

func changedFile(t *testing.T, r migratorRun) {
	f := suiteFolder()
	require.NoError(t, r.apply(t, r.ask("expand", 1, f), f))
	edited := with(f[:2], "expand/0002_mail.up.sql", suiteMail+" -- edited")
	edited = with(edited, "expand/0004_more.up.sql", "CREATE TABLE more (id int);")
	requireFault(t, r.apply(t, r.ask("expand", 1, edited), edited), release.Permanent, "checksum")
	require.False(t, r.Has(t, "more", ""))
}

func lateNumber(t *testing.T, r migratorRun) {
	f := events.Folder{suiteFolder()[1], {Name: "expand/0009_nine.up.sql", Body: []byte("CREATE TABLE nine (id int);")}}
	require.NoError(t, r.apply(t, r.ask("expand", 1, f), f))
	late := with(f, "expand/0005_five.up.sql", "CREATE TABLE five (id int);")
	requireFault(t, r.apply(t, r.ask("expand", 1, late), late), release.Permanent, "out_of_order")
	require.False(t, r.Has(t, "five", ""))
}

func frozenTrack(t *testing.T, r migratorRun) {
	f := suiteFolder()
	require.NoError(t, r.apply(t, r.ask("expand", 1, f), f))
	moved := events.Folder{f[0], f[1], {Name: "contract/0002_mail.up.sql", Body: []byte(suiteMail)}}
	requireFault(t, r.apply(t, r.ask("expand", 1, moved), moved), release.Permanent, "track_changed")
}

func renumbered(t *testing.T, r migratorRun) {
	f := suiteFolder()
	require.NoError(t, r.apply(t, r.ask("expand", 1, f), f))
	moved := events.Folder{{Name: "contract/0007_drop.up.sql", Body: []byte(suiteDrop)}, f[1], f[2]}
	require.Equal(t, []uint64{7}, r.observe(t, moved).Contract.Pending)
	require.NoError(t, r.apply(t, r.ask("contract", 1, moved, 7), moved))
	require.False(t, r.Has(t, "users", "old"))
}

func wrongNames(t *testing.T, r migratorRun) {
	for code, name := range map[string]string{"duplicate": "contract/0001_twice.up.sql", "near_miss": "expand/4-four.up.sql", "mixed_layout": "0004_flat.up.sql"} {
		f := with(suiteFolder(), name, "CREATE TABLE four (id int);")
		requireFault(t, r.apply(t, r.ask("expand", 1, f), f), release.Permanent, code)
		require.False(t, r.Has(t, "users", ""))
	}
}

func downFiles(t *testing.T, r migratorRun) {
	f := with(suiteFolder(), "expand/0001_users.down.sql", "DROP TABLE users;")
	f = with(f, "expand/0009_alone.down.sql", "DROP TABLE users;")
	require.NoError(t, r.apply(t, r.ask("expand", 1, f), f))
	require.True(t, r.Has(t, "users", "mail"))
	require.Empty(t, r.observe(t, f).Expand.Pending)
}

func required(t *testing.T, r migratorRun) {
	f := with(suiteFolder(), "expand/0004_four.up.sql", "-- teal:require SELECT count(*) > 0 FROM users\nCREATE TABLE four (id int);")
	err := r.apply(t, r.ask("expand", 1, f), f)
	requireFault(t, err, release.Permanent, "require_failed")
	require.ErrorContains(t, err, "0004_four.up.sql:1:")
	require.False(t, r.Has(t, "four", ""))
	r.Exec(t, "INSERT INTO users (id) VALUES (1)")
	require.NoError(t, r.apply(t, r.ask("expand", 1, f), f))
	require.True(t, r.Has(t, "four", ""))
}

func olderEpoch(t *testing.T, r migratorRun) {
	f := suiteFolder()
	require.NoError(t, r.apply(t, r.ask("expand", 5, f), f))
	requireFault(t, r.apply(t, r.ask("contract", 4, f, 3), f), release.Permanent, "fenced")
	require.True(t, r.Has(t, "users", "old"))
	require.NoError(t, r.apply(t, r.ask("contract", 6, f, 3), f))
	requireFault(t, r.apply(t, r.ask("expand", 5, f), f), release.Permanent, "fenced")
}

func cancelledApply(t *testing.T, r migratorRun) {
	f := suiteFolder()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	require.Error(t, r.migrator.Apply(ctx, r.ask("expand", 1, f), f, func(string) {}))
	require.False(t, r.Has(t, "users", ""))
	require.NoError(t, r.apply(t, r.ask("expand", 1, f), f))
}

func observeMeanwhile(t *testing.T, r migratorRun) {
	f := suiteFolder()
	require.NoError(t, r.apply(t, r.ask("expand", 1, f), f))
	unlock := r.Block(t, "users")
	defer unlock()
	waits := make(chan string, 100)
	done := make(chan error, 1)
	go func() {
		done <- r.migrator.Apply(t.Context(), r.ask("contract", 1, f, 3), f, func(s string) {
			select {
			case waits <- s:
			default:
			}
		})
	}()
	named := func() bool {
		for {
			select {
			case s := <-waits:
				if len(s) > 0 && s[0] == 'w' { // waiting for …
					return true
				}
			default:
				return false
			}
		}
	}
	require.Eventually(t, named, migrateLimit, 10*time.Millisecond, "the wait is told")
	require.Equal(t, []uint64{3}, r.observe(t, f).Contract.Pending)
	require.Zero(t, r.Count(t, "users"), "the application reads on")
	unlock()
	require.NoError(t, <-done)
	require.False(t, r.Has(t, "users", "old"))
}

func lostDatabase(t *testing.T, r migratorRun) {
	f := suiteFolder()
	_, err := r.Lost.Observe(t.Context(), f)
	require.Error(t, err)
	require.Error(t, r.Lost.Apply(t.Context(), r.ask("expand", 1, f), f, func(string) {}))
}
