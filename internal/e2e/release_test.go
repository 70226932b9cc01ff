package e2e

import (
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/stretchr/testify/require"

	"teal.dev/teal/daemon"
	"teal.dev/teal/events"
	"teal.dev/teal/internal/client"
	"teal.dev/teal/release"
	"teal.dev/teal/testdata/demoapp"
)

const long = 45 * time.Second // for what takes a second or two on a quiet machine

// folder is one of the demo application's, as inline files.
func (w *town) folder(name string) map[string]string {
	w.t.Helper()
	files, err := demoapp.Migrations(name)
	require.NoError(w.t, err)
	return files
}

// with adds files to a folder: name, text, …
func with(files map[string]string, more ...string) map[string]string {
	all := map[string]string{}
	for name, text := range files {
		all[name] = text
	}
	for i := 0; i < len(more); i += 2 {
		all[more[i]] = more[i+1]
	}
	return all
}

// install puts a version where the launcher looks for it.
func (w *town) install(version, behaviour string) {
	w.t.Helper()
	bin := w.path("releases", version, "bin")
	require.NoError(w.t, os.MkdirAll(bin, 0o755))
	if err := os.Link(shared.shop, bin+"/shop"); !errors.Is(err, fs.ErrExist) {
		require.NoError(w.t, err)
	}
	if behaviour != "" {
		require.NoError(w.t, os.WriteFile(w.path("releases", version, demoapp.BehaviourFile), []byte(behaviour), 0o644))
	}
}

func (w *town) newID() release.ID {
	w.t.Helper()
	id, err := events.NewID(time.Now(), rand.Reader)
	require.NoError(w.t, err)
	return id
}

// data is the request of a good release.
func (w *town) data(app, version string, files map[string]string) events.Data {
	migrations := &events.Migrations{Kind: events.KindInline, Files: files}
	if files == nil {
		migrations = &events.Migrations{Kind: events.KindNone}
	}
	return events.Data{App: app, Version: version, Audience: audience, ExpiresAt: time.Now().Add(time.Hour), Migrations: migrations}
}

// event is a signed request, and its id.
func (w *town) event(data events.Data, key events.PrivateKey) (release.ID, []byte) {
	w.t.Helper()
	id := w.newID()
	request, err := events.NewRequest(id, "e2e/build", time.Now(), data)
	require.NoError(w.t, err)
	signed, err := events.Sign(request, key)
	require.NoError(w.t, err)
	return id, signed
}

// send publishes bytes on the subject of a release.
func (w *town) send(app string, id release.ID, raw []byte) {
	w.t.Helper()
	_, err := w.bus.Request(w.t.Context(), app, id, raw)
	require.NoError(w.t, err)
}

// release publishes a signed request for a version that is installed.
func (w *town) release(app, version string, files map[string]string) release.ID {
	w.t.Helper()
	w.install(version, "")
	id, raw := w.event(w.data(app, version, files), w.key)
	w.send(app, id, raw)
	return id
}

// past is a release as the daemon tells it; false = it does not know it (yet), or is dead.
func (w *town) past(id release.ID) (client.Past, bool) {
	past, err := w.api.Release(w.t.Context(), id)
	return past, err == nil
}

// reach waits for an outcome of a release, and fails at once when another end or a hold comes before it.
func (w *town) reach(id release.ID, want string) release.Posted {
	w.t.Helper()
	var found release.Posted
	w.await(long, "the outcome "+want, func() (bool, string) {
		past, ok := w.past(id)
		if !ok {
			return false, "no such release"
		}
		for _, o := range past.Outcomes {
			if o.Type == want {
				found = o
				return true, ""
			}
			if terminal(o.Type) && o.Type != release.OutFinished || o.Type == release.OutHeld {
				require.FailNow(w.t, "another end", "wanted %s and it is %s (%s): %s", want, o.Type, o.Code, o.Text)
			}
		}
		return false, w.now(id, past)
	})
	return found
}

// now says where a release is.
func (w *town) now(id release.ID, past client.Past) string {
	app, err := w.api.App(w.t.Context(), past.Release.App)
	if err != nil {
		return err.Error()
	}
	return fmt.Sprintf("%s, rule %s, why %q, problems %v", kinds(past.Outcomes), app.Rule, app.Why, app.Problems)
}

func terminal(kind string) bool {
	return slices.Contains([]string{release.OutRejected, release.OutSuperseded, release.OutAbandoned, release.OutRolledBack, release.OutFinished}, kind)
}

func kinds(outcomes []release.Posted) []string {
	list := make([]string, len(outcomes))
	for i, o := range outcomes {
		list[i] = o.Type
		if o.Code != "" {
			list[i] += ":" + o.Code
		}
	}
	return list
}

// account checks what was told of a release that has ended: numbered from 1 without a gap, exactly one end, nothing after
// it but the contract's story; and the stream says the same as the store.
func (w *town) account(id release.ID) []release.Posted {
	w.t.Helper()
	past, ok := w.past(id)
	require.True(w.t, ok)
	ends := 0
	for i, o := range past.Outcomes {
		require.Equal(w.t, uint64(i+1), o.N, "%v", kinds(past.Outcomes))
		if ends > 0 {
			require.Contains(w.t, []string{release.OutContracting, release.OutContracted, release.OutHeld, release.OutResumed, release.OutWaiting}, o.Type, "%v", kinds(past.Outcomes))
		}
		if terminal(o.Type) {
			ends++
		}
		require.NotEmpty(w.t, o.Text)
	}
	require.Equal(w.t, 1, ends, "%v", kinds(past.Outcomes))
	ctx, cancel := contextLimit(long)
	defer cancel()
	var heard []string
	require.NoError(w.t, w.bus.WatchOutcomes(ctx, past.Release.App, id, 1, func(o events.OutcomeData) bool {
		raw, err := json.Marshal(o)
		require.NoError(w.t, err)
		require.NotContains(w.t, string(raw), canary)
		heard = append(heard, strings.TrimSuffix(o.Type+":"+o.Code, ":"))
		return len(heard) < len(past.Outcomes)
	}))
	require.Equal(w.t, kinds(past.Outcomes), heard)
	return past.Outcomes
}

// app is one app's status.
func (w *town) app(name string) daemon.AppStatus {
	w.t.Helper()
	status, err := w.api.App(w.t.Context(), name)
	require.NoError(w.t, err)
	return status
}

// awaitApp waits for a state of an app.
func (w *town) awaitApp(name, what string, there func(daemon.AppStatus) bool) daemon.AppStatus {
	w.t.Helper()
	var last daemon.AppStatus
	w.await(long, what, func() (bool, string) {
		status, err := w.api.App(w.t.Context(), name)
		if err != nil {
			return false, err.Error()
		}
		last = status
		return there(status), fmt.Sprintf("phase %s, live %q, rule %s, why %q, hold %+v, problems %v", status.Phase, status.Live, status.Rule, status.Why, status.Hold, status.Problems)
	})
	return last
}

// row is one line of teal's ledger.
type row struct {
	Track   string
	Number  uint64
	State   string
	Release release.ID
}

// ledger is what the database says that was applied.
func (w *town) ledger(app string) []row {
	w.t.Helper()
	db := w.connect(app)
	rows, err := db.Query(w.t.Context(), "SELECT track, number, state, release FROM teal_ledger WHERE app = $1 ORDER BY number", app)
	require.NoError(w.t, err)
	var list []row
	for rows.Next() {
		var r row
		require.NoError(w.t, rows.Scan(&r.Track, &r.Number, &r.State, &r.Release))
		list = append(list, r)
	}
	require.NoError(w.t, rows.Err())
	return list
}

// mapLine is what HAProxy looks up for an app.
func (w *town) mapLine(app string) string {
	w.t.Helper()
	answer, err := w.proxy.Ask("show map " + w.mapFile(app))
	require.NoError(w.t, err)
	for line := range strings.Lines(answer) {
		if fields := strings.Fields(line); len(fields) == 3 && fields[1] == app {
			return fields[2]
		}
	}
	return ""
}
