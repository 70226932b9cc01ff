package sqlite

import (
	"context"
	"database/sql"
	"encoding/json"
	"time"

	"teal.dev/teal/release"
)

// Unsent returns the outcomes that have not been published yet, oldest first.
func (s *Store) Unsent(ctx context.Context, limit int) ([]release.Posted, error) {
	rows, err := s.reader.QueryContext(ctx, `SELECT row, app, n, outcome FROM outbox WHERE sent IS NULL ORDER BY row LIMIT ?`, limit)
	if err != nil {
		return nil, s.explain(err)
	}
	return s.posted(rows)
}

// Outcomes returns what happened to one release, in order, published or not.
func (s *Store) Outcomes(ctx context.Context, app string, id release.ID) ([]release.Posted, error) {
	rows, err := s.reader.QueryContext(ctx, `SELECT row, app, n, outcome FROM outbox WHERE app = ? AND release = ? ORDER BY n`, app, id)
	if err != nil {
		return nil, s.explain(err)
	}
	return s.posted(rows)
}

func (s *Store) posted(rows *sql.Rows) ([]release.Posted, error) {
	defer func() { _ = rows.Close() }()
	var list []release.Posted
	for rows.Next() {
		var p release.Posted
		var row, app, body = uint64(0), "", ""
		if err := rows.Scan(&row, &app, &p.N, &body); err != nil {
			return nil, s.explain(err)
		}
		if err := json.Unmarshal([]byte(body), &p.Outcome); err != nil {
			return nil, refuse(ErrDamaged, release.Unproven, "store_damaged", "outcome %d in the outbox of %s cannot be read: %v", row, s.path, err)
		}
		p.App, p.Row = app, row
		list = append(list, p)
	}
	return list, s.explain(rows.Err())
}

// Sent marks an outcome as published. Saying it twice is nothing.
func (s *Store) Sent(ctx context.Context, row uint64) error {
	return s.write(ctx, func(t tx) error {
		_, err := t.exec(`UPDATE outbox SET sent = ? WHERE row = ? AND sent IS NULL`, stamp(time.Now()), row)
		return err
	})
}
