package e2e

import (
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"teal.dev/teal/daemon"
	"teal.dev/teal/release"
)

// site writes the site's policy and waits until it is in force.
func (w *town) site(text string) {
	w.t.Helper()
	before := w.awaitConfig("no problem", "")
	w.write("config/policies/site.yaml", "version: 1\n"+text)
	w.await(long, "the new policy", func() (bool, string) {
		now := w.awaitConfig("no problem", "")
		return now.Hash != before.Hash, now.Hash
	})
}

// waits waits until the app waits for something, and returns why.
func (w *town) waits(app, what string) string {
	w.t.Helper()
	s := w.awaitApp(app, "the wait for "+what, func(s daemon.AppStatus) bool { return s.Waiting != nil && s.Waiting.For == what })
	return s.Waiting.Why
}

// TestAStricterPolicyReachesAReleaseUnderWay: what a release has not begun yet is judged again when the policies change: its
// expand while it waits, its contract when it is due.
func TestAStricterPolicyReachesAReleaseUnderWay(t *testing.T) {
	t.Parallel()
	w := newTown(t, plan{settings: map[string]string{"contract": "{after: forever}"}})
	w.reach(w.release("shop", "v1", w.folder("v1")), release.OutFinished)

	given := w.release("shop", "v2", w.folder("v2"))
	require.Regexp(t, `for 000\d_\w+\.up\.sql:\d+ \S+.*: teal plan shop shows it, teal approve shop gives it`, w.waits("shop", "approval"))
	code, out := w.command(nil, "plan", "shop")
	require.Equal(t, 0, code, out)
	require.Contains(t, out, "expand needs the word of: dba")
	require.Contains(t, out, "create-trigger", "who approves sees what")
	w.site("rules: {create-trigger: deny}\n")
	rejected := w.reach(given, release.OutRejected)
	require.Equal(t, "policy", rejected.Code)
	require.Contains(t, rejected.Text, "create-trigger")
	require.Len(t, w.ledger("shop"), 1, "nothing was touched")

	w.site("rules: {create-trigger: approve}\n")
	id := w.release("shop", "v2", w.folder("v2"))
	w.approve("shop", id, "expand")
	w.reach(id, release.OutFinished)
	w.awaitApp("shop", "the contract to name its statements", func(s daemon.AppStatus) bool {
		return len(s.Pending) == 1 && slices.ContainsFunc(s.Pending[0].Asks, func(ask string) bool { return strings.Contains(ask, "0005_drop_name.up.sql:") })
	})
	w.site("rules: {drop-column: deny}\n")
	w.approve("shop", id, "contract")
	_, err := w.api.Order(t.Context(), "shop", release.VerbContract, daemon.Order{Reason: "now"})
	require.NoError(t, err)
	require.Contains(t, w.waits("shop", "policy"), "drop-column")
	code, out = w.command(nil, "contract", "--list")
	require.Equal(t, 0, code, out)
	require.Contains(t, out, "policies that let it pass")
	_, err = w.api.Order(t.Context(), "shop", release.VerbContract, daemon.Order{Reason: "now"})
	require.ErrorContains(t, err, "0005_drop_name.up.sql")
	_, err = w.api.Order(t.Context(), "shop", release.VerbApprove, daemon.Order{Reason: "it is fine"})
	require.ErrorContains(t, err, "no approval counts yet")
	code, out = w.command(nil, "approve", "shop", "--reason", "it is fine")
	require.Equal(t, 3, code, out)
	require.Equal(t, release.ClassCold, w.app("shop").Class, "no contract statement has run")

	_, out = w.command(nil, "plan", "shop")
	require.Contains(t, out, "v2 ("+string(id)+") is finished and owes a contract")
	require.Contains(t, out, "drop-column")

	w.site("rules: {drop-column: approve}\n")
	require.Contains(t, w.waits("shop", "approval"), "0005_drop_name.up.sql", "the word that was given before the refusal is void")
	w.approve("shop", id, "contract")
	w.reach(id, release.OutContracted)
	require.Equal(t, release.ClassForwardOnly, w.app("shop").Class)
	w.account(id)
}

// TestTheContractToComeIsShown: while the earlier version is warm nothing is in progress and nothing is owed, and who looks
// sees all the same what will come, what it waits for and whose word it will need.
func TestTheContractToComeIsShown(t *testing.T) {
	t.Parallel()
	w := newTown(t, plan{settings: map[string]string{"warm": "{for: forever, auto_rollback: true}", "contract": "{after: 24h, approval: operator}"}})
	w.reach(w.release("shop", "v1", w.folder("v1")), release.OutFinished)
	id := w.release("shop", "v2", w.folder("v2"))
	w.approve("shop", id, "expand")
	w.awaitPhase("shop", id, release.Warm)
	const waits = "it waits until v1, which stays warm, is retired by hand: teal retire shop; it runs no earlier than "
	for _, command := range [][]string{{"plan", "shop"}, {"contract", "--list"}, {"status", "shop"}} {
		code, out := w.command(nil, command...)
		require.Equal(t, 0, code, out)
		require.Contains(t, out, waits, "%v", command)
		require.Regexp(t, `(?m)\b5\b`, out, "%v", command)
		require.Contains(t, out, "operator", "%v", command)
	}
	_, out := w.command(nil, "plan", "shop")
	require.Contains(t, out, "0005_drop_name.up.sql", "the findings too")
	_, err := w.api.Order(t.Context(), "shop", release.VerbRetire, daemon.Order{Reason: "it is good"})
	require.NoError(t, err)
	w.reach(id, release.OutFinished)
	_, out = w.command(nil, "plan", "shop")
	require.Contains(t, out, "is finished and owes a contract")
}
