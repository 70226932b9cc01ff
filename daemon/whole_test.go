package daemon_test

import (
	"context"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"teal.dev/teal/daemon"
	"teal.dev/teal/daemon/daemontest"
	"teal.dev/teal/events"
	"teal.dev/teal/release"
)

// shop is one app with the real core, fakes that behave, and the door in front.
type shop struct {
	*town
	door *daemon.Door
}

func newShop(t *testing.T) *shop {
	s := &shop{town: &town{store: daemontest.NewMemory(), sw: daemontest.NewSwitch("lb1", "lb2"), launcher: daemontest.NewLauncher(),
		migrator: daemontest.NewMigrator(), vetter: &daemontest.Vetter{}, prober: &daemontest.Prober{}}}
	running := func(ctx context.Context, slot release.Slot) bool {
		tenant, err := s.launcher.Observe(ctx, slot)
		return err == nil && tenant.Running == release.Yes
	}
	s.sw.Hook = func(ctx context.Context, _ string) error {
		for _, slot := range release.Slots() { // HAProxy's health checks see what runs
			server := release.Server{Up: release.No, Status: "DOWN", Counted: true}
			if running(ctx, slot) {
				server.Up, server.Status = release.Yes, "UP"
			}
			s.sw.Server(slot, server)
		}
		return nil
	}
	s.prober.Hook = func(ctx context.Context, op string) error {
		if !running(ctx, release.Slot(op)) {
			return errDown
		}
		return nil
	}
	config := daemon.AppConfig{App: "shop", AllowUnsigned: true, Ports: daemon.Ports{Switch: s.sw, Launcher: s.launcher, Migrator: s.migrator,
		Vetter: s.vetter, Prober: s.prober}, Limits: release.Limits{HasDatabase: true, Queue: "newest", ProbeEvery: 2 * time.Second, Passes: 3, Stable: 4 * time.Second,
		Deadline: time.Minute, ApprovalWait: time.Hour, BakeFor: 5 * time.Minute, MaxErrors: 0.01, FewRequests: "pass", Few: 100, WarmFor: time.Hour, AutoRollback: true,
		ContractAfter: time.Minute, Drain: 5 * time.Second, LongLived: time.Minute, Keep: time.Minute, ReadyLost: 10 * time.Second, Blind: 10 * time.Minute,
		Idle: time.Second, Busy: 100 * time.Millisecond}}
	s.app = daemon.NewApp(daemon.AppOptions{Name: "shop", Journal: s.store, Inbox: s.store, TakeOver: s.store.TakeOver,
		Config: func() (daemon.AppConfig, bool) { return config, true }})
	s.door = daemon.NewDoor(daemon.DoorOptions{Config: func() *daemon.Config {
		return &daemon.Config{Name: "test", Apps: map[string]daemon.AppConfig{"shop": config}}
	}, Journal: s.store, Inbox: s.store, Register: s.store, Quarantine: s.store, Accepted: func(string) { s.app.Wake() }})
	require.NoError(t, s.store.SetHorizon(t.Context(), "shop", 0))
	return s
}

func (s *shop) publish(t *testing.T, seq int, version string) {
	id := release.ID(fmt.Sprintf("01JD2Y8M3N5W6X7Y8Z9A0B1C%02d", seq))
	body, err := events.NewRequest(id, "test", time.Now(), events.Data{App: "shop", Version: version, Audience: "test", ExpiresAt: time.Now().Add(time.Hour),
		Migrations: &events.Migrations{Kind: events.KindInline, Files: map[string]string{"0001_" + version + ".up.sql": "select 1"}}})
	require.NoError(t, err)
	require.Equal(t, events.Ack(), s.door.Handle(t.Context(), events.Received{Subject: events.RequestSubject("shop", id), Data: body, Seq: uint64(seq), Stored: time.Now(), Delivered: 1}))
}

func (s *shop) live() string {
	state := s.app.View().State
	if plan := state.Slots[state.Live].Plan; plan != nil {
		return string(state.Live) + " " + string(plan.Version)
	}
	return ""
}

// TestTwoReleasesWithTheRealCore drives the whole way: the door, the queue, vetting, expand, start, switch, bake, warm,
// a rollback by hand; and a restart of the daemon in the middle of a bake.
func TestTwoReleasesWithTheRealCore(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newShop(t)
		stop := s.run()
		s.publish(t, 1, "1.0")
		elapse(2 * time.Minute)
		require.Equal(t, "a 1.0", s.live(), "%+v %v", s.app.View().State.Hold, s.kinds(t))
		require.Len(t, s.migrator.Applied(), 1)
		elapse(10 * time.Minute)

		s.publish(t, 2, "1.1")
		elapse(time.Minute)
		require.Equal(t, "b 1.1", s.live(), "%+v %v", s.app.View().State.Hold, s.kinds(t))
		require.Equal(t, release.Baking, s.app.View().State.Current.Phase)
		require.Equal(t, release.ClassInstant, s.app.View().Class)
		stop() // in the bake
		stop = s.run()
		elapse(5 * time.Second)
		require.Equal(t, release.Baking, s.app.View().State.Current.Phase)
		require.Equal(t, "b 1.1", s.live())
		elapse(10 * time.Minute)
		require.Equal(t, release.Warm, s.app.View().State.Last.Phase)

		answer, err := s.app.Ask(t.Context(), release.Command{Verb: release.VerbRollback, Actor: "ana", Roles: []string{"operator"}, Release: "01JD2Y8M3N5W6X7Y8Z9A0B1CXX", At: time.Now()})
		require.NoError(t, err)
		require.NotEqual(t, release.Refuse, answer.Action.Kind, answer.Action.Why)
		elapse(time.Minute)
		require.Equal(t, "a 1.0", s.live(), "%+v", s.app.View().State.Hold)
		sends := s.sw.Sends()
		require.Equal(t, release.A, sends[len(sends)-1].Live)
		stop()
		require.Nil(t, s.app.View().State.Hold)

		var told []string
		posted, err := s.store.Unsent(t.Context(), 1000)
		require.NoError(t, err)
		for _, p := range posted {
			told = append(told, string(p.Release[24:])+" "+p.Type)
		}
		require.Contains(t, told, "01 finished")
		require.Contains(t, told, "02 rolled_back")
	})
}
