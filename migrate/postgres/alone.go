package postgres

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"teal.dev/teal/migrate"
	"teal.dev/teal/migrate/statement"
	"teal.dev/teal/release"
)

// begin records, before a statement that cannot run in a transaction, that it is about to. It makes sure that whatever broken
// index is found later under the statement's name was made by it.
func (r *run) begin(ctx context.Context, f migrate.File) error {
	st := f.Statements[0]
	if err := r.fresh(ctx); err != nil {
		return failed(ctx, err, f, st)
	}
	if st.Kind == statement.CreateIndex {
		found, why, err := r.s.indexNow(ctx, st)
		if err != nil {
			return failed(ctx, err, f, st)
		}
		if found && st.IfNotExists && why != "" {
			return postState(f, st, why)
		}
		if found && !st.IfNotExists {
			return fault(release.Permanent, "migration_failed", "%s:%d: SQLSTATE 42P07: index %s exists already; drop it or choose another name", f.Name, st.Line, st.Name)
		}
	}
	err := pgx.BeginFunc(ctx, r.s, func(tx pgx.Tx) error {
		if err := r.s.guard(ctx, tx, r.m); err != nil {
			return err
		}
		if err := r.requires(ctx, tx, f); err != nil {
			return err
		}
		if _, err := r.s.record(ctx, tx, r.m, f, migrate.Started); err != nil {
			return err
		}
		return r.s.setVersion(ctx, tx, r.d.versionTable(f.Track), int(f.Number), true)
	})
	if err != nil {
		return failed(ctx, err, f, st)
	}
	return nil
}

// alone runs the statement. When it fails, what it left is removed and the track is clean again.
func (r *run) alone(ctx context.Context, f migrate.File) error {
	st := f.Statements[0]
	err := r.patiently(ctx, f, func() error {
		err := r.slowly(ctx, st)
		if isLockWait(err) && ctx.Err() == nil && st.Kind != statement.AlterTable {
			// A deadlock with somebody who waits for our lock: what was begun is void. A detachment goes on where it was.
			if _, _, clean := r.s.probe(ctx, st); clean != nil {
				return fault(release.Retry, "leftover", "%s: what it left cannot be removed yet: %v", f.Name, clean)
			}
		}
		return err
	})
	if err == nil {
		return nil
	}
	if !r.s.IsClosed() {
		// The caller's context may be what ended the statement; the cleaning is bounded by its own.
		clean, stop := context.WithTimeout(context.WithoutCancel(ctx), 20*time.Second)
		defer stop()
		if undo := r.undo(clean, f); undo != nil {
			r.d.config.Logger.Warn("a statement was not cleaned up after; the next attempt does it", "file", f.Name, "error", undo)
		}
	}
	return failed(ctx, err, f, st)
}

// slowly runs a statement outside a transaction, with a deadline. Those that nobody queues behind have no lock_timeout.
// Whoever waits for our advisory lock inside the server would be waited for by CREATE INDEX CONCURRENTLY in turn; with the
// longer deadlock_timeout it is that one who is sent away.
func (r *run) slowly(ctx context.Context, st statement.Statement) error {
	wait, check := "'"+lockTimeout+"'", "20ms"
	if migrate.Slow(st) {
		wait, check = "0", "10s"
	}
	sql := fmt.Sprintf("RESET ALL; SET lock_timeout = %s; SET statement_timeout = %d", wait, r.d.config.Deadline.Milliseconds())
	if r.s.deadlock {
		sql += "; SET deadlock_timeout = '" + check + "'"
	}
	if err := r.s.exec(ctx, sql); err != nil {
		return err
	}
	stored, err := r.s.stored(ctx, r.s, r.m.App, "")
	if err != nil {
		return err
	}
	if stored.epoch != r.m.Epoch {
		return fenced(r.m.App, stored.epoch, r.m.Epoch)
	}
	text, err := r.s.restOf(ctx, st)
	if err != nil {
		return err
	}
	if err := r.s.exec(ctx, text); err != nil {
		return err
	}
	return r.s.exec(ctx, "RESET ALL")
}

// finish records that the statement is done.
func (r *run) finish(ctx context.Context, f migrate.File) error {
	err := pgx.BeginFunc(ctx, r.s, func(tx pgx.Tx) error {
		if err := r.s.guard(ctx, tx, r.m); err != nil {
			return err
		}
		if _, err := r.s.record(ctx, tx, r.m, f, migrate.Applied); err != nil {
			return err
		}
		return r.s.setVersion(ctx, tx, r.d.versionTable(f.Track), int(f.Number), false)
	})
	if err != nil {
		return failed(ctx, err, f, f.Statements[0])
	}
	return nil
}

// undo removes what a failed statement left, and the record that it was begun. One that was cut off behind its own end is
// done, whatever was heard of it.
func (r *run) undo(ctx context.Context, f migrate.File) error {
	if err := r.s.exec(ctx, "RESET ALL"); err != nil {
		return err
	}
	done, _, err := r.s.probe(ctx, f.Statements[0])
	if err != nil {
		return err
	}
	if done == release.Yes {
		return r.finish(ctx, f)
	}
	return r.unbegin(ctx, f.Track, f.Number)
}

// unbegin takes the record of a begun statement back and sets the track to what the ledger proves.
func (r *run) unbegin(ctx context.Context, track migrate.Track, number uint64) error {
	return pgx.BeginFunc(ctx, r.s, func(tx pgx.Tx) error {
		if err := r.s.guard(ctx, tx, r.m); err != nil {
			return err
		}
		if err := r.s.forget(ctx, tx, r.m.App, number); err != nil {
			return err
		}
		ledger, err := r.s.ledger(ctx, tx, r.m.App)
		if err != nil {
			return err
		}
		return r.s.setVersion(ctx, tx, r.d.versionTable(track), nilled(migrate.Highest(ledger, track)), false)
	})
}

// nilled is golang-migrate's number for "no version".
func nilled(n uint64) int {
	if n == 0 {
		return -1
	}
	return int(n)
}
