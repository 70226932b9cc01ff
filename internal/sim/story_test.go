package sim

import (
	"flag"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/tools/txtar"

	"teal.dev/teal/release"
)

var update = flag.Bool("update", false, "rewrite the stories' timelines")

const stories = "../../testdata/release/*.txtar"

// A story is a txtar file: its comment tells it, "script" plays it, "timeline" is what the core decided.
func TestStories(t *testing.T) {
	files, err := filepath.Glob(stories)
	require.NoError(t, err)
	require.NotEmpty(t, files)
	spoke := map[string]bool{}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) {
			archive, err := txtar.ParseFile(file)
			require.NoError(t, err)
			w, got := tell(t, archive, release.Step, spoke)
			require.Empty(t, w.Violations)
			want := section(archive, "timeline")
			if *update {
				setSection(archive, "timeline", got)
				require.NoError(t, os.WriteFile(file, txtar.Format(archive), 0o644))
				return
			}
			require.Equal(t, want, got)
		})
	}
	for _, name := range release.Rules() {
		require.True(t, spoke[name], "rule %s speaks in no story", name)
	}
}

func section(a *txtar.Archive, name string) string {
	for _, f := range a.Files {
		if f.Name == name {
			return string(f.Data)
		}
	}
	return ""
}

func setSection(a *txtar.Archive, name, text string) {
	for i := range a.Files {
		if a.Files[i].Name == name {
			a.Files[i].Data = []byte(text)
			return
		}
	}
	a.Files = append(a.Files, txtar.File{Name: name, Data: []byte(text)})
}

// teller plays a script and writes the timeline.
type teller struct {
	t     testing.TB
	w     *World
	out   strings.Builder
	lines int
	told  int
	start time.Time
}

// tell plays a story with a core and returns the town and the timeline.
func tell(t testing.TB, archive *txtar.Archive, core release.Stepper, spoke map[string]bool) (*World, string) {
	w := New(1)
	w.Step = func(s release.State, o release.Observation, l release.Limits) (release.State, release.Action, []release.Outcome) {
		next, a, outs := core(s, o, l)
		if spoke != nil {
			spoke[a.Rule] = true
		}
		return next, a, outs
	}
	s := &teller{t: t, w: w, start: w.Now}
	for _, line := range strings.Split(section(archive, "script"), "\n") {
		if line = strings.TrimSpace(line); line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		fmt.Fprintf(&s.out, "> %s\n", line)
		s.do(strings.Fields(line))
		s.flush()
	}
	class, unproven := release.RollbackClass(w.State(), w.Seen())
	fmt.Fprintf(&s.out, "= %s class=%s unproven=%v\n", w.Describe(), class, unproven)
	return w, s.out.String()
}

// flush writes the decisions and outcomes since the last line of the script.
func (s *teller) flush() {
	for ; s.lines < len(s.w.Log); s.lines++ {
		l := s.w.Log[s.lines]
		fmt.Fprintf(&s.out, "%7.1fs  %-22s %-8s %s\n", l.At.Sub(s.start).Seconds(), l.Action.Rule, l.Action.Kind, l.Action.Why)
	}
	if s.w.Waits.Rule != "" {
		fmt.Fprintf(&s.out, "          .. %s\n", s.w.Waits.Rule)
	}
	for ; s.told < len(s.w.Store.Outcomes); s.told++ {
		o := s.w.Store.Outcomes[s.told]
		fmt.Fprintf(&s.out, "          => %s %s %s\n", o.Release, o.Type, o.Code)
	}
}

// do plays one line.
func (s *teller) do(words []string) {
	w := s.w
	switch words[0] {
	case "release":
		w.Release(release.ID(words[1]), s.spec(words[2:]))
	case "until":
		require.True(s.t, w.Until(s.cond(words[1])), "never %v: %s %v\n%s", words, w.Describe(), w.Violations, s.out.String())
	case "run":
		d, err := time.ParseDuration(words[1])
		require.NoError(s.t, err)
		for end := w.Now.Add(d); w.Now.Before(end); {
			w.Turn()
		}
	case "rest":
		w.Rest(30 * time.Minute)
	case "say":
		c := s.command(words[1:])
		a := w.Say(c)
		if a.Kind == release.Refuse {
			fmt.Fprintf(&s.out, "          refused (%s): %s\n", a.Code, a.Why)
		}
	case "crash":
		w.Crash()
	case "off":
		d, err := time.ParseDuration(words[1])
		require.NoError(s.t, err)
		w.Off(d)
	default:
		s.world(words)
	}
}

// world plays a line about the world outside the daemon.
func (s *teller) world(words []string) {
	w := s.w
	switch strings.Join(words, " ") {
	case "haproxy restart":
		w.Nodes[0].RestartHAProxy()
	case "haproxy down":
		w.Nodes[0].Down = true
	case "haproxy up":
		w.Nodes[0].Down = false
	case "another haproxy":
		w.AddNode()
	case "haproxy2 down":
		w.Nodes[1].Down = true
	case "haproxy2 up":
		w.Nodes[1].Down = false
	case "haproxy is mute":
		w.Nodes[0].Mute = true
	case "haproxy speaks":
		w.Nodes[0].Mute = false
	case "store lost":
		w.LoseStore()
		s.told = 0
	case "haproxy is deaf":
		w.Nodes[0].Deaf = true
	case "haproxy listens":
		w.Nodes[0].Deaf = false
	case "haproxy forgets":
		w.Nodes[0].Runtime = release.Route{}
	case "haproxy is written by a stranger":
		w.Nodes[0].Runtime.Rev += 10
	case "haproxy says nonsense":
		w.Nodes[0].Foreign = "blue"
	case "haproxy speaks sense":
		w.Nodes[0].Foreign = ""
	case "database down":
		w.DB.Down = true
	case "database up":
		w.DB.Down = false
	case "database fails":
		w.DB.Fail = true
	case "database locked":
		w.DB.Locked = true
	case "database unlocked":
		w.DB.Locked = false
	case "database unproven":
		w.DB.Unproven = true
	case "database foreign":
		w.DB.Foreign = true
	case "database copied":
		w.DB.Hold = "copied_database"
	case "database adopted":
		w.DB.Hold = ""
	case "kill a":
		delete(w.Procs, release.A)
	case "kill b":
		delete(w.Procs, release.B)
	case "sick a", "sick b":
		w.Procs[release.Slot(words[1])].Spec.Healthy = false
	case "tamper r1", "tamper r2":
		spec := w.Specs[release.ID(words[1])]
		spec.Changed = true
		w.Specs[release.ID(words[1])] = spec
	case "clock back":
		w.Now = w.Now.Add(-time.Hour)
	case "tunnels a":
		w.Tunnels = map[release.Slot]uint64{release.A: 3}
	case "freeze":
		w.Freeze = release.Freeze{Active: true, Why: "friday evening"}
	case "thaw":
		w.Freeze = release.Freeze{}
	case "remove app":
		w.Removed = true
	case "restore app":
		w.Removed = false
	default:
		s.setting(words)
	}
}

// setting changes what people set: "policies p2 deny=contract expand=dba", or the app's limits.
func (s *teller) setting(words []string) {
	if words[0] != "policies" {
		s.limit(words)
		return
	}
	p := Policy{Digest: words[1]}
	for _, word := range words[2:] {
		key, value, _ := strings.Cut(word, "=")
		switch key {
		case "deny":
			p.Deny = value
		case "expand":
			p.Expand = strings.Split(value, ",")
		case "contract":
			p.Contract = strings.Split(value, ",")
		case "asks":
			p.Asks = strings.Split(value, ",")
		default:
			require.Fail(s.t, "no such word", word)
		}
	}
	s.w.Policy = p
}

// limit changes the app's limits: "limit bake=10s".
func (s *teller) limit(words []string) {
	require.Equal(s.t, "limit", words[0], "no such line: %v", words)
	l := &s.w.Limits
	for _, word := range words[1:] {
		key, value, _ := strings.Cut(word, "=")
		d, _ := time.ParseDuration(value)
		switch key {
		case "queue":
			l.Queue = value
		case "few":
			l.FewRequests, l.Few = value, 1_000_000
		case "switch":
			l.SwitchApproval = value
		case "contract":
			l.ContractApproval = value
		case "passes":
			l.Passes, _ = strconv.Atoi(value)
		case "stable":
			l.Stable = d
		case "wait":
			l.ApprovalWait = d
		case "warm":
			l.WarmFor = d
		case "after":
			l.ContractAfter = d
		case "bake":
			l.BakeFor = d
		case "urgent":
			l.AllowUrgent = value == "yes"
		case "database":
			l.HasDatabase = value == "yes"
		case "way":
			l.Recipe.Launch = value
		case "a", "b":
			l.Addresses = maps.Clone(l.Addresses) // the plans of before keep theirs
			l.Addresses[release.Slot(key)] = value
		default:
			require.Fail(s.t, "no such limit", word)
		}
	}
}

// cond is what "until" waits for: a phase, "rest", "held" or "waiting".
func (s *teller) cond(word string) func(release.State) bool {
	return func(st release.State) bool {
		switch word {
		case "rest":
			return s.w.Settled()
		case "held":
			return st.Hold != nil
		case "waiting":
			return st.Waiting != nil
		case "contracting":
			return st.Contracting
		case "warm", "retiring":
			return st.Last != nil && string(st.Last.Phase) == word
		}
		return st.Current != nil && string(st.Current.Phase) == word
	}
}

// spec reads "v2 expand=1,2 contract=3 roles=dba unhealthy errors=0.5 …".
func (s *teller) spec(words []string) Spec {
	spec := Spec{Version: release.Version(words[0]), Healthy: true, Warmup: 300 * time.Millisecond, NoDB: true}
	for _, word := range words[1:] {
		key, value, _ := strings.Cut(word, "=")
		switch key {
		case "expand":
			spec.Expand, spec.NoDB = list(value), false
		case "contract":
			spec.Contract = list(value)
		case "roles":
			spec.Roles = strings.Split(value, ",")
		case "refuse":
			spec.Refuse = value
		case "warns":
			spec.Warns = strings.Split(value, ",")
		case "unhealthy":
			spec.Healthy = false
		case "unchecked":
			spec.Unchecked = true
		case "errors":
			spec.ErrorRate, _ = strconv.ParseFloat(value, 64)
		case "dies":
			spec.DiesAfter, _ = time.ParseDuration(value)
		case "wants":
			spec.Current = release.Version(value)
		case "urgent":
			spec.Urgent = true
		case "touches":
			spec.Touches = true
		case "missing":
			spec.Missing = true
		case "unread":
			spec.Unread = true
		case "way":
			spec.Way = value
		default:
			require.Fail(s.t, "no such word", word)
		}
	}
	return spec
}

func list(text string) []uint64 {
	var numbers []uint64
	for _, word := range strings.Split(text, ",") {
		n, _ := strconv.ParseUint(word, 10, 64)
		numbers = append(numbers, n)
	}
	return numbers
}

// command reads "rollback id=R by=ana roles=dba force live=a version=v1 rev".
func (s *teller) command(words []string) release.Command {
	c := release.Command{Verb: release.Verb(words[0]), Actor: "ana", Roles: []string{"operator"}, Reason: "because"}
	for _, word := range words[1:] {
		key, value, _ := strings.Cut(word, "=")
		switch key {
		case "id":
			c.Release = release.ID(value)
		case "roles":
			c.Roles = strings.Split(value, ",")
		case "force":
			c.Force = true
		case "live":
			c.Live = release.Slot(value)
		case "version":
			c.Version = release.Version(value)
		case "rev":
			c.Rev = true
		case "claim":
			c.Claim = true
		case "folder":
			c.Folder = value
		}
	}
	return c
}

// The mutants: each must be killed, by an invariant on a usual day or under the seeds, or by a story that it tells wrongly.
func TestEveryMutantDies(t *testing.T) {
	archives := map[string]*txtar.Archive{}
	files, err := filepath.Glob(stories)
	require.NoError(t, err)
	for _, file := range files {
		archives[file], err = txtar.ParseFile(file)
		require.NoError(t, err)
	}
	mutants := wrappers()
	for _, name := range release.Rules() {
		mutants["without "+name] = release.Without(name)
	}
	byInvariant := 0
	for name, core := range mutants {
		killer := kill(core, archives)
		require.NotEmpty(t, killer, "mutant %q lives", name)
		if strings.HasPrefix(killer, "I") {
			byInvariant++
		}
		t.Logf("%-40s killed by %s", name, killer)
	}
	t.Logf("%d mutants killed, %d of them by an invariant", len(mutants), byInvariant)
}

// kill says what noticed the mutant; "" = nothing did.
func kill(core release.Stepper, archives map[string]*txtar.Archive) (killer string) {
	defer func() {
		if r := recover(); r != nil {
			killer = fmt.Sprintf("a panic: %v", r)
		}
	}()
	w := New(1)
	w.Step = core
	play(w)
	if len(w.Violations) > 0 {
		return w.Violations[0]
	}
	for file, archive := range archives {
		if !sameStory(archive, core) {
			return "story " + filepath.Base(file)
		}
	}
	for i := range uint64(20) {
		if w := seed(i, core); len(w.Violations) > 0 {
			return w.Violations[0]
		}
	}
	return ""
}

// recorder is a testing.TB whose failures only end the story.
type recorder struct {
	testing.TB
	failed bool
}

func (r *recorder) Errorf(string, ...any) { r.failed = true }
func (r *recorder) FailNow()              { panic(r) }
func (r *recorder) Helper()               {}
func (r *recorder) Name() string          { return "a story told by a mutant" }

func sameStory(archive *txtar.Archive, core release.Stepper) (same bool) {
	rec := &recorder{}
	defer func() {
		if r := recover(); r != nil {
			if r != any(rec) {
				panic(r)
			}
			same = false
		}
	}()
	w, got := tell(rec, archive, core, nil)
	return len(w.Violations) == 0 && got == section(archive, "timeline")
}

// wrappers are mutants that lie to the core, or falsify what it says.
func wrappers() map[string]release.Stepper {
	type stepIn func(*release.State, *release.Observation, *release.Limits)
	lie := func(f stepIn) release.Stepper {
		return func(s release.State, o release.Observation, l release.Limits) (release.State, release.Action, []release.Outcome) {
			f(&s, &o, &l)
			return release.Step(s, o, l)
		}
	}
	falsify := func(f func(before release.State, next *release.State, a *release.Action, outs *[]release.Outcome)) release.Stepper {
		return func(s release.State, o release.Observation, l release.Limits) (release.State, release.Action, []release.Outcome) {
			next, a, outs := release.Step(s, o, l)
			f(s, &next, &a, &outs)
			return next, a, outs
		}
	}
	return map[string]release.Stepper{
		"one passed probe is ready": lie(func(_ *release.State, _ *release.Observation, l *release.Limits) { l.Passes, l.Stable = 0, 0 }),
		"every slot is said to be ready": lie(func(s *release.State, o *release.Observation, _ *release.Limits) {
			for slot, seen := range o.Slots {
				seen.Tenant.Running = release.Yes
				seen.Probe = release.Probe{Passes: 99, Since: o.Now.Add(-time.Hour), At: o.Now}
				o.Slots[slot] = seen
			}
			for i := range o.Traffic.Nodes {
				for slot := range o.Traffic.Nodes[i].Servers {
					o.Traffic.Nodes[i].Servers[slot] = release.Server{Up: release.Yes}
				}
			}
		}),
		"the config of today is run": func(s release.State, o release.Observation, l release.Limits) (release.State, release.Action, []release.Outcome) {
			next, a, outs := release.Step(s, o, l)
			if a.Kind == release.Start {
				a.Plan.Recipe = l.Recipe
			}
			return next, a, outs
		},
		"the address of today is asked": func(s release.State, o release.Observation, l release.Limits) (release.State, release.Action, []release.Outcome) {
			next, a, outs := release.Step(s, o, l)
			for slot, place := range next.Slots {
				if place.Plan != nil {
					place.Plan.Address = l.Addresses[slot]
				}
			}
			return next, a, outs
		},
		"nobody looks at the executable": lie(func(_ *release.State, o *release.Observation, _ *release.Limits) {
			if v := o.Verdict; v != nil {
				o.Verdict = new(release.Verdict)
				*o.Verdict = *v
				o.Verdict.Digest = ""
			}
		}),
		"what was started is not learnt": lie(func(_ *release.State, o *release.Observation, _ *release.Limits) {
			for slot, seen := range o.Slots {
				seen.Tenant.Digest = ""
				o.Slots[slot] = seen
			}
		}),
		"no bake":             lie(func(_ *release.State, _ *release.Observation, l *release.Limits) { l.BakeFor = 0; l.MaxErrors = 1 }),
		"errors do not count": lie(func(_ *release.State, _ *release.Observation, l *release.Limits) { l.MaxErrors = 1 }),
		"the schema is always clean": lie(func(_ *release.State, o *release.Observation, _ *release.Limits) {
			o.Schema.Expand.Pending, o.Schema.Contract.Pending = nil, nil
		}),
		"the switch is not stored ahead": falsify(func(before release.State, next *release.State, a *release.Action, _ *[]release.Outcome) {
			if a.Rule == "switch" {
				next.Live, next.Rev = before.Live, before.Rev
			}
		}),
		"a rollback keeps the old rev": falsify(func(before release.State, next *release.State, _ *release.Action, _ *[]release.Outcome) {
			if r := next.Current; r != nil && r.Phase == release.RollingBack && before.Live != next.Live {
				next.Rev = before.Rev
			}
		}),
		"the floor is forgotten": falsify(func(_ release.State, next *release.State, _ *release.Action, _ *[]release.Outcome) { next.Floor = 0 }),
		"the live slot is stopped": falsify(func(_ release.State, next *release.State, a *release.Action, _ *[]release.Outcome) {
			if a.Kind == release.Stop {
				a.Slot = next.Live
			}
		}),
		"outcomes are told twice": falsify(func(_ release.State, _ *release.State, _ *release.Action, outs *[]release.Outcome) {
			*outs = append(*outs, slices.Clone(*outs)...)
		}),
		"ends are not told": falsify(func(_ release.State, _ *release.State, _ *release.Action, outs *[]release.Outcome) {
			*outs = slices.DeleteFunc(*outs, func(o release.Outcome) bool { return slices.Contains(Terminal(), o.Type) })
		}),
		"the expand is skipped": falsify(func(_ release.State, next *release.State, a *release.Action, _ *[]release.Outcome) {
			if a.Kind == release.Expand {
				a.Kind, next.Current.Phase = release.Record, release.Starting
			}
		}),
		"the contract does not wait for green": falsify(func(_ release.State, next *release.State, a *release.Action, _ *[]release.Outcome) {
			if r := next.Last; r != nil && r.Phase == release.Warm && r.Verdict != nil && len(r.Verdict.Owes) > 0 && a.Kind == release.Wait {
				*a = release.Action{Kind: release.Contract, Release: r.ID, Folder: r.Folder, Numbers: r.Verdict.Owes, Rule: "mutant"}
			}
		}),
	}
}
