package e2e

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	natsjs "github.com/nats-io/nats.go/jetstream"
	"github.com/stretchr/testify/require"

	"teal.dev/teal/daemon"
	"teal.dev/teal/events"
	"teal.dev/teal/events/jetstream"
	"teal.dev/teal/release"
)

// standing is everything that a refused request must leave as it was.
func (w *town) standing(app string) string {
	w.t.Helper()
	s := w.app(app)
	text := fmt.Sprintf("live %s rev %d hold %v owed %v map %s ledger %+v", s.Live, s.Rev, s.Hold, s.Owed, w.mapLine(app), w.ledger(app))
	for _, slot := range release.Slots() {
		text += fmt.Sprintf(" %s: %s pid %d want %v", slot, s.Slots[slot].Version, s.Slots[slot].PID, s.Slots[slot].Want)
	}
	return text
}

// raw writes a CloudEvent by hand, with what the writer of events would refuse; change edits its members.
func (w *town) raw(id release.ID, data events.Data, change func(event, data map[string]any)) []byte {
	w.t.Helper()
	body, err := json.Marshal(data)
	require.NoError(w.t, err)
	var members map[string]any
	require.NoError(w.t, json.Unmarshal(body, &members))
	event := map[string]any{"specversion": "1.0", "type": events.RequestType, "id": string(id), "source": "e2e/by-hand", "data": members}
	change(event, members)
	body, err = json.Marshal(event)
	require.NoError(w.t, err)
	return body
}

// publish goes past all checks of our own client.
func (w *town) publish(app string, id release.ID, raw []byte) error {
	w.t.Helper()
	conn, err := nats.Connect(fmt.Sprintf("nats://127.0.0.1:%d", w.nats))
	require.NoError(w.t, err)
	defer conn.Close()
	js, err := natsjs.New(conn)
	require.NoError(w.t, err)
	_, err = js.Publish(w.t.Context(), events.RequestSubject(app, id), raw)
	return err
}

// TestBadRequestsAtTheDoor: each gives one outcome that names the place and the next step, and changes nothing.
func TestBadRequestsAtTheDoor(t *testing.T) {
	t.Parallel()
	w := newTown(t, plan{})
	w.newKey("other", "config/keys/other.yaml", "apps: [pay]")
	old := w.newKey("old", "config/keys/old.yaml", "apps: [shop]\nnot_after: 2020-01-01")
	other := w.newKey("other", "config/keys/other.yaml", "apps: [pay]")
	_, err := w.api.Reload(t.Context())
	require.NoError(t, err)
	w.reach(w.release("shop", "v1", w.folder("v1")), release.OutFinished)
	before := w.standing("shop")
	good := w.data("shop", "v1", w.folder("v1"))
	sign := func(raw []byte) []byte {
		signed, err := events.Sign(raw, w.key)
		require.NoError(t, err)
		return signed
	}
	edited := func(change func(event, data map[string]any)) func(release.ID) []byte {
		return func(id release.ID) []byte { return sign(w.raw(id, good, change)) }
	}
	bare := func(change func(event, data map[string]any)) func(release.ID) []byte {
		return func(id release.ID) []byte { return w.raw(id, good, change) }
	}
	by := func(key events.PrivateKey) func(release.ID) []byte {
		return func(id release.ID) []byte {
			signed, err := events.Sign(w.raw(id, good, func(_, _ map[string]any) {}), key)
			require.NoError(t, err)
			return signed
		}
	}
	inline := func(name, text string) func(release.ID) []byte {
		return edited(func(_, data map[string]any) {
			data["migrations"] = map[string]any{"kind": "inline", "files": map[string]string{name: text}}
		})
	}
	var ids []release.ID
	cases := []struct {
		name  string
		app   string
		raw   func(release.ID) []byte
		code  events.Code
		parts []string
	}{
		{"half a document", "shop", func(release.ID) []byte { return []byte(`{"specversion": "1.0", `) }, events.Schema, []string{"JSON"}},
		{"not JSON", "shop", func(release.ID) []byte { return []byte("release it, please\n") }, events.Schema, nil},
		{"nothing", "shop", func(release.ID) []byte { return nil }, events.Schema, nil},
		{"an unknown member", "shop", edited(func(_, data map[string]any) { data["aplication"] = "shop" }), events.Schema, []string{"/data/aplication"}},
		{"the id of another subject", "shop", edited(func(event, _ map[string]any) { event["id"] = string(w.newID()) }), events.Schema, []string{"/id"}},
		{"another app's subject", "shop", edited(func(_, data map[string]any) { data["app"] = "pay" }), events.Schema, []string{"app"}},
		{"expired", "shop", edited(func(_, data map[string]any) {
			data["expires_at"] = time.Now().Add(-time.Minute).UTC().Format(time.RFC3339)
		}), events.Expired, []string{"/data/expires_at"}},
		{"unsigned", "shop", bare(func(_, _ map[string]any) {}), events.Unsigned, []string{"release.allow_unsigned", "apps/shop.yaml"}},
		{"a stranger's key", "shop", by(w.newKey("nobody", "", "")), events.UnknownKey, []string{"keys/"}},
		{"a stranger with our key's name", "shop", by(w.newKey("ci", "", "")), events.BadSignature, nil},
		{"a key for another app", "shop", by(other), events.KeyNotAllowed, []string{"shop"}},
		{"a key of yesterday", "shop", by(old), events.KeyExpired, nil},
		{"another teal's release", "shop", edited(func(_, data map[string]any) { data["audience"] = "prod" }), events.WrongAudience, []string{"/data/audience", "prod"}},
		{"not a word about migrations", "shop", edited(func(_, data map[string]any) { delete(data, "migrations") }), events.MigrationsRequired, []string{"migrations"}},
		{"a file outside the folder", "shop", inline("../0002_a.up.sql", "SELECT 1;"), events.BadFolder, []string{"/data/migrations/files"}},
		{"an absolute file", "shop", inline("/etc/passwd", "SELECT 1;"), events.BadFolder, []string{"/data/migrations/files"}},
		{"a name with a line end", "shop", inline("0002_a\n.up.sql", "SELECT 1;"), events.BadFolder, []string{"/data/migrations/files"}},
		{"a directory that is not allowed", "shop", edited(func(_, data map[string]any) { data["migrations"] = map[string]any{"kind": "dir", "path": "/etc"} }), events.BadFolder, []string{"/etc", "allow_dirs"}},
		{"a directory by its parent", "shop", edited(func(_, data map[string]any) {
			data["migrations"] = map[string]any{"kind": "dir", "path": "/srv/../etc"}
		}), "", []string{"/data/migrations/path"}},
		{"a bundle", "shop", edited(func(_, data map[string]any) {
			data["migrations"] = map[string]any{"kind": "bundle", "digest": "sha256:" + strings.Repeat("0", 64)}
		}), "", []string{"/data/migrations"}},
	}
	for _, c := range cases {
		id := w.newID()
		require.NoError(t, w.publish(c.app, id, c.raw(id)), c.name)
		ids = append(ids, id)
	}
	oversized := bare(func(_, data map[string]any) {
		data["labels"] = map[string]string{"pad": strings.Repeat("x", events.MaxMessage)}
	})(w.newID())
	require.ErrorContains(t, w.publish("shop", w.newID(), oversized), "size exceeds", "the stream does not even take it")
	status, body := w.post("/v1/releases", oversized)
	require.Equal(t, http.StatusUnprocessableEntity, status)
	require.Contains(t, body, "too_large")
	for i, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			past := w.reach(ids[i], release.OutRejected)
			t.Logf("%s: %s %v", past.Code, past.Text, past.Facts)
			if c.code != "" {
				require.Equal(t, string(c.code), past.Code, past.Text)
			}
			for _, part := range c.parts {
				require.Contains(t, past.Text+fmt.Sprint(past.Facts), part)
			}
			require.Equal(t, []string{"rejected:" + past.Code}, kinds(w.account(ids[i])), "one outcome")
		})
	}
	require.Equal(t, before, w.standing("shop"))
	w.unknownApp()
	w.reach(w.release("shop", "v1-again", w.folder("v1")), release.OutFinished)
}

// unknownApp sends a request for an app that has no file: its verdict can be read and heard all the same.
func (w *town) unknownApp() {
	w.t.Helper()
	id, raw := w.event(w.data("nobody", "v1", nil), w.key)
	w.send("nobody", id, raw)
	w.await(long, "the verdict on an unknown app", func() (bool, string) {
		status, body := w.get("/v1/releases/" + string(id) + "?app=nobody")
		return status == http.StatusOK, body
	})
	ctx, cancel := contextLimit(long)
	defer cancel()
	require.NoError(w.t, w.bus.WatchOutcomes(ctx, "nobody", id, 1, func(o events.OutcomeData) bool {
		require.Equal(w.t, []string{release.OutRejected, string(events.UnknownApp)}, []string{o.Type, o.Code})
		require.Contains(w.t, o.Text, "apps/nobody.yaml")
		return false
	}))
}

// TestTheSameRequestAgain: the subject is the idempotency key; what gets past it is told by its bytes.
func TestTheSameRequestAgain(t *testing.T) {
	t.Parallel()
	w := newTown(t, plan{})
	w.install("v1", "")
	id, raw := w.event(w.data("shop", "v1", w.folder("v1")), w.key)
	w.send("shop", id, raw)
	_, err := w.bus.Request(t.Context(), "shop", id, raw)
	require.ErrorIs(t, err, jetstream.ErrAlreadyRequested)
	w.reach(id, release.OutFinished)
	told, before := w.account(id), w.standing("shop")

	request, err := events.NewRequest(id, "e2e/build", time.Now(), w.data("shop", "v2", w.folder("v1")))
	require.NoError(t, err)
	changed, err := events.Sign(request, w.key)
	require.NoError(t, err)
	require.ErrorContains(t, w.publish("shop", id, changed), "maximum messages per subject")
	status, body := w.post("/v1/releases", raw)
	require.Equal(t, http.StatusAccepted, status, body)
	require.Contains(t, body, "duplicate")
	status, body = w.post("/v1/releases", changed)
	require.Equal(t, http.StatusConflict, status, body)
	require.Contains(t, body, "id_conflict")

	// Somebody deletes the stream: the very same bytes come again, then others.
	for _, again := range [][]byte{raw, changed} {
		w.deleteStream()
		w.await(20*time.Second, "the stream to be there again", func() (bool, string) {
			err := w.publish("shop", id, again)
			return err == nil, fmt.Sprint(err)
		})
	}
	w.await(20*time.Second, "both to be judged", func() (bool, string) {
		_, text := w.get("/metrics")
		return strings.Contains(text, `teal_requests_total{result="id_conflict"} `), text
	})
	next := w.release("shop", "v1-next", w.folder("v1"))
	w.reach(next, release.OutAccepted)
	require.Equal(t, told, w.account(id), "what was said stands")
	require.Contains(t, before, "rev 1 ")
	w.reach(next, release.OutFinished)
	require.Equal(t, uint64(2), w.app("shop").Rev)
}

func (w *town) deleteStream() {
	w.t.Helper()
	conn, err := nats.Connect(fmt.Sprintf("nats://127.0.0.1:%d", w.nats))
	require.NoError(w.t, err)
	defer conn.Close()
	js, err := natsjs.New(conn)
	require.NoError(w.t, err)
	require.NoError(w.t, js.DeleteStream(w.t.Context(), jetstream.Releases))
}

// post asks the unix socket as this user.
func (w *town) post(path string, body []byte) (int, string) {
	w.t.Helper()
	c := http.Client{Timeout: 10 * time.Second, Transport: &http.Transport{DisableKeepAlives: true,
		DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
			return (&net.Dialer{}).DialContext(ctx, "unix", w.path("teal.sock"))
		}}}
	response, err := c.Post("http://teal"+path, "application/json", bytes.NewReader(body))
	require.NoError(w.t, err)
	defer func() { _ = response.Body.Close() }()
	text, err := io.ReadAll(response.Body)
	require.NoError(w.t, err)
	return response.StatusCode, string(text)
}

// postTCP asks the read-only listener to change something.
func (w *town) postTCP(path string) (int, string) {
	w.t.Helper()
	response, err := http.Post(fmt.Sprintf("http://127.0.0.1:%d%s", w.http, path), "application/json", strings.NewReader("{}"))
	require.NoError(w.t, err)
	defer func() { _ = response.Body.Close() }()
	text, err := io.ReadAll(response.Body)
	require.NoError(w.t, err)
	return response.StatusCode, string(text)
}

// TestBadMigrations: what the gate or the plan refuses never touches the database, and the next good release works.
func TestBadMigrations(t *testing.T) {
	t.Parallel()
	w := newTown(t, plan{prepare: func(w *town) { w.shops["shop"].settings["migrations"] = "{allow_dirs: [" + w.path("migrations") + "]}" }})
	w.reach(w.release("shop", "v1", w.folder("v1")), release.OutFinished)
	before := w.standing("shop")
	const file = "0002_bad.up.sql"
	cases := []struct {
		name, file, text string
		parts            []string
	}{
		{"does not parse", file, "CREATE TABEL notes (id int);", []string{file + ":1", "position 12"}},
		{"half a string", file, "SELECT 'abc;\n", []string{file}},
		{"not UTF-8", file, "CREATE TABLE notes (id int, text text DEFAULT 'caf\xe9');", []string{file, "UTF-8"}},
		{"a zero byte", file, "CREATE TABLE notes\x00 (id int);", []string{file}},
		{"empty", file, "", []string{file}},
		{"only a comment", file, "-- to do\n", []string{file}},
		{"BEGIN and COMMIT", file, "BEGIN;\nCREATE TABLE notes (id int);\nCOMMIT;\n", []string{file, "BEGIN"}},
		{"a transaction left open", file, "CREATE TABLE notes (id int);\nBEGIN;\n", []string{file, "BEGIN"}},
		{"psql's own command", file, "\\i other.sql\n", []string{file}},
		{"drops a table", file, "DROP TABLE orders;", []string{file + ":1", "drop-table"}},
		{"renames a column", file, "ALTER TABLE orders RENAME COLUMN item TO thing;", []string{file + ":1", "rename-column"}},
		{"expand and contract in one file", file, "ALTER TABLE orders ADD COLUMN note text;\nALTER TABLE orders DROP COLUMN item;", []string{file}},
		{"a name that is nearly one", "0002_bad.sql", "SELECT 1;", []string{"0002_bad.sql"}},
		{"a number twice", "1_again.up.sql", "CREATE TABLE notes (id int);", []string{"1_again.up.sql"}},
		{"changed after it was applied", "0001_customers.up.sql", "CREATE TABLE customers (id int);", []string{"0001_customers.up.sql"}},
	}
	var ids []release.ID
	for i, c := range cases {
		dir := w.path("migrations", fmt.Sprint(i))
		require.NoError(t, os.MkdirAll(dir, 0o755))
		for name, text := range with(w.folder("v1"), c.file, c.text) {
			require.NoError(t, os.WriteFile(dir+"/"+name, []byte(text), 0o644))
		}
		w.install("v1-bad", "")
		data := w.data("shop", "v1-bad", nil)
		data.Migrations = &events.Migrations{Kind: events.KindDir, Path: dir}
		id, raw := w.event(data, w.key)
		w.send("shop", id, raw)
		ids = append(ids, id)
	}
	for i, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			out := w.reach(ids[i], release.OutRejected)
			t.Logf("%s: %s", out.Code, out.Text)
			for _, part := range c.parts {
				require.Contains(t, out.Text, part)
			}
			w.account(ids[i])
		})
	}
	w.awaitApp("shop", "rest", func(s daemon.AppStatus) bool { return s.Current == nil })
	require.Equal(t, before, w.standing("shop"))
	next := w.release("shop", "v1-good", with(w.folder("v1"), "0002_good.up.sql", "CREATE TABLE notes (id bigint PRIMARY KEY);"))
	w.reach(next, release.OutFinished)
	require.Len(t, w.ledger("shop"), 2)
}
