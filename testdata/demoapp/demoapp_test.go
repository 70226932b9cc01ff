package demoapp_test

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"
	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"teal.dev/teal/internal/lab"
	"teal.dev/teal/internal/lab/labtest"
	"teal.dev/teal/testdata/demoapp"
)

func TestMain(m *testing.M) { labtest.Main(m) }

type app struct {
	t     *testing.T
	base  string
	close context.CancelFunc
	ended chan error
}

func run(t *testing.T, dsn, version, slot string, more ...string) *app {
	t.Helper()
	port := strconv.Itoa(lab.FreePort())
	env := map[string]string{"PORT": port, "DATABASE_URL": dsn, "TEAL_VERSION": version, "TEAL_SLOT": slot, "DEMO_BEHAVIOUR": strings.Join(more, " ")}
	ctx, cancel := context.WithCancel(context.Background())
	a := &app{t: t, base: "http://127.0.0.1:" + port, close: cancel, ended: make(chan error, 1)}
	go func() { a.ended <- demoapp.Run(ctx, func(key string) string { return env[key] }) }()
	t.Cleanup(cancel)
	require.Eventually(t, func() bool {
		response, err := http.Get(a.base + "/healthz")
		if err != nil {
			return false
		}
		return response.Body.Close() == nil
	}, 20*time.Second, 10*time.Millisecond)
	return a
}

func (a *app) get(path string) (int, string) {
	a.t.Helper()
	response, err := http.Get(a.base + path)
	require.NoError(a.t, err)
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	require.NoError(a.t, err)
	return response.StatusCode, string(body)
}

func (a *app) add(name string) {
	a.t.Helper()
	body, err := json.Marshal(map[string]string{"name": name})
	require.NoError(a.t, err)
	response, err := http.Post(a.base+"/customers", "application/json", strings.NewReader(string(body)))
	require.NoError(a.t, err)
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	require.NoError(a.t, err)
	require.Equal(a.t, http.StatusCreated, response.StatusCode, string(text))
}

func (a *app) newest() demoapp.Answer {
	a.t.Helper()
	status, body := a.get("/")
	require.Equal(a.t, http.StatusOK, status, body)
	var answer demoapp.Answer
	require.NoError(a.t, json.Unmarshal([]byte(body), &answer))
	return answer
}

func apply(t *testing.T, db *pgx.Conn, folder, file string) {
	t.Helper()
	files, err := demoapp.Migrations(folder)
	require.NoError(t, err)
	require.Contains(t, files, file)
	tx, err := db.Begin(t.Context())
	require.NoError(t, err)
	_, err = tx.Exec(t.Context(), files[file])
	require.NoError(t, err, file)
	require.NoError(t, tx.Commit(t.Context()))
}

func connect(t *testing.T, dsn string) *pgx.Conn {
	t.Helper()
	db, err := pgx.Connect(t.Context(), dsn)
	require.NoError(t, err)
	t.Cleanup(func() { _ = db.Close(context.Background()) })
	return db
}

// TestBothVersionsShareTheDatabase is one release in small: expand, both together, contract.
func TestBothVersionsShareTheDatabase(t *testing.T) {
	dsn := labtest.Postgres(t)
	db := connect(t, dsn)
	apply(t, db, "v1", "0001_customers.up.sql")
	v1 := run(t, dsn, "v1", "a")
	require.Equal(t, demoapp.Answer{Version: "v1", Slot: "a", Customer: "Plato"}, v1.newest())
	for _, file := range []string{"0002_add_names.up.sql", "0003_sync_names.up.sql"} {
		apply(t, db, "v2", file)
		v1.add("After " + file)
		require.Equal(t, "After "+file, v1.newest().Customer)
	}
	apply(t, db, "v2", "0004_backfill_names.up.sql")
	apply(t, db, "v2", "0004_backfill_names.up.sql") // guarded: may be repeated
	var empty int
	require.NoError(t, db.QueryRow(t.Context(), "SELECT count(*) FROM customers WHERE first_name IS NULL OR concat_ws(' ', first_name, last_name) <> name").Scan(&empty))
	require.Zero(t, empty, "every row is filled, and both sides say the same")

	v2 := run(t, dsn, "v2", "b")
	for _, name := range []string{"Edsger Wybe Dijkstra", "Aristotle", "Two  Blanks"} {
		v1.add(name)
		require.Equal(t, name, v2.newest().Customer, "written by v1")
		v2.add(name)
		require.Equal(t, name, v1.newest().Customer, "written by v2")
	}
	updates(t, db, v1, v2)

	v1.close()
	require.NoError(t, <-v1.ended)
	apply(t, db, "v2", "0005_drop_name.up.sql")
	require.Equal(t, "Renée Descartes", v2.newest().Customer)
	v2.add("Last One")
	require.Equal(t, "Last One", v2.newest().Customer)
	_, err := db.Exec(t.Context(), "SELECT name FROM customers")
	require.Error(t, err, "the contract has run")
}

// updates looks at the trigger from both sides with the statements that a shop would have.
func updates(t *testing.T, db *pgx.Conn, v1, v2 *app) {
	t.Helper()
	_, err := db.Exec(t.Context(), "UPDATE customers SET name = 'René Descartes' WHERE id = (SELECT max(id) FROM customers)")
	require.NoError(t, err)
	require.Equal(t, "René Descartes", v2.newest().Customer)
	_, err = db.Exec(t.Context(), "UPDATE customers SET first_name = 'Renée' WHERE id = (SELECT max(id) FROM customers)")
	require.NoError(t, err)
	require.Equal(t, "Renée Descartes", v1.newest().Customer)
}

func TestFoldersGrowWithoutChangingWhatWasReleased(t *testing.T) {
	for folder, base := range map[string]string{"v2": "v1", "bad-rename": "v2", "bad-drop": "v2"} {
		old, err := demoapp.Migrations(base)
		require.NoError(t, err)
		now, err := demoapp.Migrations(folder)
		require.NoError(t, err)
		require.NotEmpty(t, old)
		for name, want := range old {
			require.Equal(t, want, now[name], "%s/%s", folder, name)
		}
	}
	_, err := demoapp.Migrations("v9")
	require.ErrorContains(t, err, "bad-drop")
}

func TestBadReleasesBreakTheRunningVersion(t *testing.T) {
	for folder, file := range map[string]string{"bad-rename": "0006_rename_item.up.sql", "bad-drop": "0006_drop_orders.up.sql"} {
		dsn := labtest.Postgres(t)
		db := connect(t, dsn)
		apply(t, db, "v1", "0001_customers.up.sql")
		v1 := run(t, dsn, "v1", "a")
		status, body := v1.get("/orders")
		require.Equal(t, http.StatusOK, status, body)
		apply(t, db, folder, file)
		status, _ = v1.get("/orders")
		require.Equal(t, http.StatusInternalServerError, status, "otherwise there would be nothing to refuse")
	}
}

func TestBehaviours(t *testing.T) {
	dsn := labtest.Postgres(t)
	apply(t, connect(t, dsn), "v1", "0001_customers.up.sql")
	sick := run(t, dsn, "v1", "b", "never-healthy")
	status, _ := sick.get("/healthz")
	require.Equal(t, http.StatusServiceUnavailable, status)

	bad := run(t, dsn, "v1", "b", "errors-after-switch=0.3")
	failed := 0
	for range 100 {
		if status, _ := bad.get("/"); status == http.StatusInternalServerError {
			failed++
		}
		status, _ := bad.get("/healthz")
		require.Equal(t, http.StatusOK, status)
	}
	require.InDelta(t, 30, failed, 1)

	t.Chdir(t.TempDir()) // the artifact's directory
	require.NoError(t, os.WriteFile(demoapp.BehaviourFile, []byte("crash-at-start\n"), 0o644))
	require.ErrorContains(t, demoapp.Run(t.Context(), func(string) string { return "" }), "crashed")
	require.NoError(t, os.WriteFile(demoapp.BehaviourFile, []byte("be-nice\n"), 0o644))
	require.ErrorContains(t, demoapp.Run(t.Context(), func(string) string { return "" }), "never-healthy")
}

func TestItFinishesWhatIsInFlight(t *testing.T) {
	dsn := labtest.Postgres(t)
	apply(t, connect(t, dsn), "v1", "0001_customers.up.sql")
	a := run(t, dsn, "v1", "a")
	socket, _, err := websocket.Dial(t.Context(), strings.Replace(a.base, "http", "ws", 1)+"/ws", nil)
	require.NoError(t, err)
	defer func() { _ = socket.CloseNow() }()
	require.NoError(t, socket.Write(t.Context(), websocket.MessageText, []byte("hello")))
	_, echo, err := socket.Read(t.Context())
	require.NoError(t, err)
	require.Equal(t, "hello", string(echo))

	slow := make(chan int, 1)
	go func() {
		response, err := http.Get(a.base + "/slow")
		if err != nil {
			slow <- 0
			return
		}
		_ = response.Body.Close()
		slow <- response.StatusCode
	}()
	require.Eventually(t, func() bool {
		_, body := a.get("/healthz")
		return strings.Contains(body, `"in_flight":2`) // the slow one and the socket
	}, 20*time.Second, time.Millisecond)
	a.close()
	_, _, err = socket.Read(t.Context())
	require.Equal(t, websocket.StatusGoingAway, websocket.CloseStatus(err), "%v", err)
	require.Equal(t, http.StatusOK, <-slow)
	require.NoError(t, <-a.ended)
	_, err = http.Get(a.base + "/healthz")
	require.Error(t, err, "nobody listens any more")
}
