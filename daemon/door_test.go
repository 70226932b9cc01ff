package daemon_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"teal.dev/teal/daemon"
	"teal.dev/teal/daemon/daemontest"
	"teal.dev/teal/events"
	"teal.dev/teal/release"
)

const id1 = release.ID("01JD2Y8M3N5W6X7Y8Z9A0B1C2D")

type doorTest struct {
	door     *daemon.Door
	store    *daemontest.Memory
	config   *daemon.Config
	accepted []string
}

func newDoorTest(t *testing.T, dirs ...string) *doorTest {
	d := &doorTest{store: daemontest.NewMemory()}
	d.config = &daemon.Config{Name: "test", Apps: map[string]daemon.AppConfig{"shop": {App: "shop", AllowUnsigned: true, AllowDirs: dirs,
		Limits: release.Limits{HasDatabase: len(dirs) > 0}}}}
	require.NoError(t, d.store.SetHorizon(t.Context(), "shop", 10))
	d.door = daemon.NewDoor(daemon.DoorOptions{Config: func() *daemon.Config { return d.config }, Journal: d.store, Inbox: d.store,
		Register: d.store, Quarantine: d.store, Accepted: func(app string) { d.accepted = append(d.accepted, app) }})
	return d
}

func request(t *testing.T, app, version string, migrations *events.Migrations) []byte {
	body, err := events.NewRequest(id1, "test", time.Now(), events.Data{App: app, Version: version, Audience: "test",
		ExpiresAt: time.Now().Add(time.Hour), Migrations: migrations})
	require.NoError(t, err)
	return body
}

func message(app string, body []byte) events.Received {
	return events.Received{Subject: events.RequestSubject(app, id1), Data: body, Seq: 11, Stored: time.Now(), Delivered: 1}
}

func (d *doorTest) only(t *testing.T) release.Acceptance {
	require.Len(t, d.store.Acceptances(), 1)
	return d.store.Acceptances()[0]
}

func TestTheDoorAcceptsOnce(t *testing.T) {
	d := newDoorTest(t)
	m := message("shop", request(t, "shop", "1.2", nil))
	require.Equal(t, events.Ack(), d.door.Handle(t.Context(), m))
	require.Equal(t, release.OutAccepted, d.only(t).Outcome.Type)
	require.Equal(t, release.Version("1.2"), d.only(t).Request.Version)
	require.Equal(t, []string{"shop"}, d.accepted)

	m.Delivered = 0 // the rescan reads it again
	require.Equal(t, events.Ack(), d.door.Handle(t.Context(), m))
	d.only(t)
	queue, err := d.store.Queue(t.Context(), "shop")
	require.NoError(t, err)
	require.Len(t, queue, 1)
	require.EqualValues(t, 11, queue[0].Seq)
}

func TestTheDoorRefusesAndRemembersWhy(t *testing.T) {
	good := request(t, "shop", "1.2", nil)
	cases := map[string]struct {
		app  string
		data []byte
		seq  uint64
		code events.Code
		says release.Version // the version that is remembered
	}{
		"an unknown app":       {"pay", request(t, "pay", "1", nil), 11, events.UnknownApp, ""},
		"a broken document":    {"shop", []byte(`{"specversion":`), 11, events.Schema, ""},
		"before the horizon":   {"shop", good, 10, events.Horizon, "1.2"},
		"another app's name":   {"shop", request(t, "pay", "1", nil), 11, events.Schema, "1"},
		"migrations and no db": {"shop", request(t, "shop", "1", &events.Migrations{Kind: events.KindInline, Files: map[string]string{"1_a.up.sql": "select 1"}}), 11, events.NoDatabase, "1"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			d := newDoorTest(t)
			m := message(c.app, c.data)
			m.Seq = c.seq
			got := d.door.Handle(t.Context(), m)
			require.Equal(t, events.Terminated, got.Verb)
			require.True(t, strings.HasPrefix(got.Reason, string(c.code)+": "), got.Reason)
			require.Equal(t, release.OutRejected, d.only(t).Outcome.Type)
			require.Equal(t, string(c.code), d.only(t).Outcome.Code)
			require.Equal(t, c.says, d.only(t).Request.Version)
			if c.says == "" {
				require.NotContains(t, d.only(t).Outcome.Facts, "version", "what could not be read or verified is not repeated")
			} else {
				require.Equal(t, c.says, d.only(t).Outcome.Facts["version"])
			}
			require.Equal(t, events.Ack(), d.door.Handle(t.Context(), m), "the verdict stands")
			queue, err := d.store.Queue(t.Context(), c.app)
			require.NoError(t, err)
			require.Empty(t, queue)
		})
	}
}

func TestTheDoorAsksAgainWhileTheStoreIsDown(t *testing.T) {
	for _, op := range []string{"accept", "load", "horizon", "maxsequence", "highest"} {
		t.Run(op, func(t *testing.T) {
			d := newDoorTest(t)
			d.store.Hook = func(_ context.Context, got string) error {
				if got == op {
					return errDown
				}
				return nil
			}
			m := message("shop", request(t, "shop", "1.2", nil))
			require.Equal(t, events.Retry(5*time.Second), d.door.Handle(t.Context(), m))
			d.store.Hook = nil
			require.Empty(t, d.store.Acceptances())
			m.Delivered = 2
			require.Equal(t, events.Ack(), d.door.Handle(t.Context(), m))
			d.only(t)
		})
	}
}

func TestTheDoorWaitsForTheHorizon(t *testing.T) {
	d := newDoorTest(t)
	shop := d.config.Apps["shop"]
	d.config.Apps["pay"] = shop
	m := message("pay", request(t, "pay", "1", nil))
	require.Equal(t, events.Retried, d.door.Handle(t.Context(), m).Verb)
}

func TestAnUsedIDIsAConflictAndTheFirstStands(t *testing.T) {
	d := newDoorTest(t)
	require.Equal(t, events.Ack(), d.door.Handle(t.Context(), message("shop", request(t, "shop", "1.2", nil))))
	second := message("shop", request(t, "shop", "6.6", nil))
	second.Seq = 12
	got := d.door.Handle(t.Context(), second)
	require.Equal(t, events.Terminated, got.Verb)
	require.Contains(t, got.Reason, "id_conflict")
	require.Equal(t, release.Version("1.2"), d.only(t).Request.Version)
	require.Contains(t, d.store.Quarantined(12), "id_conflict")
}

func TestAMessageWithoutVerdictEndsInQuarantine(t *testing.T) {
	d := newDoorTest(t)
	d.store.Hook = func(_ context.Context, op string) error {
		if op == "load" {
			panic("a defect")
		}
		return nil
	}
	m := message("shop", request(t, "shop", "1.2", nil))
	for range 4 {
		require.Equal(t, events.Retried, d.door.Handle(t.Context(), m).Verb)
		m.Delivered++
	}
	require.Equal(t, events.Terminated, d.door.Handle(t.Context(), m).Verb)
	require.Contains(t, d.store.Quarantined(11), "poison")
	require.Equal(t, "poison", d.only(t).Outcome.Code)
}

// A store that is down for a day spoils no message: what failed in order is no poison.
func TestAMessageThatWaitsForTheStoreIsNeverPoison(t *testing.T) {
	d := newDoorTest(t)
	down := true
	d.store.Hook = func(_ context.Context, op string) error {
		if down && op == "load" {
			return errors.New("the disk is full")
		}
		return nil
	}
	m := message("shop", request(t, "shop", "1.2", nil))
	for range 50 {
		require.Equal(t, events.Retried, d.door.Handle(t.Context(), m).Verb)
		m.Delivered++
	}
	down = false
	require.Equal(t, events.Ack(), d.door.Handle(t.Context(), m))
	require.Equal(t, release.OutAccepted, d.only(t).Outcome.Type)
}

func TestASubjectThatIsNotOursGoesToQuarantine(t *testing.T) {
	d := newDoorTest(t)
	require.Equal(t, events.Terminated, d.door.Handle(t.Context(), events.Received{Subject: "teal.v1.release.shop.x.requested", Seq: 12}).Verb)
	require.NotEmpty(t, d.store.Quarantined(12))
	require.Empty(t, d.store.Acceptances())
}

func TestAMigrationFolderIsCopiedWhole(t *testing.T) {
	root := t.TempDir()
	folder := filepath.Join(root, "1.2")
	require.NoError(t, os.MkdirAll(filepath.Join(folder, "expand"), 0o755))
	require.NoError(t, os.WriteFile(filepath.Join(folder, "expand", "0001_init.up.sql"), []byte("create table t()"), 0o644))
	d := newDoorTest(t, root)
	m := message("shop", request(t, "shop", "1.2", &events.Migrations{Kind: events.KindDir, Path: folder}))
	require.Equal(t, events.Ack(), d.door.Handle(t.Context(), m))
	copied, err := d.store.Folder(t.Context(), d.only(t).Request.Folder)
	require.NoError(t, err)
	require.Equal(t, events.Folder{{Name: "expand/0001_init.up.sql", Body: []byte("create table t()")}}, copied)

	require.NoError(t, os.RemoveAll(folder)) // the directory may go: the verdict stands
	require.Equal(t, events.Ack(), d.door.Handle(t.Context(), m))
}

func TestAMigrationFolderMayNotReachOut(t *testing.T) {
	secret := filepath.Join(t.TempDir(), "secret")
	require.NoError(t, os.WriteFile(secret, []byte("hunter2"), 0o600))
	for name, build := range map[string]func(dir string) error{
		"a link to a file":     func(dir string) error { return os.Symlink(secret, filepath.Join(dir, "0001_a.up.sql")) },
		"a link to a folder":   func(dir string) error { return os.Symlink(filepath.Dir(secret), filepath.Join(dir, "expand")) },
		"a folder that is not": func(dir string) error { return os.RemoveAll(dir) },
		"an empty folder":      func(string) error { return nil },
		"a strange subfolder":  func(dir string) error { return os.Mkdir(filepath.Join(dir, "0001_x.up.sql"), 0o755) },
		"a folder that is a link": func(dir string) error {
			if err := os.RemoveAll(dir); err != nil {
				return err
			}
			return os.Symlink(filepath.Dir(secret), dir)
		},
	} {
		t.Run(name, func(t *testing.T) {
			root := t.TempDir()
			dir := filepath.Join(root, "1.2")
			require.NoError(t, os.Mkdir(dir, 0o755))
			require.NoError(t, build(dir))
			d := newDoorTest(t, root)
			m := message("shop", request(t, "shop", "1.2", &events.Migrations{Kind: events.KindDir, Path: dir}))
			require.Equal(t, events.Terminated, d.door.Handle(t.Context(), m).Verb)
			require.Equal(t, string(events.BadFolder), d.only(t).Outcome.Code)
			require.NotContains(t, d.only(t).Outcome.Text, "hunter2")
		})
	}
}

// wire is a publisher that remembers.
type wire struct {
	fail atomic.Bool
	rows []uint64
}

func (w *wire) Publish(_ context.Context, p release.Posted) error {
	if w.fail.Load() {
		return errDown
	}
	w.rows = append(w.rows, p.Row)
	return nil
}

func TestThePumpPublishesInOrderAndAgainAfterAFailure(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store, w := daemontest.NewMemory(), &wire{}
		w.fail.Store(true)
		pump := daemon.NewPump(store, w, nil)
		save := func(seq uint64) {
			require.NoError(t, store.Save(t.Context(), release.State{App: "shop", Seq: seq}, []release.Outcome{{Release: id1, Type: release.OutSwitched}, {Release: id1, Type: release.OutBaking}}, release.Entry{}))
			pump.Wake()
		}
		save(1)
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan struct{})
		go func() { defer close(done); pump.Run(ctx) }()
		elapse(time.Second)
		synctest.Wait()
		depth, failing := pump.Depth()
		require.Equal(t, 2, depth)
		require.True(t, failing)
		w.fail.Store(false)
		elapse(10 * time.Second)
		synctest.Wait()
		save(2)
		synctest.Wait()
		require.Equal(t, []uint64{1, 2, 3, 4}, w.rows)
		depth, failing = pump.Depth()
		require.Zero(t, depth)
		require.False(t, failing)
		cancel()
		<-done
	})
}
