package daemon

import (
	"context"
	"time"

	"teal.dev/teal/events"
	"teal.dev/teal/release"
)

// Every effect behind a port is idempotent, may be called again after any crash, returns nil only when it believes the
// effect done, returns soon after ctx ends, and never logs and returns the same error. An error that is (or wraps) a
// *release.Fault carries its class; any other error is looked at again.

// Switch moves the traffic of one app and says where it is.
//
// To implement one: 1. Observe asks every node and never merges their answers; a node that did not answer completely is
// Known=false, not an error. 2. Send writes route to the durable place first, then to every node (all prepared, then all
// committed), then reads back; it returns nil only when every node says the route. 3. A Send of an older Rev or Epoch than
// one already there is refused. 4. Pass daemontest.TestSwitch.
type Switch interface {
	Observe(ctx context.Context, stats []release.Slot) (release.Traffic, error)
	Send(ctx context.Context, route release.Route) error
}

// Launcher brings a version up in a slot and stops it.
//
// To implement one: 1. Observe finds what runs after any crash of teal, also a process whose Start was never answered.
// 2. Start with the same plan twice starts one. 3. Stop of an empty slot is nil; after grace the process is killed.
// 4. Values of a release never reach a shell. 5. Pass daemontest.TestLauncher.
type Launcher interface {
	Observe(ctx context.Context, slot release.Slot) (release.Tenant, error)
	Start(ctx context.Context, slot release.Slot, plan release.Plan) error
	Stop(ctx context.Context, slot release.Slot, grace time.Duration) error
}

// Migrator applies one track of a migration folder and tells the state of the database with regard to it.
//
// To implement one: 1. Observe uses a session of its own and never waits for a lock. 2. Apply holds the lock on the session
// that runs the DDL, records each file in the transaction that applies it, checks the epoch there, and calls progress with
// one line whenever what it waits for changes. 3. Pass daemontest.TestMigrator.
type Migrator interface {
	Observe(ctx context.Context, folder events.Folder) (release.Schema, error)
	Apply(ctx context.Context, m release.Migration, folder events.Folder, progress func(string)) error
}

// Adopter is what a migrator may also be: it takes a database as it is for the app's, baselining the files of a folder that
// are there already (none for an empty folder), or with m.Claim accepting a copy as the installation.
type Adopter interface {
	Adopt(ctx context.Context, m release.Migration, folder events.Folder) error
}

// Keeper is what an inbox may also be: it stores a folder that belongs to no release.
type Keeper interface {
	Keep(ctx context.Context, folder events.Folder) error
}

// Vetter judges the migrations of a release under the policies in force. An error means "could not judge".
//
// To implement one: 1. Vet judges the whole plan, VetContract only the files that are owed. 2. Both name the policies in
// Verdict.Policies by the digest that AppConfig.Policies has: another one there means that the policies have changed.
type Vetter interface {
	Vet(ctx context.Context, state release.State, request release.Request, folder events.Folder) (release.Verdict, error)
	VetContract(ctx context.Context, owed release.Owed, folder events.Folder) (release.Verdict, error)
}

// Calendar says what the policies' freeze windows forbid at a moment. Pure: no I/O.
type Calendar interface {
	Frozen(app string, now time.Time) release.Freeze
}

// Prober asks a slot whether it is healthy, where the plan that was started there listens. One request, no retry, no
// history: the daemon keeps that.
type Prober interface {
	Probe(ctx context.Context, slot release.Slot, plan release.Plan) error
}

// Journal keeps the state of each app. Save writes the state, its outcomes and its line of the timeline in one
// transaction, and refuses a state whose Seq is not the stored one + 1 or whose Epoch is older. An entry without
// Action.Kind adds no line: only clocks went on.
type Journal interface {
	Load(ctx context.Context, app string) (release.State, bool, error)
	Save(ctx context.Context, state release.State, outcomes []release.Outcome, entry release.Entry) error
	Took(ctx context.Context, entry release.Entry) error // add a line without a change of state: an effect ended
}

// Inbox keeps what the door accepted. Accept stores bytes, folder, request and outcome in one transaction.
type Inbox interface {
	Accept(ctx context.Context, a release.Acceptance, folder events.Folder) (release.Receipt, error)
	Queue(ctx context.Context, app string) ([]release.Request, error)
	Folder(ctx context.Context, digest string) (events.Folder, error)
}

// Outbox hands out what has to be published, oldest first.
type Outbox interface {
	Unsent(ctx context.Context, limit int) ([]release.Posted, error)
	Sent(ctx context.Context, row uint64) error
}

// Publisher puts one outcome on the wire. Publishing the same twice is harmless.
type Publisher interface {
	Publish(ctx context.Context, p release.Posted) error
}

// Register is the door's memory of an app, beside what it accepted.
type Register interface {
	Horizon(ctx context.Context, app string) (uint64, bool, error) // false = not set yet
	SetHorizon(ctx context.Context, app string, stream uint64) error
	MaxSequence(ctx context.Context, app string) (int64, bool, error)
}

// Quarantine counts the tries to judge a message, and keeps the bytes of what could not be judged.
type Quarantine interface {
	Attempt(ctx context.Context, stream uint64, by int) (int, error) // adds by (+1 before a try, -1 when it failed in order) and returns the count
	Quarantine(ctx context.Context, stream uint64, subject string, raw []byte, why string, at time.Time) error
	HighestIngested(ctx context.Context) (uint64, error)
}

// Examiner is what a launcher may also be: it looks at what it would run without running it.
//
// To implement one: 1. Kinds names the kinds of artifacts that it can run; none = it cannot tell now. 2. Recipe is all that
// its config says of how a version is run, in its own words, with references to secrets and never what they name; it comes
// back in the plan, which counts, whatever the config says later. 3. Digest names the bytes that a plan would run now, and
// returns the Fault that a Start would, before anything is touched.
type Examiner interface {
	Kinds() []string
	Recipe() string
	Digest(plan release.Plan) (string, error)
}

// Handle judges one message of the stream.
type Handle = func(context.Context, events.Received) events.Disposition

// Intake is the stream of requests. Consume delivers until ctx ends or the connection cannot go on; Rescan reads the
// stream from a sequence to its end; LastSeq is the stream's last sequence.
type Intake interface {
	Consume(ctx context.Context, handle Handle) error
	Rescan(ctx context.Context, from uint64, handle Handle) error
	LastSeq(ctx context.Context) (uint64, error)
}
