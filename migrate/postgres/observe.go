package postgres

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"teal.dev/teal/events"
	"teal.dev/teal/migrate"
	"teal.dev/teal/release"
)

// Observe compares the database with a folder, in a session of its own that never waits and changes nothing.
func (d *Database) Observe(ctx context.Context, folder events.Folder) (release.Schema, error) {
	s, err := d.look(ctx)
	if err != nil {
		return release.Schema{}, err
	}
	defer s.hangUp()
	schema := release.Schema{Known: true, For: folder.Digest()}
	// One snapshot: a file that commits in between must not be seen in the ledger and not in the version row.
	err = pgx.BeginTxFunc(ctx, s, pgx.TxOptions{IsoLevel: pgx.RepeatableRead, AccessMode: pgx.ReadOnly}, func(tx pgx.Tx) error {
		return d.fill(ctx, s, tx, folder, &schema)
	})
	if err != nil {
		return release.Schema{}, fmt.Errorf("looking at the database: %w", err)
	}
	schema.At = time.Now()
	return schema, nil
}

func (d *Database) fill(ctx context.Context, s *session, tx pgx.Tx, folder events.Folder, schema *release.Schema) error {
	ledger, err := s.ledger(ctx, tx, d.config.App)
	if err != nil {
		return err
	}
	plan := migrate.NewPlan(folder, ledger, migrate.Options{First: true})
	schema.Expand = release.Track{Version: migrate.Highest(ledger, migrate.Expand), Pending: migrate.Numbers(plan.Pending(migrate.Expand))}
	schema.Contract = release.Track{Version: migrate.Highest(ledger, migrate.Contract), Pending: migrate.Numbers(plan.Pending(migrate.Contract))}
	if schema.Empty, err = s.empty(ctx, tx, d.ownTables()); err != nil {
		return err
	}
	for track, seen := range map[migrate.Track]*release.Track{migrate.Expand: &schema.Expand, migrate.Contract: &schema.Contract} {
		if err := d.lookAt(ctx, s, tx, track, ledger, seen, schema); err != nil {
			return err
		}
	}
	stored, err := s.known(ctx, d.config.App)
	if err != nil {
		return err
	}
	here, err := s.here(ctx)
	if err != nil {
		return err
	}
	if code, why := d.differs(stored, here); code != "" {
		schema.Hold, schema.Why = code, why
	}
	return nil
}

// lookAt compares one track's version row with the ledger. What teal itself began is dirty and no hold: Apply proves it.
func (d *Database) lookAt(ctx context.Context, s *session, tx pgx.Tx, track migrate.Track, ledger []migrate.Row, seen *release.Track, schema *release.Schema) error {
	version, dirty, err := s.version(ctx, tx, d.versionTable(track))
	if err != nil {
		return err
	}
	for _, row := range ledger {
		if row.Track == track && row.State == migrate.Started {
			seen.Dirty = true
			return nil
		}
	}
	if dirty {
		seen.Dirty = true
		schema.Hold, schema.Why = "dirty", fmt.Sprintf("%s says %d, dirty, and the ledger does not know why: another tool ran it; look whether its change is there, then use migrate force", d.versionTable(track), version)
		return nil
	}
	if why := d.strange(ledger, track, version); why != "" && schema.Hold == "" {
		schema.Hold, schema.Why = "unknown_history", why
	}
	return nil
}

// empty says whether the database holds no table but teal's own. Tables of extensions do not count.
func (s *session) empty(ctx context.Context, q querier, own []string) (bool, error) {
	var empty bool
	err := q.QueryRow(ctx, `SELECT NOT EXISTS (SELECT FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
		WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f') AND c.relpersistence <> 't'
		AND n.nspname <> 'information_schema' AND NOT starts_with(n.nspname, 'pg_') AND NOT (n.nspname = $2 AND c.relname = ANY($1))
		AND NOT EXISTS (SELECT FROM pg_depend e WHERE e.classid = 'pg_class'::regclass AND e.objid = c.oid AND e.deptype = 'e'))`, own, s.schema).Scan(&empty)
	return empty, err
}

// Ledger reads what teal knows of its app in this database, by number.
func (d *Database) Ledger(ctx context.Context) ([]migrate.Row, error) {
	s, err := d.look(ctx)
	if err != nil {
		return nil, err
	}
	defer s.hangUp()
	return s.ledger(ctx, s, d.config.App)
}

// Forbidden says whether an error is the server's refusal of a right (SQLSTATE 42501).
func Forbidden(err error) bool {
	var pg *pgconn.PgError
	return errors.As(err, &pg) && pg.Code == "42501"
}

// Apps lists the apps whose ledgers this database holds, by name; none where teal has not been.
func (d *Database) Apps(ctx context.Context) ([]string, error) {
	s, err := d.look(ctx)
	if err != nil {
		return nil, err
	}
	defer s.hangUp()
	if there, err := s.exists(ctx, ledgerTable); err != nil || !there {
		return nil, err
	}
	rows, err := s.Query(ctx, `SELECT DISTINCT app FROM `+s.table(ledgerTable)+` ORDER BY app`)
	if err != nil {
		return nil, fmt.Errorf("reading the ledger: %w", err)
	}
	return pgx.CollectRows(rows, pgx.RowTo[string])
}
