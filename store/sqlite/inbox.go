package sqlite

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"teal.dev/teal/events"
	"teal.dev/teal/release"
)

// Accept stores what the door decided about one message, with its bytes, its folder and its outcome, in one
// transaction. The id is used up for ever, also by a rejected message.
func (s *Store) Accept(ctx context.Context, a release.Acceptance, folder events.Folder) (release.Receipt, error) {
	if a.App == "" || a.ID == "" || a.Digest == "" || a.Outcome.Type == "" {
		return "", refuse(ErrInvalid, release.Permanent, "invalid_record",
			"an acceptance needs app, id, digest and outcome (got %q, %q, %q, %q)", a.App, a.ID, a.Digest, a.Outcome.Type)
	}
	a.Outcome.Release = a.ID
	if len(folder) > 0 {
		if got := folder.Digest(); a.Request.Folder != got {
			return "", refuse(ErrInvalid, release.Permanent, "invalid_record",
				"release %s of %s names the folder %q, but the files given are %s", a.ID, a.App, a.Request.Folder, got)
		}
	}
	receipt := release.New
	err := s.write(ctx, func(t tx) error {
		var digest string
		err := t.row(`SELECT digest FROM release WHERE app = ? AND id = ?`, a.App, a.ID).Scan(&digest)
		switch {
		case err == nil && digest == a.Digest:
			receipt = release.Duplicate
			return nil
		case err == nil:
			receipt = release.Conflict
			return nil
		case !errors.Is(err, sql.ErrNoRows):
			return err
		}
		if err := t.keep(folder); err != nil {
			return err
		}
		if err := t.admit(a); err != nil {
			return err
		}
		return t.post(a.App, a.Outcome)
	})
	if err != nil {
		return "", err
	}
	return receipt, nil
}

func (t tx) admit(a release.Acceptance) error {
	request, err := json.Marshal(a.Request)
	if err != nil {
		return err
	}
	accepted := a.Request.Accepted
	if accepted.IsZero() {
		accepted = a.Outcome.At
	}
	var sequence any
	if a.Sequence != 0 && a.Outcome.Type == release.OutAccepted {
		sequence = a.Sequence
	}
	_, err = t.exec(`INSERT INTO release (app, id, digest, stream, seq, sequence, version, folder, signer, stored, accepted, request, raw)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
		a.App, a.ID, a.Digest, a.Stream, a.Request.Seq, sequence, a.Request.Version, a.Request.Folder, a.Signer,
		stamp(a.Stored), stamp(accepted), string(request), a.Raw)
	return err
}

// keep stores a folder once, under its digest.
func (t tx) keep(folder events.Folder) error {
	if len(folder) == 0 {
		return nil
	}
	body, err := json.Marshal(folder)
	if err != nil {
		return err
	}
	_, err = t.exec(`INSERT INTO folder (digest, files) VALUES (?, ?) ON CONFLICT (digest) DO NOTHING`, folder.Digest(), string(body))
	return err
}

// Queue returns what is accepted, not begun and not ended, in the order of the stream.
func (s *Store) Queue(ctx context.Context, app string) ([]release.Request, error) {
	rows, err := s.reader.QueryContext(ctx,
		`SELECT id, request FROM release WHERE app = ? AND begun IS NULL AND terminal IS NULL ORDER BY seq, row`, app)
	if err != nil {
		return nil, s.explain(err)
	}
	defer func() { _ = rows.Close() }()
	var queue []release.Request
	for rows.Next() {
		var id, body string
		var r release.Request
		if err := rows.Scan(&id, &body); err != nil {
			return nil, s.explain(err)
		}
		if err := json.Unmarshal([]byte(body), &r); err != nil {
			return nil, refuse(ErrDamaged, release.Unproven, "store_damaged",
				"the stored release %s of %s cannot be read (%v): restore the last backup of %s", id, app, err, s.path)
		}
		queue = append(queue, r)
	}
	return queue, s.explain(rows.Err())
}

// Folder returns a stored migration folder. What it returns has the digest that was asked for.
func (s *Store) Folder(ctx context.Context, digest string) (events.Folder, error) {
	var body string
	err := s.reader.QueryRowContext(ctx, `SELECT files FROM folder WHERE digest = ?`, digest).Scan(&body)
	if errors.Is(err, sql.ErrNoRows) {
		if digest == (events.Folder)(nil).Digest() {
			return nil, nil
		}
		return nil, refuse(ErrUnknown, release.Permanent, "no_folder",
			"the store has no migration folder %s: it belongs to a release that has left the history; publish it again under a new release id", digest)
	}
	if err != nil {
		return nil, s.explain(err)
	}
	var folder events.Folder
	if err := json.Unmarshal([]byte(body), &folder); err != nil || folder.Digest() != digest {
		return nil, refuse(ErrDamaged, release.Unproven, "store_damaged",
			"the stored migration folder %s is not what was accepted: restore the last backup of %s", digest, s.path)
	}
	return folder, nil
}

// Keep stores a folder that belongs to no release: what a person adopts.
func (s *Store) Keep(ctx context.Context, folder events.Folder) error {
	return s.write(ctx, func(t tx) error { return t.keep(folder) })
}

// Attempt counts the tries to judge a message of the stream: one more before it is parsed, one less when the try failed in
// order. It returns the count.
func (s *Store) Attempt(ctx context.Context, stream uint64, by int) (int, error) {
	var n int
	err := s.write(ctx, func(t tx) error {
		return t.row(`INSERT INTO attempt (stream, n) VALUES (?1, max(0, ?2)) ON CONFLICT (stream) DO UPDATE SET n = max(0, n + ?2) RETURNING n`, stream, by).Scan(&n)
	})
	return n, err
}

// Quarantine keeps the bytes of a message that could not be judged, for a person to look at. Doing it twice is one.
func (s *Store) Quarantine(ctx context.Context, stream uint64, subject string, raw []byte, why string, at time.Time) error {
	if raw == nil {
		raw = []byte{}
	}
	return s.write(ctx, func(t tx) error {
		_, err := t.exec(`INSERT INTO quarantine (stream, subject, why, at, raw) VALUES (?, ?, ?, ?, ?) ON CONFLICT (stream) DO NOTHING`,
			stream, subject, why, stamp(at), raw)
		return err
	})
}

// Horizon is the stream's last sequence when the app's file was first loaded; false = not set yet.
func (s *Store) Horizon(ctx context.Context, app string) (uint64, bool, error) {
	var at sql.NullInt64
	err := s.reader.QueryRowContext(ctx, `SELECT horizon FROM app WHERE app = ?`, app).Scan(&at)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return 0, false, s.explain(err)
	}
	return uint64(at.Int64), at.Valid, nil
}

// SetHorizon sets the horizon of an app once; a later call changes nothing.
func (s *Store) SetHorizon(ctx context.Context, app string, stream uint64) error {
	return s.write(ctx, func(t tx) error {
		_, err := t.exec(`INSERT INTO app (app, horizon) VALUES (?, ?) ON CONFLICT (app) DO UPDATE SET horizon = coalesce(horizon, excluded.horizon)`, app, stream)
		return err
	})
}

// HighestIngested is the highest sequence of the stream that has a verdict or lies in quarantine; 0 = none. There may
// be gaps below it: a rescan asks Release for each.
func (s *Store) HighestIngested(ctx context.Context) (uint64, error) {
	var n uint64
	err := s.reader.QueryRowContext(ctx, `SELECT max((SELECT coalesce(max(stream), 0) FROM release), (SELECT coalesce(max(stream), 0) FROM quarantine))`).Scan(&n)
	if err != nil {
		return 0, fmt.Errorf("highest ingested: %w", s.explain(err))
	}
	return n, nil
}

// MaxSequence is the highest sequence option of an accepted release of the app; false = none had one.
func (s *Store) MaxSequence(ctx context.Context, app string) (int64, bool, error) {
	var n sql.NullInt64
	err := s.reader.QueryRowContext(ctx, `SELECT max(sequence) FROM release WHERE app = ?`, app).Scan(&n)
	return n.Int64, n.Valid, s.explain(err)
}
