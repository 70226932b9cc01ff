package postgres

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"

	"teal.dev/teal/release"
)

// installation ties an app's ledger to one database and to the leader that may change it.
type installation struct {
	epoch   uint64
	store   string
	system  string // the cluster's system identifier; "" = the role may not ask
	oid     uint32 // of the database
	present bool
}

// here is the identity of the database that the session is in.
func (s *session) here(ctx context.Context) (installation, error) {
	var i installation
	err := s.QueryRow(ctx, `SELECT oid FROM pg_database WHERE datname = current_database()`).Scan(&i.oid)
	if err != nil {
		return i, fmt.Errorf("reading the database's identity: %w", err)
	}
	err = s.QueryRow(ctx, `SELECT system_identifier::text FROM pg_control_system()`).Scan(&i.system)
	if err != nil && sqlState(err) == "" {
		return i, fmt.Errorf("reading the cluster's identity: %w", err)
	}
	return i, nil
}

// stored reads the installation row of an app. suffix is for locking clauses.
func (s *session) stored(ctx context.Context, q querier, app, suffix string) (installation, error) {
	var i installation
	var epoch int64
	err := q.QueryRow(ctx, `SELECT epoch, store_id, system_identifier, database_oid FROM `+s.table(installationTable)+` WHERE app = $1 `+suffix, app).
		Scan(&epoch, &i.store, &i.system, &i.oid)
	if errors.Is(err, pgx.ErrNoRows) {
		return i, nil
	}
	i.epoch, i.present = uint64(epoch), true
	return i, err
}

// known is stored for a database that may not have the table yet.
func (s *session) known(ctx context.Context, app string) (installation, error) {
	if there, err := s.exists(ctx, installationTable); err != nil || !there {
		return installation{}, err
	}
	return s.stored(ctx, s, app, "")
}

// differs explains why a stored installation is not the one that the session is in, or led by another store.
func (d *Database) differs(stored, here installation) (code, why string) {
	switch {
	case !stored.present:
		return "", ""
	case stored.oid != here.oid || stored.system != "" && here.system != "" && stored.system != here.system:
		return "copied_database", "this database is a copy: its ledger was written in another one (system " + stored.system + fmt.Sprintf(", database %d)", stored.oid) + "; when it is really meant to be migrated, run teal adopt " + d.config.App + " --new-installation"
	case d.config.StoreID != "" && stored.store != "" && stored.store != d.config.StoreID:
		return "foreign_store", "another teal with another store (" + stored.store + ") leads this database; stop one of them, or run teal adopt " + d.config.App + " --new-installation"
	}
	return "", ""
}

// fenced is the Fault of a leader that has been replaced.
func fenced(app string, stored, mine uint64) error {
	return fault(release.Permanent, "fenced", "a newer leader (epoch %d, this one has %d) has taken over %s; this daemon must stop acting for it", stored, mine, app)
}

// precheck refuses before anything is touched: a replaced leader must not even end sessions.
func (d *Database) precheck(ctx context.Context, s *session, m release.Migration) error {
	stored, err := s.known(ctx, m.App)
	if err != nil {
		return err
	}
	if stored.present && stored.epoch > m.Epoch {
		return fenced(m.App, stored.epoch, m.Epoch)
	}
	here, err := s.here(ctx)
	if err != nil {
		return err
	}
	if code, why := d.differs(stored, here); code != "" {
		return fault(release.Unproven, code, "%s", why)
	}
	if !stored.present || stored.epoch == m.Epoch {
		return nil
	}
	// Told early, an older leader cannot come back and end the sessions of this one. It may hold the row right now, in
	// a migration of its own: then its session is ended first and this is asked again.
	_, err = s.Exec(ctx, `UPDATE `+s.table(installationTable)+` SET epoch = $2 WHERE app = $1 AND epoch < $2`, m.App, int64(m.Epoch))
	if err != nil && !isLockWait(err) {
		return fmt.Errorf("writing the epoch: %w", err)
	}
	return nil
}

// claim writes the epoch, so that every transaction of an older leader fails from now on. The lock is held.
func (d *Database) claim(ctx context.Context, s *session, m release.Migration) error {
	here, err := s.here(ctx)
	if err != nil {
		return err
	}
	_, err = s.Exec(ctx, `INSERT INTO `+s.table(installationTable)+` AS i (app, epoch, store_id, system_identifier, database_oid) VALUES ($1, $2, $3, $4, $5)
		ON CONFLICT (app) DO UPDATE SET epoch = greatest(i.epoch, excluded.epoch)`, m.App, int64(m.Epoch), d.config.StoreID, here.system, int64(here.oid))
	if err != nil {
		return fmt.Errorf("writing the epoch: %w", err)
	}
	return nil
}

// guard is the first thing in every transaction that changes something: it fails for a replaced leader, and keeps a
// take-over waiting until this transaction has ended.
func (s *session) guard(ctx context.Context, tx pgx.Tx, m release.Migration) error {
	stored, err := s.stored(ctx, tx, m.App, "FOR SHARE")
	if err != nil {
		return err
	}
	if !stored.present || stored.epoch != m.Epoch {
		return fenced(m.App, stored.epoch, m.Epoch)
	}
	return nil
}
