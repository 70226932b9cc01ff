package daemon_test

import (
	"context"
	"encoding/json"
	"errors"
	"net"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"teal.dev/teal/daemon"
	"teal.dev/teal/daemon/daemontest"
	"teal.dev/teal/events"
	"teal.dev/teal/release"
)

// examiner is a launcher that looks before it starts.
type examiner struct {
	*daemontest.Launcher
	asked []release.Plan
	err   error
}

func (*examiner) Kinds() []string { return []string{"dir"} }

func (*examiner) Recipe() string { return "words" }

func (e *examiner) Digest(plan release.Plan) (string, error) {
	e.asked = append(e.asked, plan)
	return "sha256:1", e.err
}

// vetted runs one vetting with a launcher that looks, and returns what the core was shown.
func vetted(t *testing.T, err error) (last release.Observation, asked []release.Plan, judged int) {
	synctest.Test(t, func(t *testing.T) {
		core := &script{actions: []release.Action{{Kind: release.Wait},
			{Kind: release.Vet, Release: "R1", Plan: release.Plan{Release: "R1", Version: "2", Recipe: release.Recipe{Launch: "plain word"}}}}, watch: release.Interest{Every: time.Second}}
		launcher, store := &examiner{Launcher: daemontest.NewLauncher(), err: err}, daemontest.NewMemory()
		vetter := &daemontest.Vetter{Hook: func(context.Context, string) error { judged++; return nil }}
		_, failed := store.Accept(t.Context(), release.Acceptance{App: "shop", ID: "R1", Digest: "d", Request: release.Request{ID: "R1"},
			Outcome: release.Outcome{Type: release.OutAccepted}}, nil)
		require.NoError(t, failed)
		app := daemon.NewApp(daemon.AppOptions{Name: "shop", Journal: store, Inbox: store, TakeOver: store.TakeOver, Core: core.core(), Config: func() (daemon.AppConfig, bool) {
			return daemon.AppConfig{App: "shop", Ports: daemon.Ports{Switch: daemontest.NewSwitch("lb1"), Launcher: launcher, Vetter: vetter}}, true
		}})
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan struct{})
		go func() { defer close(done); app.Run(ctx) }()
		elapse(3 * time.Second)
		synctest.Wait()
		cancel()
		<-done
		lines, failed := store.Timeline(context.Background(), "shop", 0, 10)
		require.NoError(t, failed)
		told, failed := json.Marshal(lines)
		require.NoError(t, failed)
		require.NotContains(t, string(told), "plain word", "a recipe is for the store")
		last, asked = core.last(), launcher.asked
	})
	return last, asked, judged
}

func TestTheVettingLooksAtWhatWouldRun(t *testing.T) {
	last, asked, judged := vetted(t, nil)
	require.Equal(t, "sha256:1", last.Verdict.Digest)
	require.Equal(t, "plain word", asked[0].Recipe.Launch)
	require.Equal(t, 1, judged)

	last, _, judged = vetted(t, &release.Fault{Class: release.Permanent, Code: "artifact_missing", Text: "no such directory"})
	require.Nil(t, last.Verdict)
	require.Equal(t, "artifact_missing", last.Job.Fault.Code)
	require.Equal(t, release.Permanent, last.Job.Fault.Class)
	require.Zero(t, judged, "the database is not even asked")

	last, _, _ = vetted(t, errors.New("input/output error"))
	require.Equal(t, "artifact_unread", last.Job.Fault.Code)
	require.Equal(t, release.Retry, last.Job.Fault.Class, "a disk may come back")
}

func TestTheDoorKnowsWhatTheLauncherRuns(t *testing.T) {
	d := newDoorTest(t)
	app := d.config.Apps["shop"]
	app.Ports.Launcher = &examiner{Launcher: daemontest.NewLauncher()}
	d.config.Apps["shop"] = app
	body, err := events.NewRequest(id1, "test", time.Now(), events.Data{App: "shop", Version: "1.2", Audience: "test",
		ExpiresAt: time.Now().Add(time.Hour), Artifact: &events.Artifact{Kind: events.KindNone}})
	require.NoError(t, err)
	require.Equal(t, events.Terminated, d.door.Handle(t.Context(), message("shop", body)).Verb)
	require.Equal(t, string(events.ArtifactKind), d.only(t).Outcome.Code)
}

func TestTheProbeAsksWhereThePlanSays(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	mux := http.NewServeMux()
	mux.HandleFunc("/old", func(http.ResponseWriter, *http.Request) {})
	server := &http.Server{Handler: mux}
	go func() { _ = server.Serve(listener) }()
	defer func() { _ = server.Close() }()
	p := daemon.NewHTTPProber(map[release.Slot]string{release.A: "127.0.0.1:1"}, "/new", 5*time.Second)
	plan := release.Plan{Address: listener.Addr().String(), Recipe: release.Recipe{Health: "/old"}}
	require.NoError(t, p.Probe(t.Context(), release.A, plan))
	require.NoError(t, p.Probe(t.Context(), release.B, plan), "the config has no such slot any more")
	plan.Recipe.Health = ""
	require.ErrorContains(t, p.Probe(t.Context(), release.A, plan), "/new: status 404")
	require.Error(t, p.Probe(t.Context(), release.A, release.Plan{}))
}
