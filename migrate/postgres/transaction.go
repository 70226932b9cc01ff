package postgres

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"teal.dev/teal/migrate"
	"teal.dev/teal/migrate/statement"
	"teal.dev/teal/release"
)

// transaction applies a file in one transaction, and repeats all of it while a lock is missing. Each attempt waits for a
// lock so shortly that nobody notices who queues behind it.
func (r *run) transaction(ctx context.Context, f migrate.File) error {
	return r.patiently(ctx, f, func() error { return r.attempt(ctx, f) })
}

func (r *run) attempt(ctx context.Context, f migrate.File) error {
	if err := r.fresh(ctx); err != nil {
		return failed(ctx, err, f, statement.Statement{Line: 1})
	}
	tx, err := r.s.Begin(ctx)
	if err != nil {
		return failed(ctx, err, f, statement.Statement{Line: 1})
	}
	defer r.rollback(tx) // of a committed one does nothing
	if err := r.body(ctx, tx, f); err != nil {
		return err
	}
	if err := tx.Commit(ctx); err != nil {
		return r.fate(failed(ctx, err, f, f.Statements[len(f.Statements)-1]))
	}
	return nil
}

// fate adds to the error of a lost COMMIT what the server says about the transaction. The next attempt does not rely on it:
// the ledger row that is or is not there was written by that very transaction.
func (r *run) fate(err error) error {
	var lost *release.Fault
	if !r.s.IsClosed() || !errors.As(err, &lost) || r.xid == "" {
		return err
	}
	ctx, stop := context.WithTimeout(context.Background(), 15*time.Second)
	defer stop()
	status, asked := r.d.xactStatus(ctx, r.s, r.xid)
	if asked != nil {
		return err
	}
	lost.Text += fmt.Sprintf("; transaction %s is %s", r.xid, status)
	return err
}

// fresh gives the file the session that it would have alone: no setting, temporary table, cursor or prepared statement of
// an earlier one, and the locks, which an earlier one may have given back.
func (r *run) fresh(ctx context.Context) error {
	if err := r.s.exec(ctx, "RESET SESSION AUTHORIZATION; RESET ROLE; RESET ALL; CLOSE ALL; UNLISTEN *; DEALLOCATE ALL; DISCARD TEMP"); err != nil {
		return err
	}
	var held bool
	if err := r.s.QueryRow(ctx, `SELECT bool_and(pg_try_advisory_lock(id)) FROM unnest($1::bigint[]) id`, r.s.locks).Scan(&held); err != nil {
		return err
	}
	if !held {
		return fault(release.Retry, "lock_lost", "a file gave teal's advisory locks back and another session has taken one; remove pg_advisory_unlock_all from the file")
	}
	return nil
}

// rollback ends a failed transaction even when the caller's context has ended. A lost session rolls back by itself.
func (r *run) rollback(tx pgx.Tx) {
	ctx, stop := context.WithTimeout(context.Background(), 5*time.Second)
	defer stop()
	if err := tx.Rollback(ctx); err != nil && !errors.Is(err, pgx.ErrTxClosed) && !r.s.IsClosed() {
		r.d.config.Logger.Warn("rolling back a migration", "error", err)
	}
}

// body runs inside the transaction: guard, requirements, statements, records.
func (r *run) body(ctx context.Context, tx pgx.Tx, f migrate.File) (err error) {
	first := statement.Statement{Line: 1}
	if err := r.settings(ctx); err != nil {
		return failed(ctx, err, f, first)
	}
	if err := r.s.guard(ctx, tx, r.m); err != nil {
		return failed(ctx, err, f, first)
	}
	if err := r.requires(ctx, tx, f); err != nil {
		return err
	}
	for _, st := range f.Statements {
		if err := r.statement(ctx, tx, f, st); err != nil {
			return failed(ctx, err, f, st)
		}
	}
	last := f.Statements[len(f.Statements)-1]
	if err := r.s.exec(ctx, "RESET SESSION AUTHORIZATION; RESET ROLE"); err != nil {
		return failed(ctx, err, f, last)
	}
	if r.xid, err = r.s.record(ctx, tx, r.m, f, migrate.Applied); err != nil {
		return failed(ctx, err, f, last)
	}
	if err := r.s.setVersion(ctx, tx, r.d.versionTable(f.Track), int(f.Number), false); err != nil {
		return failed(ctx, err, f, last)
	}
	return nil
}

// limits sets how long the next statement may wait; a file's own SET does not outlive the statement before. Without a
// limit waits only what nobody queues behind: it asks for a harmless lock, and nothing that the file did before holds one
// that is not.
func (r *run) limits(ctx context.Context, f migrate.File, st statement.Statement) error {
	sql := "SET LOCAL lock_timeout = '" + lockTimeout + "'; SET LOCAL statement_timeout = 0"
	if migrate.Slow(st) {
		wait := "0"
		if holds(f, st) {
			wait = "'" + lockTimeout + "'"
		}
		sql = fmt.Sprintf("SET LOCAL lock_timeout = %s; SET LOCAL statement_timeout = %d", wait, r.d.config.Deadline.Milliseconds())
	}
	return r.s.exec(ctx, sql)
}

// holds says whether a statement before st holds a lock that others would queue behind.
func holds(f migrate.File, st statement.Statement) bool {
	for i := range f.Statements {
		before := &f.Statements[i]
		if before.Offset >= st.Offset {
			return false
		}
		if before.TakesTableLock() || before.IsData() || before.Opaque() {
			return true
		}
	}
	return false
}

// settings lets an autovacuum in the way yield at once, and lifts a limit on whole transactions that the role may have
// (PostgreSQL 17). Once per transaction: the file may take another role, which has not the right.
func (r *run) settings(ctx context.Context) error {
	sql := "SELECT set_config(name, '0', true) FROM pg_settings WHERE name = 'transaction_timeout'"
	if r.s.deadlock {
		sql += "; SET LOCAL deadlock_timeout = '20ms'"
	}
	return r.s.exec(ctx, sql)
}

// statement runs one statement with what has to be looked at before and after it.
func (r *run) statement(ctx context.Context, tx pgx.Tx, f migrate.File, st statement.Statement) error {
	if err := r.limits(ctx, f, st); err != nil {
		return err
	}
	if err := r.rows(ctx, tx, f, st); err != nil {
		return err
	}
	skipped, err := r.before(ctx, tx, st)
	if err != nil {
		return err
	}
	tag, err := r.s.run(ctx, st.SQL)
	if err != nil {
		return err
	}
	if err := r.copied(f, st, tag); err != nil {
		return err
	}
	return r.after(ctx, tx, f, st, skipped)
}

// requires asks the file's own questions, in a subtransaction that cannot write.
func (r *run) requires(ctx context.Context, tx pgx.Tx, f migrate.File) error {
	for _, q := range f.Requires {
		place := statement.Statement{SQL: q.Value, Line: q.Line}
		if err := r.s.exec(ctx, fmt.Sprintf("SET LOCAL statement_timeout = %d", r.d.config.Deadline.Milliseconds())); err != nil {
			return failed(ctx, err, f, place)
		}
		sub, err := tx.Begin(ctx)
		if err != nil {
			return failed(ctx, err, f, place)
		}
		var holds *bool
		if _, err = sub.Exec(ctx, "SET LOCAL transaction_read_only = on"); err == nil {
			err = sub.QueryRow(ctx, q.Value).Scan(&holds)
		}
		if err != nil && (sqlState(err) != "" && sqlState(err) != "25006" || r.s.IsClosed()) {
			return failed(ctx, err, f, place)
		}
		if back := sub.Rollback(ctx); back != nil {
			return failed(ctx, back, f, place)
		}
		if err != nil { // it writes, or its answer is not one boolean
			return fault(release.Permanent, "require_failed", "%s:%d: the query after teal:require must return one boolean: %v; correct it", f.Name, q.Line, err)
		}
		if holds == nil || !*holds {
			return fault(release.Permanent, "require_failed", "%s:%d: this must be true before the file runs, and is not: %s; nothing was changed", f.Name, q.Line, q.Value)
		}
	}
	return nil
}
