package sqlite

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"teal.dev/teal/release"
)

// Load returns the stored state of an app; false means that none was ever saved.
func (s *Store) Load(ctx context.Context, app string) (release.State, bool, error) {
	var body sql.NullString
	var state release.State
	err := s.reader.QueryRowContext(ctx, `SELECT state FROM app WHERE app = ?`, app).Scan(&body)
	if errors.Is(err, sql.ErrNoRows) || err == nil && !body.Valid {
		return state, false, nil
	}
	if err != nil {
		return state, false, s.explain(err)
	}
	if err := json.Unmarshal([]byte(body.String), &state); err != nil {
		return release.State{}, false, refuse(ErrDamaged, release.Unproven, "store_damaged",
			"the stored state of %s cannot be read (%v): restore the last backup of %s, or `teal adopt %s`", app, err, s.path, app)
	}
	return state, true, nil
}

// Save writes the state, its outcomes and its line of the timeline in one transaction. It refuses, with ErrStale, a
// state that is not the next one or whose epoch is older than the app's; a second terminal outcome is ErrTerminal. An
// entry without an action's kind adds no line.
func (s *Store) Save(ctx context.Context, state release.State, outcomes []release.Outcome, entry release.Entry) error {
	body, err := json.Marshal(state)
	if err != nil {
		return refuse(ErrInvalid, release.Permanent, "invalid_record", "the state of %s cannot be written as JSON: %v", state.App, err)
	}
	if entry.App == "" {
		entry.App = state.App
	}
	return s.write(ctx, func(t tx) error {
		if err := t.swap(state, body); err != nil {
			return err
		}
		for _, r := range []*release.Release{state.Last, state.Current} {
			if r == nil {
				continue
			}
			if err := t.begin(state.App, *r, entry.At); err != nil {
				return err
			}
		}
		for _, o := range outcomes {
			if err := t.post(state.App, o); err != nil {
				return err
			}
		}
		if entry.Action.Kind == "" {
			return nil // only clocks went on
		}
		return t.line(entry)
	})
}

// Took adds a line to the timeline without a change of state.
func (s *Store) Took(ctx context.Context, entry release.Entry) error {
	return s.write(ctx, func(t tx) error { return t.line(entry) })
}

// AppendAudit is Took for a person's word: it must say whose.
func (s *Store) AppendAudit(ctx context.Context, entry release.Entry) error {
	if entry.Actor == "" {
		return refuse(ErrInvalid, release.Permanent, "invalid_record", "an audit line of %s names no actor", entry.App)
	}
	return s.Took(ctx, entry)
}

// swap is the compare-and-set on the app's row.
func (t tx) swap(state release.State, body []byte) error {
	var seq, epoch uint64
	err := t.row(`SELECT seq, epoch FROM app WHERE app = ?`, state.App).Scan(&seq, &epoch)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return err
	}
	if state.Seq != seq+1 || state.Epoch < epoch {
		return refuse(ErrStale, release.Permanent, "stale",
			"the state of %s was not saved: it is number %d of epoch %d, the store has number %d of epoch %d; load it again before going on",
			state.App, state.Seq, state.Epoch, seq, epoch)
	}
	_, err = t.exec(`INSERT INTO app (app, seq, epoch, state) VALUES (?, ?, ?, ?)
		ON CONFLICT (app) DO UPDATE SET seq = excluded.seq, epoch = excluded.epoch, state = excluded.state`,
		state.App, state.Seq, state.Epoch, string(body))
	return err
}

// begin takes a release out of the queue; one that did not come through the door (a cold rollback) gets its row here.
func (t tx) begin(app string, r release.Release, at time.Time) error {
	if !r.Begun.IsZero() {
		at = r.Begun
	}
	known, err := t.known(app, r.ID)
	if err != nil {
		return err
	}
	if known {
		_, err := t.exec(`UPDATE release SET begun = ? WHERE app = ? AND id = ? AND begun IS NULL`, stamp(at), app, r.ID)
		return err
	}
	request, err := json.Marshal(r.Request)
	if err != nil {
		return err
	}
	_, err = t.exec(`INSERT INTO release (app, id, seq, version, folder, accepted, begun, rollback, request) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
		app, r.ID, r.Seq, r.Version, r.Folder, stamp(r.Accepted), stamp(at), r.Rollback, string(request))
	return err
}

func (t tx) known(app string, id release.ID) (bool, error) {
	var one int
	err := t.row(`SELECT 1 FROM release WHERE app = ? AND id = ?`, app, id).Scan(&one)
	if errors.Is(err, sql.ErrNoRows) {
		return false, nil
	}
	return err == nil, err
}

// post numbers an outcome and puts it into the outbox.
func (t tx) post(app string, o release.Outcome) error {
	if o.Release == "" || o.Type == "" {
		return refuse(ErrInvalid, release.Permanent, "invalid_record",
			"an outcome of %s names no release or no type (%q, %q): it cannot be numbered or published", app, o.Release, o.Type)
	}
	var n uint64
	var ended sql.NullString
	err := t.row(`SELECT outcomes, terminal FROM release WHERE app = ? AND id = ?`, app, o.Release).Scan(&n, &ended)
	if errors.Is(err, sql.ErrNoRows) {
		_, err = t.exec(`INSERT INTO release (app, id, begun) VALUES (?, ?, ?)`, app, o.Release, stamp(o.At))
	}
	if err != nil {
		return err
	}
	body, err := json.Marshal(o)
	if err != nil {
		return refuse(ErrInvalid, release.Permanent, "invalid_record", "the outcome %s of %s cannot be written as JSON: %v", o.Type, o.Release, err)
	}
	n++
	if !terminal(o.Type) {
		_, err = t.exec(`UPDATE release SET outcomes = ? WHERE app = ? AND id = ?`, n, app, o.Release)
	} else if ended.Valid {
		return refuse(ErrTerminal, release.Permanent, "second_terminal",
			"release %s of %s has ended as %s already and cannot end as %s: this is a defect of teal, please report it", o.Release, app, ended.String, o.Type)
	} else {
		_, err = t.exec(`UPDATE release SET outcomes = ?, terminal = ?, ended = ?, code = ?, why = ? WHERE app = ? AND id = ?`,
			n, o.Type, stamp(o.At), o.Code, o.Text, app, o.Release)
	}
	if err != nil {
		return err
	}
	_, err = t.exec(`INSERT INTO outbox (app, release, n, type, outcome) VALUES (?, ?, ?, ?, ?)`, app, o.Release, n, o.Type, string(body))
	return err
}

// line adds one line to the timeline; its position is the row's number.
func (t tx) line(entry release.Entry) error {
	if entry.App == "" {
		return refuse(ErrInvalid, release.Permanent, "invalid_record", "a line of the timeline names no app (rule %q)", entry.Action.Rule)
	}
	body, err := json.Marshal(entry)
	if err != nil {
		return fmt.Errorf("a line of the timeline of %s: %w", entry.App, err)
	}
	_, err = t.exec(`INSERT INTO timeline (app, at, actor, entry) VALUES (?, ?, ?, ?)`, entry.App, stamp(entry.At), entry.Actor, string(body))
	return err
}

// terminal says whether an outcome ends its release.
func terminal(kind string) bool {
	switch kind {
	case release.OutRejected, release.OutSuperseded, release.OutAbandoned, release.OutRolledBack, release.OutFinished:
		return true
	}
	return false
}
