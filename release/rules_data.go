package release

import (
	"fmt"
	"time"
)

// removedHolds stops a release whose app has lost its file, a warm one too. Its slots stay as they are. A
// rollback goes on up to its bake.
func removedHolds(t *turn) (Action, bool) {
	r := t.s.Current
	if !t.o.Removed || r == nil && t.s.Last == nil && !t.s.Contracting || t.s.Wish != nil || r != nil && r.Rollback && r.Phase != Baking {
		return silent()
	}
	return t.hold("app_removed", fmt.Sprintf("apps/%s.yaml is gone in mid-release; put it back and resume, or abandon", t.s.App))
}

// databaseGoneHolds stops a release whose migrations are judged, and a contract, when the app has no database any more: no
// version starts on a schema that nobody has expanded for it.
func databaseGoneHolds(t *turn) (Action, bool) {
	r := t.s.Current
	expands := r != nil && (r.Phase == Vetted || r.Phase == Expanding) && r.Folder != ""
	if t.l.HasDatabase || !expands && !t.s.Contracting {
		return silent()
	}
	return t.hold("no_database", fmt.Sprintf("apps/%s.yaml has no database any more and there are migrations to apply; put database back and resume, or abandon", t.s.App))
}

// held keeps everything below from going on. A request that arrives behind a hold is told so, once: its build system
// would else hear nothing until it gave up.
func held(t *turn) (Action, bool) {
	if t.s.Hold == nil {
		return silent()
	}
	why := fmt.Sprintf("held (%s): %s; go on with: teal resume %s --reason …", t.s.Hold.Code, t.s.Hold.Why, t.s.App)
	if n := len(t.o.Queue); n > 0 {
		return t.waitFor(t.o.Queue[n-1].ID, Waiting{For: "held", Why: why})
	}
	return wait(why)
}

// adoptDatabase carries out a person's word that a database is this app's, before anything else looks at it.
func adoptDatabase(t *turn) (Action, bool) {
	a := t.s.Adopting
	switch {
	case a == nil:
		return silent()
	case t.o.Job.Running:
		return wait(progress(t.o.Job, "the database is being adopted"))
	case t.o.Now.Before(t.s.Job.Next):
		return wait("the adoption is tried again shortly")
	}
	if t.o.Job.Kind != Adopt || !fresh(&t.s.Job, t.o.Job) {
		return Action{Kind: Adopt, Folder: a.Folder, Claim: a.Claim, Why: a.By + " adopts the database as it is"}, true
	}
	f := t.o.Job.Fault
	switch {
	case f == nil:
		handled(&t.s.Job, t.o.Job)
		t.s.Adopting, t.s.Job.Tries = nil, 0
		return record(t.subject(), "the database is adopted")
	case f.Class == Retry || f.Class == Budget:
		t.retry(&t.s.Job, t.o.Job, 30*time.Second)
		return record(t.subject(), "the adoption is tried again: "+f.Text)
	}
	handled(&t.s.Job, t.o.Job)
	t.s.Adopting = nil
	return t.hold(f.Code, f.Text)
}

// schemaHolds stops when the database says something that no effect of teal can put right. A dirty track is not one of
// them: applying proves or disproves it, and what cannot be proven comes back as a fault.
func schemaHolds(t *turn) (Action, bool) {
	s := t.o.Schema
	if !s.Known || s.Hold == "" || s.Hold == "dirty" || s.For != schemaNeeded(t.s, t.l) || s.For == "" {
		return silent()
	}
	return t.hold(s.Hold, s.Why)
}

// guess keeps a release of an app without history in the queue until HAProxy and both slots were seen: only they say whether
// a version runs already that teal has forgotten. What is not seen is not taken for nothing.
func (t *turn) guess() (Action, bool) {
	if t.s.Live != None || t.s.History {
		return silent()
	}
	id := t.o.Queue[0].ID
	if !t.visible() {
		return t.waitFor(id, Waiting{For: "haproxy", Why: "teal has no history for this app, and whether a version is live already is seen in HAProxy's map only: " + t.unseen()})
	}
	for _, slot := range Slots() {
		tenant := t.o.Slots[slot].Tenant
		switch {
		case tenant.Running == Unknown:
			return t.waitFor(id, Waiting{For: "launcher", Why: fmt.Sprintf("teal has no history for this app, and cannot see whether a version runs in slot %s", slot)})
		case tenant.Running == Yes && t.s.Slots[slot].Plan == nil:
			return t.hold("unknown_live_version", fmt.Sprintf("version %q runs in slot %s and teal has no history for %s; say what is live: teal adopt %s --live a|b|none --version V", tenant.Version, slot, t.s.App, t.s.App))
		}
	}
	return silent()
}

// installing is the release that would be the first of an app without history.
func (t *turn) installing() *Release {
	r := t.s.Current
	if r == nil || r.Phase != Queued || t.s.Live != None || t.s.History || t.s.Merged || !t.l.HasDatabase || r.Folder == "" {
		return nil
	}
	return r
}

// unknownLiveHolds refuses to guess which version runs on a database that is not empty.
func unknownLiveHolds(t *turn) (Action, bool) {
	r := t.installing()
	if r == nil || !t.o.Schema.Known || t.o.Schema.For != r.Folder || t.o.Schema.Empty {
		return silent()
	}
	return t.hold("unknown_live_version", fmt.Sprintf("the database has tables and teal has no history for %s; say what is live: teal adopt %s --live a|b|none --version V", t.s.App, t.s.App))
}

// firstInstallMerges remembers that the database was empty: both tracks are then applied in number order, and their
// compatibility is not judged, until one release has finished.
func firstInstallMerges(t *turn) (Action, bool) {
	r := t.installing()
	if r == nil {
		return silent()
	}
	if !t.o.Schema.Known || t.o.Schema.For != r.Folder {
		return t.waitFor(r.ID, Waiting{For: "database", Why: "the database does not answer, and decides whether this is a first install" + because(t.o.Schema.Why)})
	}
	t.s.Merged, t.s.Waiting = true, nil
	return record(r.ID, "the database is empty: a first install, both tracks in number order")
}

// because adds what an adapter said to a sentence, if it said anything.
func because(why string) string {
	if why == "" {
		return ""
	}
	return ": " + why
}
