package sqlite

import (
	"context"
	"database/sql"
	"errors"

	"teal.dev/teal/release"
)

// TakeOver raises the epoch of an app and returns it: whoever acts under an older one is refused from here on.
func (s *Store) TakeOver(ctx context.Context, app string) (uint64, error) {
	var epoch uint64
	err := s.write(ctx, func(t tx) error {
		return t.row(`INSERT INTO app (app, epoch) VALUES (?, 1) ON CONFLICT (app) DO UPDATE SET epoch = epoch + 1 RETURNING epoch`, app).Scan(&epoch)
	})
	return epoch, err
}

// Holds returns nil when epoch is the app's epoch now, else ErrStale.
func (s *Store) Holds(ctx context.Context, app string, epoch uint64) error {
	var now uint64
	err := s.reader.QueryRowContext(ctx, `SELECT epoch FROM app WHERE app = ?`, app).Scan(&now)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return s.explain(err)
	}
	if err != nil || now != epoch {
		return refuse(ErrStale, release.Permanent, "stale", "epoch %d of %s is over, the store is at %d: another teal has taken over", epoch, app, now)
	}
	return nil
}

// Highest returns the highest map version noted for a map on a node; 0 = none.
func (s *Store) Highest(ctx context.Context, node, mapName string) (uint64, error) {
	var v uint64
	err := s.reader.QueryRowContext(ctx, `SELECT value FROM fence WHERE node = ? AND map = ?`, node, mapName).Scan(&v)
	if errors.Is(err, sql.ErrNoRows) {
		return 0, nil
	}
	return v, s.explain(err)
}

// Raise notes a map version; it never goes down.
func (s *Store) Raise(ctx context.Context, node, mapName string, v uint64) error {
	return s.write(ctx, func(t tx) error {
		_, err := t.exec(`INSERT INTO fence (node, map, value) VALUES (?, ?, ?)
			ON CONFLICT (node, map) DO UPDATE SET value = max(value, excluded.value)`, node, mapName, v)
		return err
	})
}
