package postgres

import (
	"context"
	"errors"
	"io"

	"github.com/golang-migrate/migrate/v4/database"

	"teal.dev/teal/migrate"
)

// driver is golang-migrate's database for one step of one track. golang-migrate brackets each file with two writes of the
// version row, in transactions of their own; here a file, its ledger row and its version row are one transaction, and
// only a statement that cannot run in one is bracketed.
type driver struct {
	ctx   context.Context
	run   *run
	file  migrate.File
	begun error // why the file could not be begun
}

// Open is not used: the session exists already.
func (d *driver) Open(string) (database.Driver, error) {
	return nil, errors.New("the session exists before the engine; this is a defect of teal")
}

// Close leaves the session to its owner.
func (d *driver) Close() error { return nil }

// Lock only says whether the session holds its locks: golang-migrate leaks a waiter that gets the lock later.
func (d *driver) Lock() error {
	if len(d.run.s.locks) == 0 || d.run.s.IsClosed() {
		return database.ErrNotLocked
	}
	return nil
}

// Unlock keeps the lock: the owner of the session gives it back with the session.
func (d *driver) Unlock() error { return nil }

// Version reads the track's version row.
func (d *driver) Version() (int, bool, error) {
	return d.run.s.version(d.ctx, d.run.s, d.run.d.versionTable(d.file.Track))
}

// SetVersion is called before Run (dirty) and after it (clean). A refusal before is kept for Run, because golang-migrate
// leaks the reader of a body that nobody reads.
func (d *driver) SetVersion(version int, dirty bool) error {
	if !d.file.Alone() {
		return nil // Run writes it in the file's own transaction
	}
	if dirty {
		d.begun = d.run.begin(d.ctx, d.file)
		return nil
	}
	return d.run.finish(d.ctx, d.file)
}

// Run applies the file.
func (d *driver) Run(body io.Reader) error {
	if _, err := io.Copy(io.Discard, body); err != nil { // the plan holds the same bytes, already cut into statements
		return err
	}
	if d.begun != nil {
		return d.begun
	}
	if d.file.Alone() {
		return d.run.alone(d.ctx, d.file)
	}
	return d.run.transaction(d.ctx, d.file)
}

// Drop is refused.
func (d *driver) Drop() error { return errors.New("teal never drops a database") }
