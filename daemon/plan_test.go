package daemon_test

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"teal.dev/teal/daemon"
	"teal.dev/teal/daemon/daemontest"
	"teal.dev/teal/events"
	"teal.dev/teal/release"
)

func migrations() events.Folder {
	return events.Folder{{Name: "0001_a.up.sql", Body: []byte("SELECT 1;")}}
}

// planned asks for the plan of an app that is in a state and whose gate is vetter.
func planned(t *testing.T, current *release.Release, owed []release.Owed, vetter *daemontest.Vetter) daemon.Plan {
	return plannedIn(t, func(s *release.State) { s.Current, s.Owed = current, owed }, vetter)
}

func plannedIn(t *testing.T, alter func(*release.State), vetter *daemontest.Vetter) daemon.Plan {
	core := &script{alter: alter}
	h := newHouse(t, core, "shop")
	_, err := h.store.Accept(t.Context(), release.Acceptance{App: "elsewhere", ID: "R0", Digest: "x"}, migrations())
	require.NoError(t, err)
	app := h.config.Load().Apps["shop"]
	app.Ports.Vetter = vetter
	h.config.Store(&daemon.Config{Name: "test", Apps: map[string]daemon.AppConfig{"shop": app}})
	status, raw := ask(t, h.unix, "GET", "http://teal/v1/apps/shop/plan", "")
	require.Equal(t, http.StatusOK, status)
	text, err := json.Marshal(raw)
	require.NoError(t, err)
	var plan daemon.Plan
	require.NoError(t, json.Unmarshal(text, &plan))
	return plan
}

// TestThePlanHasTheFindings: who approves must see what; the stored state has no findings, so the gate is asked again.
func TestThePlanHasTheFindings(t *testing.T) {
	digest := migrations().Digest()
	vetted := func(phase release.Phase) *release.Release {
		return &release.Release{Request: release.Request{ID: "R1", Version: "1.1", Folder: digest}, Phase: phase,
			Verdict: &release.Verdict{Release: "R1", Expand: []string{"dba"}, Pending: []uint64{1}}}
	}
	says := &daemontest.Vetter{Verdict: release.Verdict{Findings: []byte(`{"decision":"approve"}`), Warnings: []string{"0001_a.up.sql: lost"}}}
	away := &daemontest.Vetter{Hook: func(context.Context, string) error { return errors.New("connection refused") }}
	stricter := &daemontest.Vetter{Verdict: release.Verdict{Refuse: "policy", Why: "not on a Friday"}}

	plan := planned(t, vetted(release.Vetted), nil, says)
	require.JSONEq(t, `{"decision":"approve"}`, string(plan.Findings))
	require.Equal(t, []string{"dba"}, plan.Verdict.Expand)
	require.Equal(t, []string{"0001_a.up.sql: lost"}, plan.Warnings)
	require.Empty(t, plan.Problem)

	plan = planned(t, vetted(release.Vetted), nil, away)
	require.Equal(t, "null", string(plan.Findings))
	require.Contains(t, plan.Problem, "connection refused; see that the database answers")

	require.Contains(t, planned(t, vetted(release.Vetted), nil, stricter).Problem, "judged now it is refused (policy): not on a Friday")
	require.Contains(t, planned(t, vetted(release.Starting), nil, says).Problem, "teal explain R1", "what has run is not judged as if it had not")

	owed := []release.Owed{{Release: "R2", Version: "1.0", Folder: digest, Numbers: []uint64{1}, Roles: []string{"dba"}}}
	plan = planned(t, nil, owed, says)
	require.True(t, plan.Contract)
	require.Equal(t, release.ID("R2"), plan.Release)
	require.JSONEq(t, `{"decision":"approve"}`, string(plan.Findings))
	require.Equal(t, []string{"dba"}, plan.Verdict.Contract)
}

// TestThePlanShowsTheContractToCome: while the earlier version is warm nothing is in progress, and yet something is coming.
func TestThePlanShowsTheContractToCome(t *testing.T) {
	says := &daemontest.Vetter{Verdict: release.Verdict{Findings: []byte(`{"decision":"allow"}`)}}
	last := &release.Release{Request: release.Request{ID: "R2", Version: "1.1", Folder: migrations().Digest()}, Phase: release.Warm,
		Verdict: &release.Verdict{Release: "R2", Owes: []uint64{1}, Contract: []string{"dba"}}, Limits: release.Limits{WarmFor: release.Forever}}
	plan := plannedIn(t, func(s *release.State) { s.Last = last }, says)
	require.True(t, plan.Contract)
	require.Contains(t, plan.Coming, "teal retire shop")
	require.Equal(t, release.Warm, plan.Phase)
	require.Equal(t, []uint64{1}, plan.Verdict.Owes)
	require.Equal(t, []string{"dba"}, plan.Verdict.Contract)
	require.JSONEq(t, `{"decision":"allow"}`, string(plan.Findings))
}
