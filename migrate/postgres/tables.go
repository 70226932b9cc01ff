package postgres

import (
	"context"
	"errors"
	"fmt"

	"github.com/golang-migrate/migrate/v4/database"
	"github.com/jackc/pgx/v5"

	"teal.dev/teal/migrate"
	"teal.dev/teal/release"
)

const (
	ledgerTable       = "teal_ledger"
	installationTable = "teal_installation"
)

// versionTable is golang-migrate's table of a track.
func (d *Database) versionTable(track migrate.Track) string {
	if track == migrate.Contract {
		return d.config.Table + "_contract"
	}
	return d.config.Table
}

// ownTables are the names that do not count when one asks whether a database is empty.
func (d *Database) ownTables() []string {
	return []string{ledgerTable, installationTable, d.config.Table, d.versionTable(migrate.Contract)}
}

func (s *session) exists(ctx context.Context, table string) (bool, error) {
	var there bool
	err := s.QueryRow(ctx, `SELECT to_regclass($1) IS NOT NULL`, s.table(table)).Scan(&there)
	return there, err
}

// ensure creates teal's tables and golang-migrate's where they are missing. The lock is held.
func (d *Database) ensure(ctx context.Context, s *session) error {
	version := `(version bigint NOT NULL PRIMARY KEY, dirty boolean NOT NULL)`
	for _, t := range []struct{ name, columns string }{
		{ledgerTable, `(app text NOT NULL, track text NOT NULL, number bigint NOT NULL, name text NOT NULL, checksum text NOT NULL,
			release text NOT NULL, epoch bigint NOT NULL, xid text NOT NULL, state text NOT NULL CHECK (state IN ('started', 'applied', 'baselined')),
			started_at timestamptz NOT NULL, finished_at timestamptz, error text NOT NULL DEFAULT '', PRIMARY KEY (app, number))`},
		{installationTable, `(app text NOT NULL PRIMARY KEY, epoch bigint NOT NULL, store_id text NOT NULL,
			system_identifier text NOT NULL, database_oid bigint NOT NULL)`},
		{d.versionTable(migrate.Expand), version},
		{d.versionTable(migrate.Contract), version},
	} {
		there, err := s.exists(ctx, t.name)
		if err != nil {
			return err
		}
		if there {
			continue
		}
		if err := s.exec(ctx, "CREATE TABLE "+s.table(t.name)+" "+t.columns); err != nil {
			return fmt.Errorf("creating %s: %w; the role of database.url needs CREATE on schema %s", t.name, err, s.schema)
		}
	}
	return nil
}

// querier is what reads: a session or a transaction on it.
type querier interface {
	Query(ctx context.Context, sql string, args ...any) (pgx.Rows, error)
	QueryRow(ctx context.Context, sql string, args ...any) pgx.Row
}

// ledger reads the rows of an app; a database without the table has none.
func (s *session) ledger(ctx context.Context, q querier, app string) ([]migrate.Row, error) {
	if there, err := s.exists(ctx, ledgerTable); err != nil || !there {
		return nil, err
	}
	rows, err := q.Query(ctx, `SELECT number, track, name, checksum, release, epoch, xid, state, started_at, coalesce(finished_at, '0001-01-01Z'), error
		FROM `+s.table(ledgerTable)+` WHERE app = $1 ORDER BY number`, app)
	if err != nil {
		return nil, fmt.Errorf("reading the ledger: %w", err)
	}
	defer rows.Close()
	var out []migrate.Row
	for rows.Next() {
		var r migrate.Row
		var number, epoch int64
		if err := rows.Scan(&number, &r.Track, &r.Name, &r.Sum, &r.Release, &epoch, &r.XID, &r.State, &r.Started, &r.Finished, &r.Error); err != nil {
			return nil, fmt.Errorf("reading the ledger: %w", err)
		}
		r.Number, r.Epoch = uint64(number), uint64(epoch)
		out = append(out, r)
	}
	return out, rows.Err()
}

// version reads a track's version row: database.NilVersion where there is none.
func (s *session) version(ctx context.Context, q querier, table string) (version int, dirty bool, err error) {
	if there, err := s.exists(ctx, table); err != nil || !there {
		return database.NilVersion, false, err
	}
	err = q.QueryRow(ctx, `SELECT version, dirty FROM `+s.table(table)+` LIMIT 1`).Scan(&version, &dirty)
	if errors.Is(err, pgx.ErrNoRows) {
		return database.NilVersion, false, nil
	}
	return version, dirty, err
}

// setVersion writes a track's version row as the stock tool does, but without its TRUNCATE, for which readers would wait.
func (s *session) setVersion(ctx context.Context, tx pgx.Tx, table string, version int, dirty bool) error {
	if _, err := tx.Exec(ctx, `DELETE FROM `+s.table(table)); err != nil {
		return err
	}
	if version < 0 {
		return nil
	}
	_, err := tx.Exec(ctx, `INSERT INTO `+s.table(table)+` (version, dirty) VALUES ($1, $2)`, version, dirty)
	return err
}

// record writes the ledger row of a file and returns the transaction that does.
func (s *session) record(ctx context.Context, tx pgx.Tx, m release.Migration, f migrate.File, state string) (xid string, err error) {
	err = tx.QueryRow(ctx, `INSERT INTO `+s.table(ledgerTable)+` (app, track, number, name, checksum, release, epoch, xid, state, started_at, finished_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, txid_current()::text, $8, now(), CASE WHEN $8 = 'started' THEN NULL ELSE clock_timestamp() END)
		ON CONFLICT (app, number) DO UPDATE SET state = excluded.state, xid = excluded.xid, finished_at = excluded.finished_at, error = '' RETURNING xid`,
		m.App, string(f.Track), int64(f.Number), f.Name, f.Sum, string(m.Release), int64(m.Epoch), state).Scan(&xid)
	return xid, err
}

// forget removes the ledger row of a file that was started and is proven not to have happened.
func (s *session) forget(ctx context.Context, tx pgx.Tx, app string, number uint64) error {
	_, err := tx.Exec(ctx, `DELETE FROM `+s.table(ledgerTable)+` WHERE app = $1 AND number = $2 AND state = 'started'`, app, int64(number))
	return err
}
