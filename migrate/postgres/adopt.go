package postgres

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"teal.dev/teal/events"
	"teal.dev/teal/migrate"
	"teal.dev/teal/release"
)

// Baseline tells teal that everything up to a version is in the database already: every file up to it, on both tracks, in
// one transaction. It also makes this database the app's installation, whatever was stored before.
func (d *Database) Baseline(ctx context.Context, folder events.Folder, version, epoch uint64) (err error) {
	return d.adopt(ctx, epoch, func(r *run, tx pgx.Tx) error {
		plan := migrate.NewPlan(folder, nil, migrate.Options{First: true})
		if err := refuseNames(plan.Problems); err != nil {
			return err
		}
		for _, track := range []migrate.Track{migrate.Expand, migrate.Contract} {
			if err := r.baseline(ctx, tx, plan, track, version); err != nil {
				return err
			}
		}
		return nil
	})
}

// Adopt takes the database as it is: with files, everything up to golang-migrate's version is there already; without any it
// only becomes the app's installation. A copy of another database is refused unless m.Claim says that it is meant.
func (d *Database) Adopt(ctx context.Context, m release.Migration, folder events.Folder) error {
	if !m.Claim {
		if err := d.refuseCopy(ctx); err != nil {
			return err
		}
	}
	if len(folder) == 0 {
		return d.Claim(ctx, m.Epoch)
	}
	version, err := d.stockVersion(ctx)
	if err != nil {
		return err
	}
	return d.Baseline(ctx, folder, version, m.Epoch)
}

// refuseCopy refuses a database whose stored identity is not its own.
func (d *Database) refuseCopy(ctx context.Context) error {
	schema, err := d.Observe(ctx, nil)
	if err != nil {
		return err
	}
	if schema.Hold == "copied_database" || schema.Hold == "foreign_store" {
		return fault(release.Permanent, schema.Hold, "%s; if it is meant: teal adopt %s --new-installation", schema.Why, d.config.App)
	}
	return nil
}

// stockVersion is the version that golang-migrate's table has for the expand track.
func (d *Database) stockVersion(ctx context.Context) (uint64, error) {
	s, err := d.look(ctx)
	if err != nil {
		return 0, err
	}
	defer s.hangUp()
	version, dirty, err := s.version(ctx, s, d.versionTable(migrate.Expand))
	switch {
	case err != nil:
		return 0, err
	case dirty:
		return 0, fault(release.Unproven, "dirty", "%s says %d, dirty; look whether that file's change is there, set the version with migrate force, then adopt", d.versionTable(migrate.Expand), version)
	case version <= 0:
		return 0, fault(release.Permanent, "no_version", "the database has no version in %s; say which files it holds with: migrate -path DIR -database URL force N, then adopt", d.versionTable(migrate.Expand))
	}
	return uint64(version), nil
}

// refuseNames keeps the problems of names: which files there are must be certain, what is in old ones does not matter.
func refuseNames(problems []migrate.Problem) error {
	var names []migrate.Problem
	for _, p := range problems {
		switch p.Code {
		case migrate.NearMiss, migrate.Duplicate, migrate.MixedLayout:
			names = append(names, p)
		}
	}
	return refuse(names)
}

// Claim makes this database the app's installation (a copy that is meant to be migrated, or a new store), and changes
// nothing else.
func (d *Database) Claim(ctx context.Context, epoch uint64) error {
	return d.adopt(ctx, epoch, func(*run, pgx.Tx) error { return nil })
}

func (d *Database) adopt(ctx context.Context, epoch uint64, work func(*run, pgx.Tx) error) (err error) {
	m := release.Migration{App: d.config.App, Epoch: epoch}
	s, err := d.connect(ctx, worker(m.App)+"adopt", d.workerSettings())
	if err != nil {
		return err
	}
	defer func() { d.leave(s, err) }()
	if err := d.takeOver(ctx, s, m); err != nil {
		return err
	}
	r := &run{d: d, s: s, m: m, budget: &budget{left: d.config.LockBudget}}
	if err := r.own(ctx); err != nil {
		return err
	}
	return pgx.BeginFunc(ctx, s, func(tx pgx.Tx) error {
		if err := s.guard(ctx, tx, m); err != nil {
			return err
		}
		return work(r, tx)
	})
}

// takeOver rewrites a stored installation as this one, unless a newer leader of this same database has it.
func (d *Database) takeOver(ctx context.Context, s *session, m release.Migration) error {
	stored, err := s.known(ctx, m.App)
	if err != nil || !stored.present {
		return err
	}
	here, err := s.here(ctx)
	if err != nil {
		return err
	}
	if code, _ := d.differs(stored, here); code == "" {
		return nil
	}
	_, err = s.Exec(ctx, `UPDATE `+s.table(installationTable)+` SET epoch = $2, store_id = $3, system_identifier = $4, database_oid = $5 WHERE app = $1`,
		m.App, int64(m.Epoch), d.config.StoreID, here.system, int64(here.oid))
	if err != nil {
		return fmt.Errorf("writing the installation: %w", err)
	}
	return nil
}

// baseline records the files of one track up to a version.
func (r *run) baseline(ctx context.Context, tx pgx.Tx, plan migrate.Plan, track migrate.Track, upTo uint64) error {
	table := r.d.versionTable(track)
	have, dirty, err := r.s.version(ctx, tx, table)
	if err != nil {
		return err
	}
	if dirty {
		return fault(release.Unproven, "dirty", "%s says %d, dirty; look whether that file's change is there, set the version with migrate force, then adopt", table, have)
	}
	if have > int(upTo) {
		return fault(release.Permanent, "version_mismatch", "%s says %d, which is above %d; adopt at that version", table, have, upTo)
	}
	files := plan.Expand
	if track == migrate.Contract {
		files = plan.Contract
	}
	for _, f := range files {
		if f.Number > upTo {
			continue
		}
		if err := r.adoptFile(ctx, tx, f); err != nil {
			return err
		}
	}
	ledger, err := r.s.ledger(ctx, tx, r.m.App)
	if err != nil {
		return err
	}
	return r.s.setVersion(ctx, tx, table, nilled(migrate.Highest(ledger, track)), false)
}

// adoptFile writes a file's row unless the ledger has it as done.
func (r *run) adoptFile(ctx context.Context, tx pgx.Tx, f migrate.File) error {
	ledger, err := r.s.ledger(ctx, tx, r.m.App)
	if err != nil {
		return err
	}
	for _, row := range ledger {
		if row.Number == f.Number && row.Done() {
			return nil
		}
	}
	_, err = r.s.record(ctx, tx, r.m, f, migrate.Baselined)
	return err
}
