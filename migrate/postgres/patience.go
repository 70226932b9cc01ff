package postgres

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"teal.dev/teal/migrate"
	"teal.dev/teal/migrate/statement"
)

// patiently repeats an attempt that only lacked a lock.
func (r *run) patiently(ctx context.Context, f migrate.File, attempt func() error) error {
	for try := 0; ; try++ {
		began := time.Now()
		seen, err := r.watched(ctx, func(now []blocker) { r.budget.tell(r.waitingFor(f, backendsOf(now))) }, attempt)
		if err == nil || !isLockWait(err) {
			return err
		}
		// The time of the whole attempt would count work; what was waited is at most the time-out.
		waited := min(time.Since(began), 100*time.Millisecond)
		if err := r.waitForLock(ctx, f, try, waited, seen); err != nil {
			return err
		}
	}
}

// pauseAfter is how long others have their peace after an attempt. Each attempt lets them queue for the lock time-out, so
// these pauses decide what share of the time they may lose.
func pauseAfter(try int) time.Duration {
	if try < 10 {
		return jitter(500 * time.Millisecond)
	}
	return jitter(min(time.Second<<min(try-10, 5), 30*time.Second))
}

// waitForLock pauses between two attempts and says who is in the way. While a transaction goes on that was in the way, to
// try again would only make others queue: a lock on a table is kept until its transaction ends. When one that was old has
// ended, the next attempt is made at once.
func (r *run) waitForLock(ctx context.Context, f migrate.File, try int, waited time.Duration, seen []blocker) error {
	wait := pauseAfter(try)
	for _, b := range seen {
		if b.age > time.Second {
			wait = 0
		}
	}
	for {
		now, err := r.s.goOn(ctx, seen)
		if err != nil {
			return failed(ctx, err, f, statement.Statement{Line: 1})
		}
		if len(now) == 0 && wait <= 0 {
			return r.budget.spend(waited, "waiting for a lock that "+f.Name+" needs")
		}
		who := backendsOf(now)
		if len(seen) == 0 {
			if who, err = r.s.blockers(ctx, f); err != nil {
				return failed(ctx, err, f, statement.Statement{Line: 1})
			}
		}
		what := r.waitingFor(f, who)
		r.budget.tell(what)
		pauseFor := jitter(100 * time.Millisecond)
		if err := r.budget.spend(waited+pauseFor, what); err != nil {
			return err
		}
		if err := pause(ctx, pauseFor); err != nil {
			return cancelled(ctx)
		}
		waited, wait = 0, wait-pauseFor
	}
}

// waitingFor is what is told while a lock is missing.
func (r *run) waitingFor(f migrate.File, who []backend) string {
	text := "waiting for a lock that " + f.Name + " needs, held by " + list(who)
	for _, b := range who {
		if b.auto && !r.s.deadlock {
			return text + "; an autovacuum gives way to teal where its role may set deadlock_timeout: GRANT SET ON PARAMETER deadlock_timeout TO " + pgx.Identifier{r.d.dial.User}.Sanitize()
		}
	}
	return text
}

// blockers lists the sessions that hold a lock on a relation of the file, or on one that is locked along with it; where its
// relations cannot be known, those that hold any. It is the second best: who really was in the way is only visible while
// one waits. A CREATE INDEX CONCURRENTLY also waits for whoever waits inside the server for our own advisory lock.
func (s *session) blockers(ctx context.Context, f migrate.File) ([]backend, error) {
	names, opaque := f.Relations()
	relations := make([]string, 0, len(names))
	for _, n := range names {
		relations = append(relations, quoted(n))
	}
	return s.backends(ctx, `WITH named AS (SELECT to_regclass(n)::oid AS id FROM unnest($1::text[]) n),
		along AS (SELECT id FROM named
			UNION SELECT confrelid FROM pg_constraint JOIN named ON conrelid = id AND contype = 'f'
			UNION SELECT conrelid FROM pg_constraint JOIN named ON confrelid = id AND contype = 'f'
			UNION SELECT inhrelid FROM pg_inherits JOIN named ON inhparent = id
			UNION SELECT inhparent FROM pg_inherits JOIN named ON inhrelid = id
			UNION SELECT indrelid FROM pg_index JOIN named ON indexrelid = id),
		held AS (SELECT l.pid, l.virtualtransaction FROM pg_locks l WHERE l.locktype = 'relation' AND l.granted AND l.relation >= 16384
			AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())
			AND ($2 OR l.relation IN (SELECT id FROM along))
			UNION SELECT l.pid, l.virtualtransaction FROM pg_locks l WHERE $3 AND l.locktype = 'advisory' AND NOT l.granted)
		SELECT `+backendColumns+` FROM pg_stat_activity a WHERE a.pid <> pg_backend_pid() AND a.pid IN (SELECT pid FROM held)
		UNION ALL SELECT 0, prepared, gid, extract(epoch from clock_timestamp() - prepared)::float8, '', false
			FROM pg_prepared_xacts WHERE transaction IN (SELECT t.transactionid FROM pg_locks t JOIN held USING (virtualtransaction) WHERE t.locktype = 'transactionid' AND t.pid IS NULL AND held.pid IS NULL)
		ORDER BY 4 DESC`, relations, opaque, f.Alone())
}
