package e2e

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"

	"teal.dev/teal/daemon"
	"teal.dev/teal/release"
)

// somebody is another user of this machine.
func somebody(uid uint32) *syscall.Credential {
	return &syscall.Credential{Uid: uid, Gid: uid, Groups: []uint32{}}
}

// TestRoles: what a person may do is decided by who they are on the unix socket.
func TestRoles(t *testing.T) {
	t.Parallel()
	if os.Getuid() != 0 { // becoming another user is root's right; CI is root
		t.Skip("only root can ask as somebody else")
	}
	const nobody, operator, dba = 20001, 20002, 20003
	w := newTown(t, plan{prepare: func(w *town) {
		w.access = fmt.Sprintf(`{admin: ["uid:0"], operator: ["uid:%d"], dba: ["gid:%d"]}`, operator, dba)
	}, settings: map[string]string{"warm": "{for: 10m, auto_rollback: true}"}})
	w.reach(w.release("shop", "v1", w.folder("v1")), release.OutFinished)
	id := w.release("shop", "v2", w.folder("v2"))
	w.awaitApp("shop", "the wait for the dba", func(s daemon.AppStatus) bool { return s.Waiting != nil && s.Waiting.For == "approval" })
	for _, uid := range []uint32{nobody, operator} {
		code, out := w.command(somebody(uid), "approve", "shop", "--reason", "let me")
		require.Equal(t, 1, code, out)
		require.Contains(t, out, "role")
		require.Equal(t, "approval", w.app("shop").Waiting.For)
	}
	code, out := w.command(somebody(dba), "approve", "shop", "--reason", "the trigger is good")
	require.Equal(t, 0, code, out)
	w.awaitPhase("shop", id, release.Warm)

	for _, uid := range []uint32{nobody, dba} {
		for _, verb := range []string{"rollback", "hold", "retire", "abandon", "promote", "contract", "resume"} {
			code, out := w.command(somebody(uid), verb, "shop", "--reason", "let me")
			require.Equal(t, 1, code, out)
			require.Contains(t, out, "needs operator", verb)
		}
	}
	code, out = w.command(somebody(nobody), "status", "shop")
	require.Equal(t, 0, code, out)
	require.Equal(t, release.B, w.app("shop").Live, "nobody has moved anything")
	status, body := w.postTCP("/v1/apps/shop/rollback")
	require.Equal(t, 403, status, body)
	code, out = w.command(somebody(operator), "rollback", "shop", "--reason", "checkout fails")
	require.Equal(t, 0, code, out)
	w.await(long, "the rollback", func() (bool, string) {
		past, _ := w.past(id)
		return past.Release.Terminal == release.OutRolledBack, w.now(id, past)
	})
	w.account(id)
	said := map[string]string{}
	for _, e := range w.lines("shop") {
		if e.Verb != "" && e.Action.Kind != release.Refuse {
			said[string(e.Verb)] = e.Actor + ": " + e.Reason
		}
	}
	require.Equal(t, map[string]string{"approve": "uid:20003: the trigger is good", "rollback": "uid:20002: checkout fails"}, said)
}

// TestTheStoreIsLost: teal starts with nothing. It replays no old release, does not guess what is live, and goes on once a
// person has said so.
func TestTheStoreIsLost(t *testing.T) {
	t.Parallel()
	w := newTown(t, plan{})
	first := w.release("shop", "v1", w.folder("v1"))
	w.reach(first, release.OutFinished)
	second := w.release("shop", "v1-b", w.folder("v1"))
	w.reach(second, release.OutFinished)
	load := w.load("shop")
	load.begin()
	pid := w.app("shop").Slots[release.B].PID
	line, ledger := w.mapLine("shop"), w.ledger("shop")
	require.NoError(t, w.daemon.stop())
	files, err := filepath.Glob(w.path("state", "teal.db*"))
	require.NoError(t, err)
	require.NotEmpty(t, files)
	for _, file := range files {
		require.NoError(t, os.Remove(file))
	}
	w.serve()

	held := w.awaitApp("shop", "the hold", func(s daemon.AppStatus) bool { return s.Hold != nil })
	require.Equal(t, "unknown_live_version", held.Hold.Code)
	require.Contains(t, held.Hold.Why, "teal adopt shop --live")
	for _, id := range []release.ID{first, second} {
		require.Equal(t, "horizon", w.reach(id, release.OutRejected).Code, "an old release is not replayed")
	}
	next := w.release("shop", "v1-c", w.folder("v1"))
	w.reach(next, release.OutAccepted)
	require.Equal(t, line, w.mapLine("shop"))
	require.Equal(t, ledger, w.ledger("shop"))
	require.NoError(t, syscall.Kill(pid, 0), "what runs goes on")
	require.Equal(t, "b", w.side("shop"))

	code, out := w.command(nil, "adopt", "shop", "--live", "b", "--version", "v1-b", "--new-installation", "--reason", "the disk died")
	require.Equal(t, 0, code, out)
	w.reachAfterHold(next, release.OutFinished)
	require.Equal(t, release.A, w.app("shop").Live)
	require.Equal(t, "a", w.side("shop"))
	load.finish()
}

// TestNoSecretIsTold gives teal an address of the database that is wrong in every way that a library may quote. What was
// said is searched at the end of every test; here are the words of the errors.
func TestNoSecretIsTold(t *testing.T) {
	t.Parallel()
	w := newTown(t, plan{})
	id := ""
	for i, bad := range []struct{ dsn, told string }{
		{"postgres://postgres:" + canary + "@127.0.0.1:port/shop", "no address"},
		{"postgres://postgres:" + canary + "%zz@127.0.0.1/shop", "no address"},
		{"postgres://postgres:" + canary + "@127.0.0.1:1/shop?sslmode=" + canary, "no address"},
		{"host=127.0.0.1 port=1 user=postgres password='" + canary, "no address"},
		{"mysql://root:" + canary + "@127.0.0.1/shop", "no address"},
		{canary, "no address"},
		{strings.Replace(w.dsn("shop", "no_such_database"), "sslmode=disable", "sslmode=verify-full", 1), "TLS"},
		{w.dsn("shop", "no_such_database"), "does not exist"},
	} {
		w.write("shop.dsn", bad.dsn)
		if i == 0 {
			id = string(w.release("shop", "v1", w.folder("v1")))
		}
		w.awaitApp("shop", "an error of the database", func(s daemon.AppStatus) bool {
			problems := strings.Join(s.Problems, "; ")
			require.NotContains(t, problems, canary)
			return strings.Contains(problems, "database") && strings.Contains(problems, bad.told)
		})
	}
	for _, command := range [][]string{{"config", "check", w.path("config")}, {"config", "show", "shop"}, {"doctor"}, {"status", "shop"}, {"plan", "shop"}} {
		w.command(nil, command...) // it looks for the canary
	}
	w.write("shop.dsn", w.dsn("shop", w.shops["shop"].database))
	w.reach(release.ID(id), release.OutFinished)
}

// reachAfterHold is reach for a release that was held on its way.
func (w *town) reachAfterHold(id release.ID, end string) {
	w.t.Helper()
	w.await(long, "the end "+end, func() (bool, string) {
		past, _ := w.past(id)
		return past.Release.Terminal == end, w.now(id, past)
	})
	w.account(id)
}
