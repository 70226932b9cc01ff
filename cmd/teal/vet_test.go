package main

import (
	"fmt"
	"log/slog"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"teal.dev/teal/daemon"
	"teal.dev/teal/events"
	"teal.dev/teal/internal/config"
	"teal.dev/teal/internal/lab/labtest"
	"teal.dev/teal/release"
	"teal.dev/teal/store/sqlite"
)

// gatehouse is the real vetter of an app with a real database and a real store.
type gatehouse struct {
	t     *testing.T
	store *sqlite.Store
	ports daemon.Ports
	seq   uint64
}

func newGatehouse(t *testing.T, site string) *gatehouse {
	t.Helper()
	t.Setenv("TEAL_TEST_DSN", labtest.PostgresOwn(t).DSN("postgres"))
	dir := write(t, map[string]string{
		"teal.yaml":          "version: 1\nname: test\nhaproxy:\n  lb1: {socket: /run/h.sock}\n",
		"policies/site.yaml": "version: 1\n" + site,
		"apps/shop.yaml": fmt.Sprintf(`version: 1
slots: {a: {address: "127.0.0.1:5000"}, b: {address: "127.0.0.1:5001"}}
launch: {process: {root: /srv/shop, command: [bin/shop]}}
traffic: {nodes: [lb1], map: {file: %s, name: /maps/shop.map}}
release: {allow_unsigned: true}
database: {url: "env:TEAL_TEST_DSN"}
`, filepath.Join(t.TempDir(), "shop.map")),
	})
	snapshot, err := config.Load(dir, validators()...)
	require.NoError(t, err)
	store, err := sqlite.Open(t.Context(), filepath.Join(t.TempDir(), "teal.db"))
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, store.Close()) })
	wired := newWiring(store, "test", t.TempDir(), slog.New(slog.DiscardHandler)).config(snapshot, config.Status{})
	return &gatehouse{t: t, store: store, ports: wired.Apps["shop"].Ports}
}

func (g *gatehouse) request(id release.ID, folder events.Folder) release.Request {
	return release.Request{ID: id, Version: "of " + release.Version(id), Folder: folder.Digest()}
}

// releases accepts a release, applies its expand, and ends it with an outcome; "" = it goes on.
func (g *gatehouse) releases(id release.ID, folder events.Folder, end string) {
	g.t.Helper()
	g.seq++
	_, err := g.store.Accept(g.t.Context(), release.Acceptance{App: "shop", ID: id, Digest: string(id), Stream: g.seq, Stored: time.Now(), Request: g.request(id, folder),
		Outcome: release.Outcome{Type: release.OutAccepted, At: time.Now()}}, folder)
	require.NoError(g.t, err)
	m := release.Migration{App: "shop", Release: id, Epoch: 1, Folder: folder.Digest(), Track: "expand"}
	require.NoError(g.t, g.ports.Migrator.Apply(g.t.Context(), m, folder, func(string) {}))
	if end != "" {
		g.ends(id, end)
	}
}

func (g *gatehouse) ends(id release.ID, end string) {
	g.t.Helper()
	state, _, err := g.store.Load(g.t.Context(), "shop")
	require.NoError(g.t, err)
	state.App, state.Seq = "shop", state.Seq+1
	require.NoError(g.t, g.store.Save(g.t.Context(), state, []release.Outcome{{Release: id, Type: end, At: time.Now()}}, release.Entry{}))
}

// vets asks about a release while another one is live.
func (g *gatehouse) vets(id, live release.ID, folder events.Folder) release.Verdict {
	g.t.Helper()
	state := release.State{App: "shop", History: true, Live: release.A, Slots: map[release.Slot]release.Place{release.A: {Plan: &release.Plan{Release: live}}}}
	verdict, err := g.ports.Vetter.Vet(g.t.Context(), state, g.request(id, folder), folder)
	require.NoError(g.t, err)
	return verdict
}

// TestAFileThatLasted: the ledger goes on naming the release that was rolled back; what a later one carried and kept may not
// go missing all the same.
func TestAFileThatLasted(t *testing.T) {
	g := newGatehouse(t, "")
	first := events.Folder{{Name: "0001_a.up.sql", Body: []byte("CREATE TABLE a (id int);")}}
	second := append(first[:1:1], events.File{Name: "0002_b.up.sql", Body: []byte("CREATE TABLE b (id int);")})
	third := append(first[:1:1], events.File{Name: "0003_c.up.sql", Body: []byte("CREATE TABLE c (id int);")})
	g.releases("R1", first, release.OutFinished)
	g.releases("R2", second, release.OutRolledBack)
	lost := g.vets("R3", "R1", third)
	require.Empty(t, lost.Refuse, lost.Why)
	require.Len(t, lost.Warnings, 1)
	require.Contains(t, lost.Warnings[0], "0002_b.up.sql: number 2 was applied by release R2, which did not last")

	g.releases("R4", second, "")
	require.Empty(t, g.vets("R5", "R1", third).Refuse, "it is not live yet")
	live := g.vets("R5", "R4", third)
	require.Equal(t, "orphan", live.Refuse)
	require.Contains(t, live.Why, "put the file back")
	g.ends("R4", release.OutRolledBack)
	require.Empty(t, g.vets("R5", "R1", third).Refuse)
	g.releases("R6", second, release.OutFinished)
	require.Equal(t, "orphan", g.vets("R7", "", third).Refuse, "whatever is live now")
	require.Empty(t, g.vets("R7", "R6", second).Refuse)
}

// TestARefusalSaysWhoRefusesAndWhatToDo, at the vetting and of an owed contract, which cannot be changed any more.
func TestARefusalSaysWhoRefusesAndWhatToDo(t *testing.T) {
	g := newGatehouse(t, "rules:\n  drop-column: deny\n")
	first := events.Folder{{Name: "0001_a.up.sql", Body: []byte("CREATE TABLE a (id int, b int);")}}
	second := append(first[:1:1], events.File{Name: "0002_b.up.sql", Body: []byte("-- teal:contract\nALTER TABLE a DROP COLUMN b;")})
	g.releases("R1", first, release.OutFinished)
	refused := g.vets("R2", "R1", second)
	require.Equal(t, "policy", refused.Refuse)
	require.Regexp(t, `(?s)^0002_b\.up\.sql:2: drop-column: .* \(policy: policies/site\.yaml:3\); instead: .*\n`+
		`next: change the migrations as advised, .* waiver .*; teal policy show --effective shop shows where each decision comes from$`, refused.Why)

	owed, err := g.ports.Vetter.VetContract(t.Context(), release.Owed{Release: "R2", Numbers: []uint64{2}}, second)
	require.NoError(t, err)
	require.Equal(t, "policy", owed.Refuse)
	require.Regexp(t, `(?s)^0002_b\.up\.sql:2: drop-column: .* \(policy: policies/site\.yaml:3\); instead: .*;$`, owed.Why)
}
