package sqlite

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"time"

	"teal.dev/teal/release"
)

// Record is one release as the store remembers it. Raw is filled by Release only, and gone once the release has left
// the history.
type Record struct {
	App      string          `json:"app"`
	ID       release.ID      `json:"id"`
	Version  release.Version `json:"version"`
	Terminal string          `json:"terminal,omitempty"` // outcome type that ended it; "" = queued or in progress
	Code     string          `json:"code,omitempty"`
	Why      string          `json:"why,omitempty"`
	Rollback bool            `json:"rollback,omitempty"`
	Stored   time.Time       `json:"stored,omitzero"` // by the stream
	Accepted time.Time       `json:"accepted,omitzero"`
	Begun    time.Time       `json:"begun,omitzero"`
	Ended    time.Time       `json:"ended,omitzero"`
	Stream   uint64          `json:"stream,omitempty"`
	Digest   string          `json:"digest,omitempty"`
	Signer   string          `json:"signer,omitempty"`
	Folder   string          `json:"folder,omitempty"`
	Request  release.Request `json:"request"`
	Raw      []byte          `json:"-"`
}

const recordColumns = `app, id, version, terminal, code, why, rollback, stored, accepted, begun, ended, stream, digest, signer, folder, request`

func scanRecord(scan func(...any) error, more ...any) (Record, error) {
	var r Record
	var end, stored, accepted, begun, ended sql.NullString
	var request string
	dest := []any{&r.App, &r.ID, &r.Version, &end, &r.Code, &r.Why, &r.Rollback, &stored, &accepted, &begun, &ended,
		&r.Stream, &r.Digest, &r.Signer, &r.Folder, &request}
	if err := scan(append(dest, more...)...); err != nil {
		return r, err
	}
	r.Terminal = end.String
	r.Stored, r.Accepted, r.Begun, r.Ended = parseStamp(stored), parseStamp(accepted), parseStamp(begun), parseStamp(ended)
	return r, json.Unmarshal([]byte(request), &r.Request)
}

// Release returns one release with its raw bytes; false = this id was never used.
func (s *Store) Release(ctx context.Context, app string, id release.ID) (Record, bool, error) {
	var raw []byte
	row := s.reader.QueryRowContext(ctx, `SELECT `+recordColumns+`, raw FROM release WHERE app = ? AND id = ?`, app, id)
	r, err := scanRecord(row.Scan, &raw)
	if errors.Is(err, sql.ErrNoRows) {
		return Record{}, false, nil
	}
	r.Raw = raw
	return r, err == nil, s.explain(err)
}

// History returns the releases of an app, newest first, the rejected ones too.
func (s *Store) History(ctx context.Context, app string, limit int) ([]Record, error) {
	rows, err := s.reader.QueryContext(ctx, `SELECT `+recordColumns+` FROM release WHERE app = ? AND pruned = 0 ORDER BY row DESC LIMIT ?`, app, limit)
	if err != nil {
		return nil, s.explain(err)
	}
	defer func() { _ = rows.Close() }()
	var list []Record
	for rows.Next() {
		r, err := scanRecord(rows.Scan)
		if err != nil {
			return nil, s.explain(err)
		}
		list = append(list, r)
	}
	return list, s.explain(rows.Err())
}

// Timeline returns the lines of an app after a position, oldest first.
func (s *Store) Timeline(ctx context.Context, app string, after uint64, limit int) ([]release.Entry, error) {
	return s.lines(ctx, `SELECT n, entry FROM timeline WHERE app = ? AND n > ? ORDER BY n LIMIT ?`, app, after, limit)
}

// Tail returns the last lines of an app's timeline, oldest first.
func (s *Store) Tail(ctx context.Context, app string, limit int) ([]release.Entry, error) {
	return s.lines(ctx, `SELECT n, entry FROM (SELECT n, entry FROM timeline WHERE app = ? ORDER BY n DESC LIMIT ?) ORDER BY n`, app, limit)
}

// Audit returns what persons said (app "" = about every app) after a position, oldest first.
func (s *Store) Audit(ctx context.Context, app string, after uint64, limit int) ([]release.Entry, error) {
	return s.lines(ctx, `SELECT n, entry FROM timeline WHERE actor <> '' AND (? = '' OR app = ?) AND n > ? ORDER BY n LIMIT ?`, app, app, after, limit)
}

func (s *Store) lines(ctx context.Context, query string, args ...any) ([]release.Entry, error) {
	rows, err := s.reader.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, s.explain(err)
	}
	defer func() { _ = rows.Close() }()
	var list []release.Entry
	for rows.Next() {
		var n uint64
		var body string
		var e release.Entry
		if err := rows.Scan(&n, &body); err != nil {
			return nil, s.explain(err)
		}
		if err := json.Unmarshal([]byte(body), &e); err != nil {
			return nil, refuse(ErrDamaged, release.Unproven, "store_damaged", "line %d of the timeline in %s cannot be read: %v", n, s.path, err)
		}
		e.N = n
		list = append(list, e)
	}
	return list, s.explain(rows.Err())
}

// Apps returns the names of the apps that have a state, also of those whose file is gone from the config.
func (s *Store) Apps(ctx context.Context) ([]string, error) {
	rows, err := s.reader.QueryContext(ctx, `SELECT app FROM app WHERE state IS NOT NULL ORDER BY app`)
	if err != nil {
		return nil, s.explain(err)
	}
	defer func() { _ = rows.Close() }()
	var apps []string
	for rows.Next() {
		var app string
		if err := rows.Scan(&app); err != nil {
			return nil, s.explain(err)
		}
		apps = append(apps, app)
	}
	return apps, s.explain(rows.Err())
}
