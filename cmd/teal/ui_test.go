package main

import (
	"bytes"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"teal.dev/teal/daemon"
	"teal.dev/teal/internal/client"
	"teal.dev/teal/release"
)

func TestPlain(t *testing.T) {
	require.Equal(t, "a b c[31mred d", plain("a\nb\tc\x1b[31mred\x07 d\u009b"))
	require.Equal(t, "a\nb", plainText("a\x1b\nb"))
}

func TestPeriodsAndAges(t *testing.T) {
	for text, want := range map[string]time.Duration{"30s": 30 * time.Second, "5m": 5 * time.Minute, "7d": 168 * time.Hour, "1d12h": 36 * time.Hour, "1h30m": 90 * time.Minute} {
		var p period
		require.NoError(t, p.Set(text))
		require.Equal(t, want, time.Duration(p))
		require.Equal(t, text, p.String())
	}
	for _, text := range []string{"", "5", "-1h", "0s", "d", "1x", "0d"} {
		require.Error(t, new(period).Set(text), text)
	}
	require.Equal(t, "2m5s", short(125*time.Second))
	require.Equal(t, "0s", short(0))
	require.Equal(t, "10d", short(240*time.Hour))
	require.Equal(t, "0s", age(time.Unix(1, 0), time.Unix(9, 0)))
}

// TestAppInTrouble shows the overlays of an app: each names what stops it, since when, and the command that goes on.
func TestAppInTrouble(t *testing.T) {
	now := time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
	app := daemon.AppStatus{App: "shop", Live: release.A, Version: "1.4", Rev: 41, Epoch: 2, Class: release.ClassForwardOnly, Rule: "held", Why: "it is held",
		Current: &release.Release{Request: release.Request{ID: "R1", Version: "1.5"}, Phase: release.Expanding, Since: now.Add(-5 * time.Minute)},
		Hold:    &release.Hold{Code: "foreign_rev", Why: "rev 77 by a \x1b[2Jstranger", Step: "baking", Since: now.Add(-2 * time.Minute)},
		Waiting: &release.Waiting{For: "approval", Role: "dba", Why: "the backfill", Since: now.Add(-time.Hour), Until: now.Add(time.Hour)},
		Pending: []daemon.Pending{{Release: "R1", Step: "expand", Roles: []string{"dba", "lead"}}, {Release: "R0", Step: "contract", Roles: []string{"admin"}}, {Release: "R9", Step: "contract", Roles: []string{"lead"}}},
		Owed: []release.Owed{{Release: "R0", Version: "1.4", Numbers: []uint64{7, 8}, Roles: []string{"dba", "admin"}, Approvals: []release.Approval{{Role: "dba"}}, NotBefore: now.Add(3 * time.Hour)},
			{Release: "R9", Version: "1.4", Numbers: []uint64{9}, Denied: "drop-column", NotBefore: now.Add(3 * time.Hour)}},
		Coming:  &release.Coming{Owed: release.Owed{Release: "R3", Version: "1.5", Numbers: []uint64{11}}, Needs: []string{"dba"}, Why: "it waits"},
		Queue:   []release.Request{{ID: "R2", Version: "1.6", Accepted: now.Add(-time.Minute)}},
		Traffic: []release.Node{{Name: "lb1"}, {Name: "lb2", Known: true, Foreign: "b\x07x"}}}
	var out bytes.Buffer
	require.NoError(t, printApp(&out, app, now))
	for _, want := range []string{
		"state     HELD 2m (foreign_rev)\n", "held      foreign_rev since 2m, at baking: rev 77 by a [2Jstranger\n",
		"  next    find who wrote the map, then: teal adopt shop --rev --reason …\n",
		"waiting   for approval since 1h, until 2026-11-23T13:00:00Z: the backfill\n  next    teal approve shop --reason … (by somebody with each of the roles dba and lead)\n",
		"owed      contract 7, 8 of 1.4, due in 3h, needs the word of admin: teal approve shop\n", "owed      contract 9 of 1.4, due in 3h, refused by the policies in force, needs the word of lead, once they let it pass\n", "queued    1.6 (R2) since 1m\n", "coming    contract 11 of 1.5, which will need the word of dba: it waits\n",
		"rollback  forward-only: the schema has gone past the earlier version; release a new one\n", "unknown", "foreign: bx",
	} {
		require.Contains(t, out.String(), want)
	}
	for _, code := range []string{"unknown_live_version", "few_requests", "no_ready_target", "app_removed", "copied_database", "unknown_history", "by_hand"} {
		app.Hold.Code = code
		require.Contains(t, goOn(app), "teal ", code)
	}
}

// TestAnAdviceOfManyLinesRemainsSQL: flattened into one line, everything behind the first comment would be a comment.
func TestAnAdviceOfManyLinesRemainsSQL(t *testing.T) {
	advice := "0004_x.up.sql:1: rename-column\x1b: why\n-- expand:\nALTER TABLE t ADD COLUMN c text;\n"
	require.Equal(t, "0004_x.up.sql:1: rename-column: why\n    -- expand:\n    ALTER TABLE t ADD COLUMN c text;", indented(advice))
	require.Equal(t, "0004_x.up.sql:1: rename-column: why …", firstLine(advice))
	require.Equal(t, "one line", firstLine("one line\n"))
}

// TestALiveSlotThatIsDownIsNotAtRest: the overview says so where a decision has nothing to say.
func TestALiveSlotThatIsDownIsNotAtRest(t *testing.T) {
	app := daemon.AppStatus{App: "shop", Live: release.A, Why: "nothing to do", Slots: map[release.Slot]daemon.SlotStatus{
		release.A: {Want: true, Running: release.No, Problem: "started 3 times and ended each time"}}}
	require.Equal(t, "slot a is live and does not run: started 3 times and ended each time", why(app))
	app.Slots[release.A] = daemon.SlotStatus{Want: true, Running: release.Yes}
	require.Equal(t, "nothing to do", why(app))
}

// TestAGreenThatIsNotReadyIsNotStartedAgain: the class is cold then, and what it usually means would be wrong.
func TestAGreenThatIsNotReadyIsNotStartedAgain(t *testing.T) {
	app := daemon.AppStatus{App: "shop", Class: release.ClassCold, Unready: release.B}
	require.Equal(t, "cold (not ready)", class(app))
	require.Equal(t, ": the earlier version is meant to be up in slot b and is not ready now; teal rollback shop is refused without --force until it is", meaning(app))
	app.Unready = release.None
	require.Contains(t, meaning(app), "is started again first")
}

// TestAVersionThatCouldNotBeRead: a request that was refused before it could be read, or trusted, has none.
func TestAVersionThatCouldNotBeRead(t *testing.T) {
	unread := daemon.Past{App: "shop", ID: "R1", Terminal: "rejected", Code: "schema"}
	var out bytes.Buffer
	printPast(&out, client.Past{Release: unread})
	require.Equal(t, "release R1 of shop (its version could not be read)\n", out.String())
	out.Reset()
	require.NoError(t, printHistory(&out, []daemon.Past{unread}, time.Now()))
	require.Regexp(t, `R1 +unknown +rejected \(schema\)`, out.String())
}
