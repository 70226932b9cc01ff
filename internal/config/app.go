package config

import (
	"time"

	"go.yaml.in/yaml/v4"

	"teal.dev/teal/release"
)

// App is one file of apps/. Its name is the file's.
type App struct {
	Name     string
	Version  int       `yaml:"version,required"`
	Slots    Slots     `yaml:"slots,required"`
	Launch   Launch    `yaml:"launch,required"`
	Health   Health    `yaml:"health"`
	Traffic  Traffic   `yaml:"traffic,required"`
	Switch   Switch    `yaml:"switch"`
	Bake     Bake      `yaml:"bake"`
	Warm     Warm      `yaml:"warm"`
	Database *Database `yaml:"database"` // nil = the app has none
	Contract Contract  `yaml:"contract"`
	Queue    string    `yaml:"queue"` // newest or fifo
	Release  Release   `yaml:"release"`
}

// Slots are the two places of an app.
type Slots struct {
	A Slot `yaml:"a,required"`
	B Slot `yaml:"b,required"`
}

// Slot is where a version in it can be reached.
type Slot struct {
	Address Address `yaml:"address,required"`
}

// Launch says how a version is brought up; exactly one is set.
type Launch struct {
	Process *Process    `yaml:"process"`
	Command *Command    `yaml:"command"` // not available yet
	Docker  *notReadYet `yaml:"docker"`  // not available yet
}

// Process runs <root>/<artifact>/<command>.
type Process struct {
	Root    Path              `yaml:"root,required"`
	Command []string          `yaml:"command,required"`
	Env     map[string]Secret `yaml:"env"`
}

// Command hands starting and stopping to the operator's supervisor.
type Command struct {
	Start  []string `yaml:"start,required"`
	Stop   []string `yaml:"stop,required"`
	Status []string `yaml:"status,required"` // exits 0 running, 3 stopped
}

// notReadYet is a part of the file whose keys are not looked at.
type notReadYet struct{}

func (*notReadYet) setNode(*decoder, *yaml.Node, string) {}

// Health is teal's own probe of a slot.
type Health struct {
	Path     string   `yaml:"path"`
	Every    Duration `yaml:"every"`
	Timeout  Duration `yaml:"timeout"`
	Passes   int      `yaml:"passes"`
	Stable   Duration `yaml:"stable"`
	Deadline Duration `yaml:"deadline"`
}

// Traffic is the app's part of HAProxy.
type Traffic struct {
	Nodes     []string `yaml:"nodes,required"`
	Map       Map      `yaml:"map,required"`
	Drain     Duration `yaml:"drain"`
	LongLived Span     `yaml:"long_lived"`
}

// Map is the app's map: the path that teal writes ("" = none), and the name by which HAProxy knows it.
type Map struct {
	File MapFile `yaml:"file,required"`
	Name string  `yaml:"name"`
}

// Switch says who must approve it: none, or a role.
type Switch struct {
	Approval string `yaml:"approval"`
}

// Bake is the time after the switch in which teal rolls back by itself.
type Bake struct {
	For         Span    `yaml:"for"`
	MaxErrors   Percent `yaml:"max_errors"`
	FewRequests string  `yaml:"few_requests"` // pass or hold
}

// Warm is how long green stays up after the bake.
type Warm struct {
	For          Span `yaml:"for"`
	AutoRollback bool `yaml:"auto_rollback"`
}

// Database is the app's database, as its migrator sees it.
type Database struct {
	URL        Secret     `yaml:"url,required"`
	DirectURL  Secret     `yaml:"direct_url"` // past a pooler
	Table      string     `yaml:"table"`
	Backfill   Backfill   `yaml:"backfill"`
	Migrations Migrations `yaml:"migrations"`
}

// Backfill bounds data statements in migrations.
type Backfill struct {
	MaxRows int64 `yaml:"max_rows"`
}

// Migrations says from where folders may be read.
type Migrations struct {
	AllowDirs []Path `yaml:"allow_dirs"`
}

// Contract is when the last migrations of a release run, and who must approve.
type Contract struct {
	After    Span   `yaml:"after"`
	Approval string `yaml:"approval"`
}

// Release says what an event may do.
type Release struct {
	AllowUnsigned bool `yaml:"allow_unsigned"`
	AllowUrgent   bool `yaml:"allow_urgent"`
}

func (a *App) defaults() {
	a.Health = Health{Path: "/healthz", Every: Duration(2 * time.Second), Timeout: Duration(2 * time.Second), Passes: 3,
		Stable: Duration(10 * time.Second), Deadline: Duration(5 * time.Minute)}
	a.Traffic.Drain, a.Traffic.LongLived = Duration(30*time.Second), Span(15*time.Minute)
	a.Switch.Approval, a.Contract.Approval = "none", "none"
	a.Bake = Bake{For: Span(30 * time.Minute), MaxErrors: 0.01, FewRequests: "pass"}
	a.Warm = Warm{For: Span(24 * time.Hour), AutoRollback: true}
	a.Contract.After = Span(24 * time.Hour)
	a.Queue = "newest"
}

func (d *Database) defaults() {
	d.Table, d.Backfill.MaxRows = "schema_migrations", 100_000
}

// Environ is the environment of a process as the file has it: plain texts and references for Resolve.
func (p Process) Environ() map[string]string {
	env := make(map[string]string, len(p.Env))
	for name, value := range p.Env {
		env[name] = value.Reference()
	}
	return env
}

// Address is where the version in a slot can be reached.
func (a *App) Address(slot release.Slot) string {
	switch slot {
	case release.A:
		return string(a.Slots.A.Address)
	case release.B:
		return string(a.Slots.B.Address)
	}
	return ""
}

// Addresses are those of both slots.
func (a *App) Addresses() map[release.Slot]string {
	return map[release.Slot]string{release.A: a.Address(release.A), release.B: a.Address(release.B)}
}

// Limits are the app's numbers for the core, and what its plans keep; the launcher's words are its own.
func (a *App) Limits() release.Limits {
	return release.Limits{
		Recipe: release.Recipe{Health: a.Health.Path}, Addresses: a.Addresses(),
		HasDatabase: a.Database != nil,
		Queue:       a.Queue, AllowUrgent: a.Release.AllowUrgent,
		ProbeEvery: time.Duration(a.Health.Every), Passes: a.Health.Passes,
		Stable: time.Duration(a.Health.Stable), Deadline: time.Duration(a.Health.Deadline),
		SwitchApproval: a.Switch.Approval, ContractApproval: a.Contract.Approval, ApprovalWait: 24 * time.Hour,
		BakeFor: time.Duration(a.Bake.For), MaxErrors: float64(a.Bake.MaxErrors), FewRequests: a.Bake.FewRequests, Few: 100,
		WarmFor: time.Duration(a.Warm.For), AutoRollback: a.Warm.AutoRollback,
		ContractAfter: time.Duration(a.Contract.After),
		Drain:         time.Duration(a.Traffic.Drain), LongLived: time.Duration(a.Traffic.LongLived), Keep: 15 * time.Minute,
		ReadyLost: 10 * time.Second, Blind: 10 * time.Minute, Idle: time.Second, Busy: 100 * time.Millisecond,
	}
}
