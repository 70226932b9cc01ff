package demo

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"teal.dev/teal/release"
)

// at is a moment of the test's own day, in milliseconds.
func at(ms int) time.Time {
	return time.Date(2026, 5, 4, 12, 0, 0, 0, time.UTC).Add(time.Duration(ms) * time.Millisecond)
}

func TestFailuresAreCountedByTheirCause(t *testing.T) {
	outages := []outage{{From: at(1000), To: at(1500)}}
	bad := map[string]bool{"v3-bad": true}
	cases := map[string]struct {
		sent                       sent
		failed, dead, onPurpose    int
		begun, ended, status, slow int
	}{
		"good":                          {sent: sent{Status: 200, Begun: at(0), Ended: at(5)}},
		"500 of a good version":         {sent: sent{Status: 500, Version: "v2", Begun: at(0), Ended: at(5)}, failed: 1},
		"503 of HAProxy":                {sent: sent{Status: 503, Begun: at(0), Ended: at(5)}, failed: 1},
		"500 of the bad version":        {sent: sent{Status: 500, Version: "v3-bad", Begun: at(0), Ended: at(5)}, onPurpose: 1},
		"404 of the bad version":        {sent: sent{Status: 404, Version: "v3-bad", Begun: at(0), Ended: at(5)}, failed: 1},
		"cut before the outage":         {sent: sent{Err: "EOF", Begun: at(900), Ended: at(999)}, failed: 1},
		"in flight when it began":       {sent: sent{Err: "EOF", Begun: at(900), Ended: at(1001)}, dead: 1},
		"within the outage":             {sent: sent{Err: "refused", Begun: at(1100), Ended: at(1101)}, dead: 1},
		"longer than the outage":        {sent: sent{Err: "EOF", Begun: at(900), Ended: at(1600)}, dead: 1},
		"after the outage":              {sent: sent{Err: "refused", Begun: at(1500), Ended: at(1501)}, failed: 1},
		"answered although it was dead": {sent: sent{Status: 200, Begun: at(1400), Ended: at(1600)}},
		"neither answer nor error":      {sent: sent{Begun: at(0), Ended: at(5)}, failed: 1},
	}
	for name, c := range cases {
		got := account([]sent{c.sent}, outages, bad)
		require.Equal(t, 1, got.Requests, name)
		require.Equal(t, c.failed, got.Failed, name)
		require.Equal(t, c.dead, got.Apart.HAProxyDead, name)
		require.Equal(t, c.onPurpose, got.Apart.BadVersion, name)
		require.Len(t, got.First, c.failed, name)
		require.Equal(t, 500, got.Apart.HAProxyDeadMS, name)
	}
}

// send is the line that teal writes when a send has ended.
func send(to release.Slot, ended int, took time.Duration, failure string) release.Entry {
	return release.Entry{At: at(ended), Took: took, Error: failure, Action: release.Action{Kind: release.Send, Rule: "switch", Route: release.Route{Live: to}}}
}

func start(slot release.Slot, v release.Version) release.Entry {
	return release.Entry{Action: release.Action{Kind: release.Start, Slot: slot, Plan: release.Plan{Version: v}}}
}

func TestSwitchesAreReadFromTheTimeline(t *testing.T) {
	got := switchesOf([]release.Entry{
		start(release.A, "v1"), send(release.A, 10, 4*time.Millisecond, ""),
		send(release.A, 20, 4*time.Millisecond, ""),        // healed: not a switch
		start(release.B, "v2"), send(release.B, 30, 0, ""), // decided, not done
		send(release.B, 40, 4*time.Millisecond, "HAProxy does not answer"),
		send(release.B, 50, 6*time.Millisecond, ""),
		send(release.A, 90, 5*time.Millisecond, ""),
	})
	require.Len(t, got, 3)
	require.Equal(t, Switch{To: release.A, ToVersion: "v1", Rule: "switch", AckMS: 4, began: at(6), acked: at(10)}, got[0])
	require.Equal(t, Switch{From: release.A, To: release.B, FromVersion: "v1", ToVersion: "v2", Rule: "switch", AckMS: 6, began: at(44), acked: at(50)}, got[1])
	require.Equal(t, release.A, got[2].To)
}

func TestTheLastOldAnswer(t *testing.T) {
	switches := switchesOf([]release.Entry{send(release.A, 10, time.Millisecond, ""), send(release.B, 110, 10*time.Millisecond, ""), send(release.A, 510, 10*time.Millisecond, "")})
	old := func(kind string, begun, ended int) sent {
		return sent{Kind: kind, Slot: "a", Status: 200, Begun: at(begun), Ended: at(ended)}
	}
	requests := []sent{
		old(kindKept, 99, 140),                            // begun before the command
		old(kindKept, 101, 104), old(kindFresh, 105, 117), // begun after it, answered by green: allowed until it is read back
		old(kindSlow, 106, 606), // says nothing about the switch
		{Kind: kindKept, Slot: "b", Status: 200, Begun: at(111), Ended: at(180)}, // the new one
		old(kindKept, 520, 530), // green is live again
	}
	measure(switches, requests)
	require.Equal(t, 17.0, switches[1].LastOldMS)
	require.Zero(t, switches[1].Stale)
	require.Zero(t, switches[0].LastOldMS)
	measure(switches, append(requests, old(kindWrite, 111, 113)))
	require.Equal(t, 1, switches[1].Stale, "begun after the commit was read back, and answered by green")
}

func TestSummary(t *testing.T) {
	good := Summary{OK: true, Requests: 5000, Apart: Apart{HAProxyDead: 7, BadVersion: 9, HAProxyDeadMS: 55, SocketsTold: 4}, Kinds: map[string]int{kindKept: 5000},
		Switches:  []Switch{{To: release.A, ToVersion: "v1", AckMS: 3}, {From: release.A, To: release.B, FromVersion: "v1", ToVersion: "v2", AckMS: 4.5, LastOldMS: 2.5}},
		Rollbacks: 1, RollbackDetails: []Rollback{{How: "warm, by hand", From: release.B, To: release.A, TookMS: 12}},
		Migrations: Migrations{Expand: 6, Contract: 1, Refused: 2}, Abandoned: 1, Steps: make([]Step, 12)}
	var text strings.Builder
	good.Print(&text)
	for _, want := range []string{"5000 sent, 0 failed", "7 while HAProxy itself was dead (55 ms)", "9 answers that the bad version gave on purpose", "nothing", "v1 in a      → v2 in b",
		"4.5 ms", "2.5 ms", "warm, by hand", "b → a in 12 ms", "6 expand and 1 contract applied; 2 refused", "All 12 steps ended as expected."} {
		require.Contains(t, text.String(), want)
	}
	bad := good
	bad.OK, bad.Failed, bad.Failures, bad.Missed = false, 1, []string{"keep-alive: status 503"}, []string{"expected: no failed request; seen: 1"}
	text.Reset()
	bad.Print(&text)
	require.Contains(t, text.String(), "FAILED     keep-alive: status 503")
	require.Contains(t, text.String(), "MISSED     expected: no failed request; seen: 1")
	require.NotContains(t, text.String(), "as expected.")
}

func TestTheSummaryOfNothingHasNoNulls(t *testing.T) {
	text, err := json.Marshal(Summary{Failures: list[string](nil), Switches: list[Switch](nil), RollbackDetails: list[Rollback](nil), Refusals: list[Refusal](nil),
		Abandonments: list[Abandoned](nil), Steps: list[Step](nil), Missed: list[string](nil), Kinds: map[string]int{}})
	require.NoError(t, err)
	require.NotContains(t, string(text), "null")
}

func TestAPlayNotesWhatDidNotHold(t *testing.T) {
	p := &play{timeline: &timeline{api: newDeafAPI(t), out: &strings.Builder{}, began: time.Now()}}
	p.expect(true, "nothing", "nothing")
	require.Empty(t, p.missed)
	p.expect(false, "v2 is live", "v1")
	require.Equal(t, []string{"expected: v2 is live; seen: v1"}, p.missed)
}

func TestLinesOfTheTimeline(t *testing.T) {
	e := send(release.B, 1500, 4*time.Millisecond, "")
	e.Action.Slot, e.Action.Why = release.B, "v2 is ready"
	e.Action.Route = release.Route{Live: release.B, Candidate: release.B, Rev: 2}
	require.Equal(t, "  1.50s  b  switch                 v2 is ready (map: b:b:0:2)  4.0 ms", lineOf(e, at(0)))
	e.Took = 0
	require.Empty(t, lineOf(e, at(0)), "an effect has its line when it has ended")
	e.Error = "no answer"
	require.Contains(t, lineOf(e, at(0)), "failed: no answer")
	said := release.Entry{At: at(0), Actor: "ana", Verb: release.VerbRetire, Reason: "seen", Action: release.Action{Kind: release.Record, Rule: "person-retires", Why: "ana retires a"}}
	require.Equal(t, `  0.00s  ·  person-retires         ana retires a ("seen")`, lineOf(said, at(0)))
}
