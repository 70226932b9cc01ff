package sim

import (
	"math/rand/v2"
	"os"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"teal.dev/teal/release"
)

func v1() Spec {
	return Spec{Version: "v1", Expand: []uint64{1}, Healthy: true, Warmup: 300 * time.Millisecond}
}

func v2() Spec {
	return Spec{Version: "v2", Expand: []uint64{1, 2, 3}, Contract: []uint64{4}, Healthy: true, Warmup: 300 * time.Millisecond}
}

// play is the town's usual day: a first install, a release with expand and contract, a bad one, and a redelivery. It
// returns the points that had been passed each time the town was at rest.
func play(w *World) (rests []int) {
	rest := func() {
		w.Rest(10 * time.Minute)
		rests = append(rests, w.Points())
	}
	w.Release("r1", v1())
	rest()
	w.Release("r2", v2())
	rest()
	w.Release("r1", v1())
	w.Release("r2", v2())
	bad := v2()
	bad.Version, bad.Healthy = "v3", false
	w.Release("r3", bad)
	rest()
	ill := v2()
	ill.Version, ill.ErrorRate = "v4", 0.3
	w.Release("r4", ill)
	rest()
	w.Finish()
	return rests
}

func dump(t *testing.T, w *World) {
	t.Helper()
	for _, l := range w.Log {
		t.Logf("%s %-22s %-9s %-2s %s %s", l.At.Format("15:04:05.000"), l.Action.Rule, l.Action.Kind, l.Action.Slot, l.Action.Release, l.Action.Why)
	}
	t.Log(w.Describe())
}

func requireClean(t *testing.T, w *World, what ...any) {
	t.Helper()
	if len(w.Violations) > 0 {
		dump(t, w)
		require.Empty(t, w.Violations, what...)
	}
}

func TestAQuietDay(t *testing.T) {
	w := New(1)
	play(w)
	requireClean(t, w)
	require.Equal(t, []string{"finished"}, w.Ends("r1"))
	require.Equal(t, []string{"finished"}, w.Ends("r2"))
	require.Equal(t, []string{"abandoned"}, w.Ends("r3"))
	require.Equal(t, []string{"rolled_back"}, w.Ends("r4"))
	require.Nil(t, w.State().Hold)
	require.ElementsMatch(t, []uint64{4}, w.DB.Contract)
}

// Every crash point, and every second crash during the recovery from it (until the town is at rest again): the same end.
func TestEveryCrashPoint(t *testing.T) {
	quiet := New(1)
	play(quiet)
	requireClean(t, quiet)
	stride := 1
	if testing.Short() {
		stride = 7
	}
	runs := make([]int, quiet.Points()+1)
	t.Run("points", func(t *testing.T) {
		for p := 1; p <= quiet.Points(); p++ {
			t.Run(strconv.Itoa(p), func(t *testing.T) {
				t.Parallel()
				runs[p]++
				for second, last := p+1, survives(t, quiet, p); second <= last; second += stride {
					survives(t, quiet, p, second)
					runs[p]++
				}
			})
		}
	})
	all := 0
	for _, n := range runs {
		all += n
	}
	t.Logf("%d crash points, %d runs", quiet.Points(), all)
}

// survives plays the day with crashes, requires the end of the quiet one, and returns the last point of the recovery from
// the first crash.
func survives(t *testing.T, quiet *World, points ...int) int {
	t.Helper()
	w := New(1)
	w.CrashAt(points...)
	rests := play(w)
	requireClean(t, w, "crash at %v", points)
	same(t, quiet, w)
	for _, rest := range rests {
		if rest >= points[0] {
			return rest
		}
	}
	return w.Points()
}

// same requires the end of a crashed run to be the end of the quiet one.
func same(t *testing.T, quiet, w *World) {
	t.Helper()
	for _, id := range []release.ID{"r1", "r2", "r3", "r4"} {
		if len(w.Ends(id)) != 1 || w.Ends(id)[0] != quiet.Ends(id)[0] {
			dump(t, w)
			require.Equal(t, quiet.Ends(id), w.Ends(id), id)
		}
	}
	require.Equal(t, quiet.DB.Expand, w.DB.Expand)
	require.Equal(t, quiet.DB.Contract, w.DB.Contract)
	require.Equal(t, quiet.Procs[w.State().Live].Plan.Version, w.Procs[w.State().Live].Plan.Version)
}

// seed plays a random day: restarts of HAProxy, redeliveries, effects done but unanswered, crashes, dead processes, people.
func seed(n uint64, step release.Stepper) *World {
	rng := rand.New(rand.NewPCG(n, 7))
	w := New(1 + int(n%2))
	w.Step = step
	w.SetFaults(Faults{Rand: rng, ErrBefore: 0.03, ErrAfter: 0.03})
	specs := map[release.ID]Spec{"r1": v1(), "r2": v2()}
	bad := v2()
	bad.Version, bad.Healthy = "v3", rng.Float64() < 0.5
	specs["r3"] = bad
	ill := v2()
	ill.Version, ill.ErrorRate, ill.DiesAfter = "v4", 0.05*rng.Float64(), time.Duration(rng.IntN(20))*time.Second
	specs["r4"] = ill
	specs["r5"] = v2()
	third := Spec{Version: "v6", Expand: []uint64{1, 2, 3, 5}, Contract: []uint64{4, 6}, Roles: []string{"dba"}, Healthy: true, Urgent: n%3 == 0, Touches: n%2 == 0}
	specs["r6"] = third
	fourth := third
	fourth.Version, fourth.Expand, fourth.Contract, fourth.Roles = "v7", []uint64{1, 2, 3, 5, 7}, []uint64{4, 6, 8}, nil
	specs["r7"] = fourth
	habits(w, n)
	for _, id := range []release.ID{"r1", "r2", "r3", "r4", "r5", "r6", "r7"} {
		w.Release(id, specs[id])
		for range 200 + rng.IntN(300) {
			w.trouble(rng, specs)
			w.Turn()
			if len(w.Violations) > 0 {
				return w
			}
		}
	}
	w.SetFaults(Faults{})
	w.calm()
	for range 12 { // people look after what waits for them
		w.Rest(10 * time.Minute)
		w.attend()
	}
	w.Rest(30 * time.Minute)
	w.Finish()
	return w
}

// habits are an app's settings, by the seed.
func habits(w *World, n uint64) {
	if n%3 == 0 {
		w.Limits.AllowUrgent = true
	}
	if n%4 == 1 {
		w.Limits.Queue = "fifo"
	}
	if n%5 == 2 {
		w.Limits.SwitchApproval = "ops"
	}
	if n%7 == 3 {
		w.Limits.ContractApproval = "dba"
	}
	if n%11 == 5 {
		w.Limits.ContractAfter = time.Minute
	}
}

// calm ends all bad luck.
func (w *World) calm() {
	for _, node := range w.Nodes {
		node.Down, node.Deaf, node.Mute = false, false, false
	}
	w.DB.Down, w.DB.Locked, w.Removed, w.Freeze, w.Tunnels = false, false, false, release.Freeze{}, nil
	if w.Policy.Deny != "" {
		w.Policy = Policy{Digest: w.Policy.Digest + " relaxed"}
	}
}

// attend is what a person does who looks after an app: approve what waits, adopt after a stranger, promote, resume.
func (w *World) attend() {
	s := w.State()
	c := release.Command{Actor: "ana", Roles: []string{"operator", "dba", "ops"}, Reason: "attended to"}
	switch {
	case s.Hold != nil && s.Hold.Code == "foreign_rev":
		c.Verb, c.Rev = release.VerbAdopt, true
	case s.Hold != nil && s.Hold.Code == "bad_bake":
		c.Verb = release.VerbPromote
	case s.Hold != nil:
		c.Verb = release.VerbResume
	case s.Waiting != nil && s.Waiting.For == "approval":
		c.Verb = release.VerbApprove
	default:
		return
	}
	w.Say(c)
}

// trouble is one turn's worth of bad luck.
func (w *World) trouble(rng *rand.Rand, specs map[release.ID]Spec) {
	switch x := rng.Float64(); {
	case x < 0.004:
		w.Crash()
	case x < 0.008:
		w.Nodes[rng.IntN(len(w.Nodes))].RestartHAProxy()
	case x < 0.010:
		n := w.Nodes[rng.IntN(len(w.Nodes))]
		n.Down = !n.Down
	case x < 0.016:
		for _, n := range w.Nodes {
			n.Down = false
		}
		w.DB.Down = false
	case x < 0.018:
		w.DB.Down = true
	case x < 0.020:
		for id, spec := range specs {
			if _, known := w.Store.Requests[id]; known {
				w.Release(id, spec)
			}
		}
	case x < 0.022:
		for _, slot := range release.Slots() {
			delete(w.Procs, slot)
		}
	case x < 0.026:
		verbs := []release.Verb{release.VerbRollback, release.VerbHold, release.VerbResume, release.VerbResume, release.VerbAbandon, release.VerbPromote, release.VerbRetire, release.VerbContract, release.VerbApprove}
		w.mem.command = &release.Command{Verb: verbs[rng.IntN(len(verbs))], Actor: "seed", Roles: []string{"operator", "dba", "ops"}, Reason: "dice", Release: release.ID(string(rune('A'+rng.IntN(26))) + w.Now.Format("150405.000"))}
	case x < 0.034:
		w.attend()
	case x < 0.040:
		w.oddity(rng)
	case x < 0.048:
		w.calm()
	}
}

// oddity is bad luck of the rarer kind.
func (w *World) oddity(rng *rand.Rand) {
	switch rng.IntN(12) {
	case 0:
		w.Freeze = release.Freeze{Active: true, Why: "dice"}
	case 1:
		w.Removed = true
	case 2:
		w.Nodes[rng.IntN(len(w.Nodes))].Deaf = true
	case 3:
		w.Nodes[rng.IntN(len(w.Nodes))].Runtime.Rev += 3
	case 4:
		w.DB.Locked = true
	case 5:
		w.DB.Unproven = true
	case 6:
		w.Tunnels = map[release.Slot]uint64{release.A: 1, release.B: 1}
	case 7:
		w.Off(time.Duration(rng.IntN(600)) * time.Second)
	case 8:
		if p := w.Procs[w.State().Live]; p != nil {
			p.Spec.ErrorRate = 0.2 * rng.Float64()
		}
	case 10:
		w.Nodes[rng.IntN(len(w.Nodes))].Mute = true
	case 11:
		way := strconv.Itoa(rng.IntN(1000))
		w.Limits.Recipe.Launch, w.Limits.Addresses = way, map[release.Slot]string{release.A: "a:" + way, release.B: "b:" + way}
	case 9:
		w.Policy = Policy{Digest: strconv.Itoa(rng.IntN(1000)), Deny: []string{"", "", "expand", "contract"}[rng.IntN(4)], Expand: []string{"dba"}[rng.IntN(2):], Contract: []string{"ops"}[rng.IntN(2):]}
	}
}

func TestSeeds(t *testing.T) {
	n := uint64(300)
	if more, err := strconv.ParseUint(os.Getenv("TEAL_SEEDS"), 10, 64); err == nil {
		n = more // by hand: TEAL_SEEDS=20000 go test ./internal/sim -run Seeds
	}
	if testing.Short() {
		n = 200
	}
	held := 0
	for i := range n {
		w := seed(i, release.Step)
		requireClean(t, w, "seed %d", i)
		if w.State().Hold != nil {
			held++
		}
	}
	require.Less(t, held, int(n)/2, "most days end without a hold, or the seeds prove little")
	t.Logf("%d seeds, %d ended held", n, held)
}
