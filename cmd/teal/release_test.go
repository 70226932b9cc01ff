package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"teal.dev/teal/daemon"
	"teal.dev/teal/events"
	"teal.dev/teal/events/jetstream"
	"teal.dev/teal/release"
)

func types(doc followed) []string {
	var list []string
	for _, o := range doc.Outcomes {
		list = append(list, strings.TrimSuffix(o.Type+" "+o.Code, " "))
	}
	return list
}

// TestTwoReleasesAndARollback goes the way of a build system and of the operator who does not like what it built.
func TestTwoReleasesAndARollback(t *testing.T) {
	h := newHouse(t, nil)
	s, doc := h.release("1.0", "--until", "finished")
	require.Equal(t, exitDone, s.code, "%s%s%s", s.err, s.out, h.teal("status", "shop").out)
	require.Equal(t, []string{"accepted", "blue_ready", "switched", "baking", "baking passed", "finished"}, types(doc))
	require.Equal(t, "finished", doc.Result)

	s = h.teal("release", "shop", "1.1", "--label", "team=a,stage=b", "--commit", "abc", "--sequence", "7")
	require.Equal(t, exitDone, s.code, s.err)
	require.Regexp(t, `(?m)^\S+Z  accepted  .*\n(.*\n)*\S+Z  baking \(passed\)  .*stays warm$`, strings.TrimSpace(s.out))
	require.Regexp(t, `^release [0-9A-Z]{26} of shop 1.1\n$`, s.err)

	s = h.teal("status")
	require.Equal(t, exitDone, s.code, s.err)
	require.Regexp(t, `(?m)^APP +LIVE +VERSION +STATE +ROLLBACK +WHY\nshop +b +1\.1 +warm 1\.1 \d+s +instant +`, s.out)
	s = h.teal("status", "shop")
	require.Contains(t, s.out, "1.1 is live in slot b")
	require.Contains(t, s.out, "rollback  instant: the earlier version is up; teal rollback shop --reason …")
	require.Regexp(t, `(?m)^a +no +green +1\.0 +yes +yes \(pid \d+\) +yes +\d+ passed +-$`, s.out)
	require.Regexp(t, `(?m)^lb1 +yes +b:b:0:\d+ +UP +UP +0 +-$`, s.out)

	s = h.teal("rollback", "shop", "--reason", "it is slow")
	require.Equal(t, exitDone, s.code, s.err)
	require.Contains(t, s.out, "shop: ")
	h.until(func(a daemon.AppStatus) bool {
		return a.Live == release.A && a.Version == "1.0" && a.Current == nil && a.Last == nil
	})
	s = h.teal("history", "shop")
	require.Regexp(t, `(?m)^\d+s +[0-9A-Z]{26} +1\.1 +rolled back`, s.out)
	s = h.teal("audit", "shop")
	require.Regexp(t, `person-rolls-back: .*\[.+ rollback: it is slow\]`, s.out)
	requireNewestLines(t, h)
	s = h.teal("explain", string(doc.Release))
	require.Equal(t, exitDone, s.code, s.err)
	require.Contains(t, s.out, "finished")

	var status daemon.Status
	require.NoError(t, json.Unmarshal([]byte(h.teal("status", "-o", "json").out), &status))
	require.Equal(t, release.Version("1.0"), status.Apps[0].Version)
}

// requireNewestLines: what a person asks for is what happened last; --after goes through all of it.
func requireNewestLines(t *testing.T, h *house) {
	t.Helper()
	lines := func(args ...string) []release.Entry {
		var doc struct{ Lines []release.Entry }
		s := h.teal(append([]string{"audit", "shop", "-o", "json"}, args...)...)
		require.NoError(t, json.Unmarshal([]byte(s.out), &doc), s.err)
		return doc.Lines
	}
	all := lines("--after", "0", "--limit", "1000")
	newest := lines("--limit", "2")
	require.Len(t, newest, 2)
	require.Greater(t, newest[1].N, newest[0].N)
	require.GreaterOrEqual(t, newest[1].N, all[len(all)-1].N)
	require.Equal(t, all[:2], lines("--after", "0", "--limit", "2"))
	require.Contains(t, h.teal("audit", "shop", "--after", "0", "--limit", "1").err, fmt.Sprintf("next: teal audit shop --after %d\n", all[0].N))
	require.Contains(t, h.teal("audit", "shop", "--limit", "1").err, "--after 0 begins with the first")
	require.Equal(t, exitUsage, h.teal("audit", "shop", "--limit", "0").code)
}

// TestTheSameIDAgain waits for the release that was requested first.
func TestTheSameIDAgain(t *testing.T) {
	h := newHouse(t, func(l *release.Limits) { l.SwitchApproval = "operator" })
	id := "01JD2Y8M3N5W6X7Y8Z9A0B1C2D"
	s, doc := h.release("1.0", "--id", id, "--timeout", "2s")
	require.Equal(t, exitTimeout, s.code, s.err)
	require.Equal(t, "timeout", doc.Result)
	require.Contains(t, s.err, "wait again with: teal release shop 1.0 --id "+id)

	s = h.teal("approve")
	require.Regexp(t, `(?m)^shop +1\.0 +switch +operator +\d+s +`, s.out)
	s = h.teal("status", "shop")
	require.Contains(t, s.out, "next    teal approve shop --reason … (by somebody with the role operator)")
	ended := make(chan said, 1)
	go func() {
		s, _ := h.release("1.0", "--id", id)
		ended <- s
	}()
	require.Equal(t, exitDone, h.teal("approve", "shop", "--reason", "seen").code)
	s = <-ended
	require.Equal(t, exitDone, s.code, s.err)
	require.Contains(t, s.err, "already requested")
	s = h.teal("approve")
	require.Equal(t, said{code: exitDone, err: "nothing waits for an approval\n"}, s)
	s = h.teal("approve", "shop")
	require.Equal(t, exitFailed, s.code)
	require.Contains(t, s.err, "teal: nothing waits for an approval\n  next: ")
}

func TestEndsThatAreNotGood(t *testing.T) {
	h := newHouse(t, func(l *release.Limits) { l.Deadline = 500 * time.Millisecond })
	s, doc := h.release("1.0", "--urgent")
	require.Equal(t, exitRefused, s.code, "%v", doc)
	require.Equal(t, []string{"rejected policy"}, types(doc))
	s, doc = h.release("1.0", "--migrations-dir", "/srv/shop")
	require.Equal(t, exitFailed, s.code)
	require.Equal(t, []string{"rejected no_database"}, types(doc))
	require.Contains(t, h.teal("explain", string(doc.Release)).out, "release "+string(doc.Release)+" of shop 1.0\n")
	require.Regexp(t, string(doc.Release)+` +1\.0 +rejected \(no_database\)`, h.teal("history", "shop").out)
	s, _ = h.release("1.0")
	require.Equal(t, exitDone, s.code, s.err)
	h.ill.Store("1.1")
	s, doc = h.release("1.1")
	require.Equal(t, exitEnded, s.code, s.err)
	require.Equal(t, "abandoned", doc.Result)
	s, doc = h.release("1.2", "--precondition", "0.9", "--until", "switched")
	require.Equal(t, exitFailed, s.code, s.err)
	require.Equal(t, []string{"accepted", "rejected precondition_failed"}, types(doc))
	s, _ = h.release("1.3", "--until", "accepted")
	require.Equal(t, exitDone, s.code, s.err)
}

func TestAHoldReturnsAtOnce(t *testing.T) {
	h := newHouse(t, func(l *release.Limits) { l.FewRequests = "hold" })
	id := "01JD2Y8M3N5W6X7Y8Z9A0B1C2D"
	s, doc := h.release("1.0", "--id", id)
	require.Equal(t, exitHeld, s.code, s.err)
	require.Equal(t, "held", doc.Result)
	require.Contains(t, h.teal("status").out, "HELD")
	require.Contains(t, h.teal("status", "shop").out, "held      few_requests since ")
	// A hold that was resumed since is no news when the history is read again.
	require.Equal(t, exitFailed, h.teal("hold", "shop").code, "held already")
	require.Equal(t, exitDone, h.teal("promote", "shop", "--reason", "good enough").code)
	h.teal("resume", "shop") // where the promotion has not lifted the hold by itself
	s, doc = h.release("1.0", "--id", id)
	require.Equal(t, exitDone, s.code, "%s %v", s.err, types(doc))
	require.Contains(t, types(doc), "held few_requests")
}

func TestStatusWatch(t *testing.T) {
	h := newHouse(t, nil)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	var out, errs buffer
	ended := make(chan int, 1)
	go func() {
		ended <- run(ctx, []string{"status", "shop", "--watch", "--socket", h.socket}, stdio{out: &out, err: &errs})
	}()
	s, _ := h.release("1.0")
	require.Equal(t, exitDone, s.code, s.err)
	require.Eventually(t, func() bool { return strings.Contains(out.String(), "at rest") }, wait, 10*time.Millisecond)
	cancel()
	require.Equal(t, exitDone, <-ended, errs.String())
}

func TestNobodyThere(t *testing.T) {
	socket := filepath.Join(t.TempDir(), "none.sock")
	for _, args := range [][]string{{"status"}, {"rollback", "shop"}, {"approve"}, {"history", "shop"}} {
		s := runTeal(t.Context(), append(args, "--socket", socket)...)
		require.Equal(t, exitFailed, s.code)
		require.Equal(t, "teal: no daemon at "+socket+": is `teal serve` running?\n  next: start it, or name its socket with --socket or TEAL_SOCKET\n", s.err)
	}
	h := newHouse(t, nil)
	s := h.teal("status", "pay")
	require.Equal(t, exitFailed, s.code)
	require.Contains(t, s.err, `teal: teal has no app "pay"`)
	for _, args := range [][]string{{"status", "pay"}, {"history", "pay"}, {"audit", "pay"}, {"plan", "pay"}} {
		s = h.teal(args...)
		require.Equal(t, exitFailed, s.code, args)
		require.Contains(t, s.err, "next: its apps are: shop;", args)
	}
	s = h.teal("history", "shop")
	require.Equal(t, said{code: exitDone, err: "no release of shop is known\n"}, s)
	s = h.teal("explain", "01JD2Y8M3N5W6X7Y8Z9A0B1C2D")
	require.Equal(t, exitFailed, s.code)
	require.Contains(t, s.err, "next: teal history APP lists the releases")
	require.NotContains(t, s.err, "?app=")
	var doc failed
	require.NoError(t, json.Unmarshal([]byte(h.teal("rollback", "shop", "-o", "json").out), &doc))
	require.Equal(t, exitFailed, doc.Code)
	require.Equal(t, "nothing", doc.Word)
	require.NotEmpty(t, doc.Next)
	s = h.teal("promote", "shop")
	require.Equal(t, exitFailed, s.code)
	require.Contains(t, s.err, "no release is baking")
	s = h.teal("contract", "--list")
	require.Equal(t, said{code: exitDone, err: "no contract is owed\n"}, s)
}

func TestAdopt(t *testing.T) {
	h := newHouse(t, nil)
	s := h.teal("adopt", "shop", "--migrations", writeFolder(t))
	require.Equal(t, exitFailed, s.code, s.out)
	require.Contains(t, s.err, "the app has no database")
	s = h.teal("adopt", "shop", "--live", "a", "--version", "0.9", "--reason", "teal is new here")
	require.Equal(t, exitDone, s.code, s.err)
	h.until(func(a daemon.AppStatus) bool { return a.Live == release.A && a.Version == "0.9" })
}

func writeFolder(t *testing.T) string {
	dir := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(dir, "0001_a.up.sql"), []byte("SELECT 1;"), 0o600))
	return dir
}

// TestALostConnection goes on listening where it ended, on a server that comes back.
func TestALostConnection(t *testing.T) {
	dir := t.TempDir()
	server, err := jetstream.Embedded(t.Context(), jetstream.EmbeddedConfig{Listen: "127.0.0.1:0", Dir: dir})
	require.NoError(t, err)
	url := server.URL()
	bus, err := jetstream.Connect(jetstream.Config{Name: "test", URL: url})
	require.NoError(t, err)
	t.Cleanup(bus.Close)
	require.Eventually(t, bus.Connected, wait, time.Millisecond)
	_, err = bus.Ensure(t.Context())
	require.NoError(t, err)
	id := release.ID("01JD2Y8M3N5W6X7Y8Z9A0B1C2D")
	var out, errs buffer
	ended := make(chan int, 1)
	go func() {
		ended <- run(t.Context(), []string{"release", "shop", "1", "--id", string(id), "--audience", "test", "--nats", url, "--timeout", "60s"}, stdio{out: &out, err: &errs})
	}()
	post := func(n uint64, kind, code string) {
		require.Eventually(t, func() bool {
			return bus.Publish(t.Context(), release.Posted{App: "shop", N: n, Outcome: release.Outcome{Release: id, Type: kind, Code: code, Text: "x", At: time.Now()}}) == nil
		}, wait, 10*time.Millisecond)
	}
	post(1, "accepted", "")
	require.Eventually(t, func() bool { return strings.Contains(out.String(), "accepted") }, wait, 5*time.Millisecond)
	server.Close()
	server, err = jetstream.Embedded(t.Context(), jetstream.EmbeddedConfig{Listen: strings.TrimPrefix(url, "nats://"), Dir: dir})
	require.NoError(t, err)
	t.Cleanup(server.Close)
	post(2, "switched", "")
	post(3, "baking", "passed")
	select {
	case code := <-ended:
		require.Equal(t, exitDone, code, errs.String())
	case <-time.After(wait):
		t.Fatal("the outcomes after the restart are not heard: " + out.String() + errs.String())
	}
	require.Equal(t, 3, strings.Count(out.String(), "\n"), out.String())
}

// TestJudge is the table of exit codes.
func TestJudge(t *testing.T) {
	order := []string{"accepted", "switched", "baked", "finished"}
	for _, c := range []struct {
		kind, code string
		reaches    int // of order; 0 = none
		exit       int
	}{
		{"accepted", "", 1, 0}, {"waiting", "approval", 1, 0}, {"expanding", "", 1, 0}, {"blue_ready", "", 1, 0}, {"switched", "", 2, 0},
		{"baking", "", 2, 0}, {"baking", "passed", 3, 0}, {"retired", "", 3, 0}, {"finished", "", 4, 0}, {"contracted", "", 4, 0}, {"resumed", "", 0, 0},
		{"rejected", "policy", 0, exitRefused}, {"rejected", "schema", 0, exitFailed}, {"rejected", "interleaved", 0, exitFailed},
		{"superseded", "", 0, exitEnded}, {"abandoned", "", 0, exitEnded}, {"rolled_back", "", 0, exitEnded},
	} {
		for i, target := range order {
			v := judge(events.OutcomeData{Type: c.kind, Code: c.code, Release: "R", App: "shop"}, target)
			if c.exit != 0 {
				var e *exit
				require.ErrorAs(t, v.err, &e)
				require.Equal(t, c.exit, e.code, "%v", c)
				continue
			}
			require.NoError(t, v.err)
			require.Equal(t, i < c.reaches, v.done, "%v until %s", c, target)
		}
	}
	require.True(t, judge(events.OutcomeData{Type: "held"}, "accepted").held)
	require.True(t, judge(events.OutcomeData{Type: "waiting", Code: "held"}, "baked").held)
	require.False(t, judge(events.OutcomeData{Type: "waiting", Code: "approval"}, "baked").held)
}
