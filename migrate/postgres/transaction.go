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
		return failed(ctx, err, f, f.Statements[len(f.Statements)-1])
	}
	return nil
}

// fresh gives the file the session that it would have alone: no setting and no temporary table of an earlier one.
func (r *run) fresh(ctx context.Context) error {
	return r.s.exec(ctx, "RESET SESSION AUTHORIZATION; RESET ROLE; RESET ALL; DISCARD TEMP")
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
func (r *run) body(ctx context.Context, tx pgx.Tx, f migrate.File) error {
	first := statement.Statement{Line: 1}
	if err := r.deadlock(ctx); err != nil {
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
	if err := r.s.record(ctx, tx, r.m, f, migrate.Applied); err != nil {
		return failed(ctx, err, f, last)
	}
	if err := r.s.setVersion(ctx, tx, r.d.versionTable(f.Track), int(f.Number), false); err != nil {
		return failed(ctx, err, f, last)
	}
	return nil
}

// limits sets how long the next statement may wait; a file's own SET does not outlive the statement before.
func (r *run) limits(ctx context.Context, slow bool) error {
	sql := "SET LOCAL lock_timeout = '" + lockTimeout + "'; SET LOCAL statement_timeout = 0"
	if slow {
		sql = fmt.Sprintf("SET LOCAL lock_timeout = 0; SET LOCAL statement_timeout = %d", slowDeadline.Milliseconds())
	}
	return r.s.exec(ctx, sql)
}

// deadlock lets an autovacuum in the way yield at once. Once per transaction: the file may take another role, which has
// not the right.
func (r *run) deadlock(ctx context.Context) error {
	if !r.s.deadlock {
		return nil
	}
	return r.s.exec(ctx, "SET LOCAL deadlock_timeout = '20ms'")
}

// statement runs one statement with what has to be looked at before and after it.
func (r *run) statement(ctx context.Context, tx pgx.Tx, f migrate.File, st statement.Statement) error {
	if err := r.limits(ctx, migrate.Slow(st)); err != nil {
		return err
	}
	if err := r.rows(ctx, tx, f, st); err != nil {
		return err
	}
	if err := r.s.exec(ctx, st.SQL); err != nil {
		return err
	}
	return r.after(ctx, tx, f, st)
}

// requires asks the file's own questions, in a subtransaction that cannot write.
func (r *run) requires(ctx context.Context, tx pgx.Tx, f migrate.File) error {
	for _, q := range f.Requires {
		place := statement.Statement{SQL: q.Value, Line: q.Line}
		sub, err := tx.Begin(ctx)
		if err != nil {
			return failed(ctx, err, f, place)
		}
		var holds *bool
		if _, err = sub.Exec(ctx, "SET LOCAL transaction_read_only = on"); err == nil {
			err = sub.QueryRow(ctx, q.Value).Scan(&holds)
		}
		if err != nil && (sqlState(err) != "" || r.s.IsClosed()) {
			return failed(ctx, err, f, place)
		}
		if back := sub.Rollback(ctx); back != nil {
			return failed(ctx, back, f, place)
		}
		if err != nil {
			return fault(release.Permanent, "require_failed", "%s:%d: the query after teal:require must return one boolean: %v; correct it", f.Name, q.Line, err)
		}
		if holds == nil || !*holds {
			return fault(release.Permanent, "require_failed", "%s:%d: this must be true before the file runs, and is not: %s; nothing was changed", f.Name, q.Line, q.Value)
		}
	}
	return nil
}

// patiently repeats an attempt that only lacked a lock. The pauses begin short and grow to 30 s, but when those who held the
// lock have gone the next attempt is made at once.
func (r *run) patiently(ctx context.Context, f migrate.File, attempt func() error) error {
	for try := 0; ; try++ {
		began := time.Now()
		err := attempt()
		if err == nil || !isLockWait(err) {
			return err
		}
		// The time of the whole attempt would count work; what was waited is at most the time-out.
		waited := min(time.Since(began), 100*time.Millisecond)
		if err := r.waitForLock(ctx, f, try, waited); err != nil {
			return err
		}
	}
}

// waitForLock pauses between two attempts and says who is in the way.
func (r *run) waitForLock(ctx context.Context, f migrate.File, try int, waited time.Duration) error {
	wait := jitter(500 * time.Millisecond)
	if try >= 10 {
		wait = jitter(min(time.Second<<min(try-10, 5), 30*time.Second))
	}
	for {
		blockers, err := r.s.blockers(ctx, f)
		if err != nil {
			return failed(ctx, err, f, statement.Statement{Line: 1})
		}
		what := "waiting for a lock that " + f.Name + " needs, held by " + list(blockers)
		r.budget.tell(what)
		pauseFor := min(wait, jitter(200*time.Millisecond))
		if err := r.budget.spend(waited+pauseFor, what); err != nil {
			return err
		}
		if err := pause(ctx, pauseFor); err != nil {
			return cancelled(ctx)
		}
		waited, wait = 0, wait-pauseFor
		if wait <= 0 || len(blockers) == 0 {
			return nil
		}
	}
}

// blockers lists the sessions that hold a lock on a relation of the file; where its relations cannot be known, those that
// hold any. A CREATE INDEX CONCURRENTLY also waits for whoever waits inside the server for our own advisory lock.
func (s *session) blockers(ctx context.Context, f migrate.File) ([]backend, error) {
	names, opaque := f.Relations()
	var relations []string
	for _, n := range names {
		id := pgx.Identifier{n.Name}
		if n.Schema != "" {
			id = pgx.Identifier{n.Schema, n.Name}
		}
		relations = append(relations, id.Sanitize())
	}
	return s.backends(ctx, `SELECT `+backendColumns+` FROM pg_stat_activity a WHERE a.pid <> pg_backend_pid() AND a.pid IN (
		SELECT l.pid FROM pg_locks l WHERE l.locktype = 'relation' AND l.granted AND l.relation >= 16384
		AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())
		AND ($2 OR l.relation IN (SELECT to_regclass(n)::oid FROM unnest($1::text[]) n))
		UNION ALL SELECT l.pid FROM pg_locks l WHERE $3 AND l.locktype = 'advisory' AND NOT l.granted)
		ORDER BY a.xact_start NULLS LAST`, relations, opaque, f.Alone())
}
