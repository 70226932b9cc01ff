package events

import (
	"crypto/sha256"
	"encoding/hex"
	"path"
	"slices"
	"strings"

	"teal.dev/teal/release"
)

// App is what the door knows about an app when a message for it arrives.
type App struct {
	Known         bool   // the app has a file in the config directory
	Audience      string // this teal's name
	AllowUnsigned bool
	Keys          []Key
	AllowDirs     []string // directories under which a migration folder may lie
	Kinds         []string // of artifacts that the app's launcher runs; none = not known now
	Limits        release.Limits
	Sequence      uint64 // the highest data.sequence accepted; 0 = none
	History       bool   // the store knows a release of the app, or the app was adopted
	Horizon       uint64 // the stream's last sequence when the app's file was first loaded
}

// Admission is a request that may enter the queue. When Dir is set its folder is still to be read from there, checked
// with ValidateFolder and, when DirDigest is set, compared with it.
type Admission struct {
	App       string
	ID        release.ID
	Digest    string // sha256 of the message
	Signer    string // "" = unsigned
	Event     Request
	Folder    Folder // inline migrations
	Dir       string
	DirDigest string
	Request   release.Request // Folder is set for inline migrations; Accepted is the caller's
}

// Digest is the sha256 of a message's bytes, by which a duplicate is told from a conflict.
func Digest(message []byte) string {
	sum := sha256.Sum256(message)
	return "sha256:" + hex.EncodeToString(sum[:])
}

// Admit decides whether a message may enter the app's queue, in this order: size, envelope, app, signature, document,
// identity, horizon, audience, expiry, sequence, artifact, migrations, options. Pure: asked again, it answers the same.
func Admit(m Received, app App) (Admission, *Rejection) {
	name, id, r := ParseSubject(m.Subject)
	if r != nil {
		return Admission{}, r
	}
	a := Admission{App: name, ID: id, Digest: Digest(m.Data)}
	env, r := Open(m.Data)
	if r != nil {
		return a, r
	}
	if !app.Known {
		return a, reject(UnknownApp, "/data/app", "teal has no app %s; publish for an app that teal status lists, or let an operator add apps/%s.yaml and publish again under a new id", name, name)
	}
	if env.Signed || !app.AllowUnsigned {
		if a.Signer, r = Verify(env, app.Keys, name, m.Stored); r != nil {
			return a, r
		}
	}
	if a.Event, r = ParsePayload(env.Payload); r != nil {
		return a, r
	}
	for _, check := range []func(Received, App) *Rejection{a.identity, a.horizon, a.audience, a.expiry, a.sequence, a.artifact, a.migrations} {
		if r := check(m, app); r != nil {
			return a, r
		}
	}
	return a.finish(m, app)
}

func (a *Admission) identity(Received, App) *Rejection {
	if a.Event.Data.App != a.App {
		return reject(Schema, "/data/app", "/data/app is %s and the subject says %s; publish on the subject of the signed app", a.Event.Data.App, a.App)
	}
	if a.Event.ID != a.ID {
		return reject(Schema, "/id", "/id is %s and the subject says %s; publish on the subject of the signed id", a.Event.ID, a.ID)
	}
	return nil
}

func (a *Admission) horizon(m Received, app App) *Rejection {
	if app.History || m.Seq == 0 || m.Seq > app.Horizon {
		return nil
	}
	return reject(Horizon, "", "the message was stored (as number %d) before teal first loaded the app's config (at number %d) and is not replayed; publish the release again under a new id", m.Seq, app.Horizon)
}

func (a *Admission) audience(_ Received, app App) *Rejection {
	if got := a.Event.Data.Audience; got != app.Audience {
		return reject(WrongAudience, "/data/audience", "/data/audience is %s and this teal is %s; publish to the NATS of the teal that is meant, or sign for this one", got, app.Audience)
	}
	return nil
}

func (a *Admission) expiry(m Received, _ App) *Rejection {
	expires := a.Event.Data.ExpiresAt
	if !m.Stored.Before(expires) {
		return reject(Expired, "/data/expires_at", "the request expired at %s and the stream stored it at %s; publish again with a new id and a later expires_at, and check the builder's clock",
			stamp(expires), stamp(m.Stored))
	}
	if expires.Sub(m.Stored) > MaxExpiry {
		return reject(Schema, "/data/expires_at", "/data/expires_at %s is more than 7 days after the stream stored the message; choose a nearer time", stamp(expires))
	}
	return nil
}

func (a *Admission) sequence(_ Received, app App) *Rejection {
	if s := a.Event.Data.Sequence; s != nil && *s <= app.Sequence {
		return reject(StaleSequence, "/data/sequence", "/data/sequence is %d and %d was accepted before; an older build does not follow a newer one: rebuild it with a higher sequence", *s, app.Sequence)
	}
	return nil
}

// artifact refuses a kind that could only fail at its start, after the expand.
func (a *Admission) artifact(_ Received, app App) *Rejection {
	kind := a.Event.Data.artifact().Kind
	if len(app.Kinds) == 0 || slices.Contains(app.Kinds, kind) {
		return nil
	}
	return reject(ArtifactKind, "/data/artifact/kind", "/data/artifact/kind is %s and the launcher of %s runs artifacts of kind %s; publish one of those, or let an operator change launch in apps/%s.yaml",
		kind, a.App, strings.Join(app.Kinds, " or "), a.App)
}

func (a *Admission) migrations(_ Received, app App) *Rejection {
	const at = "/data/migrations"
	m := a.Event.Data.Migrations
	switch {
	case !app.Limits.HasDatabase && m != nil && m.Kind != KindNone:
		return reject(NoDatabase, at, "the app %s has no database in its config and the request brings migrations; leave them out, or let an operator add database to the app's config", a.App)
	case app.Limits.HasDatabase && m == nil:
		return reject(MigrationsRequired, at, "the app %s has a database and the request says nothing of migrations; send the whole folder (teal release --migrations DIR), or say that there are none (--migrations none; in the event migrations: {kind: none})", a.App)
	case m == nil || m.Kind != KindDir:
		return nil
	}
	for _, dir := range app.AllowDirs {
		dir = path.Clean(dir)
		if m.Path == dir || strings.HasPrefix(m.Path, strings.TrimSuffix(dir, "/")+"/") {
			return nil
		}
	}
	return reject(BadFolder, at+"/path", "the directory %s is not under one of the app's database.migrations.allow_dirs; use one that is, or let an operator allow it", m.Path)
}

func (a Admission) finish(m Received, app App) (Admission, *Rejection) {
	d := a.Event.Data
	tighten, r := d.Options.Tighten(app.Limits)
	if r != nil {
		return a, r
	}
	a.Request = release.Request{ID: a.ID, Seq: m.Seq, Version: release.Version(d.Version), Artifact: d.artifact(), Tighten: tighten}
	if d.Options != nil {
		a.Request.Urgent = d.Options.Urgent
	}
	if d.Precondition != nil {
		a.Request.Current = release.Version(d.Precondition.CurrentVersion)
	}
	if d.Migrations != nil && d.Migrations.Kind == KindDir {
		a.Dir, a.DirDigest = d.Migrations.Path, d.Migrations.Digest
	}
	if a.Folder = d.Folder(); a.Folder != nil {
		a.Request.Folder = a.Folder.Digest()
	}
	return a, nil
}
