package postgres

import (
	"context"
	"fmt"
	"math/rand/v2"
	"strconv"
	"strings"
	"time"

	"github.com/golang-migrate/migrate/v4/database"
	"github.com/jackc/pgx/v5"

	"teal.dev/teal/release"
)

// budget is the time that one Apply may still spend waiting for locks; work does not count.
type budget struct {
	left time.Duration
	say  func(string)
	last string
}

// tell reports what is waited for, once per change.
func (b *budget) tell(text string) {
	if b.say != nil && text != b.last {
		b.say(text)
	}
	b.last = text
}

// spend takes d away, and is the Fault when nothing is left.
func (b *budget) spend(d time.Duration, what string) error {
	if b.left -= d; b.left > 0 {
		return nil
	}
	return fault(release.Budget, "lock_budget", "the time for waiting for locks is spent: %s; end what holds them, or choose a quieter time", what)
}

// jitter spreads a pause over 0.5 to 1.5 of itself, so that two who wait do not meet for ever.
func jitter(d time.Duration) time.Duration {
	return d/2 + rand.N(d+1)
}

// lockIDs are the advisory locks that exclude everybody else who migrates this database. The stock tool computes its id from
// the database's name when a program calls it, and from the URL's path, with its slash, on the command line.
func lockIDs(db, schema, table string) ([]int64, error) {
	var ids []int64
	for _, name := range [][]string{{"teal.dev/teal"}, {db, schema, table}, {"/" + db, schema, table}, {db, schema, table + "_contract"}, {"/" + db, schema, table + "_contract"}} {
		text, err := database.GenerateAdvisoryLockId(name[0], name[1:]...)
		if err != nil {
			return nil, err
		}
		id, err := strconv.ParseInt(text, 10, 64)
		if err != nil {
			return nil, err
		}
		ids = append(ids, id)
	}
	return ids, nil
}

// lock takes every advisory lock or none, and asks again until the budget is spent. It never waits inside the server: a
// waiting statement holds a snapshot, for which a CREATE INDEX CONCURRENTLY of the lock's holder would wait in turn.
func (d *Database) lock(ctx context.Context, s *session, m release.Migration, b *budget) error {
	ids, err := lockIDs(s.db, s.schema, d.config.Table)
	if err != nil {
		return err
	}
	for {
		if err := d.precheck(ctx, s, m); err != nil {
			return err
		}
		got, err := s.tryLocks(ctx, ids)
		if err != nil || got {
			return err
		}
		holders, ours, err := s.lockHolders(ctx, ids, worker(d.config.App))
		if err != nil {
			return err
		}
		if len(ours) > 0 {
			// The epoch in the database is not newer than this leader's: who of ours holds the lock has been replaced.
			if err := d.endAll(ctx, ours); err != nil {
				return err
			}
			continue
		}
		what := "waiting for the migration lock held by " + holders
		b.tell(what)
		wait := jitter(200 * time.Millisecond)
		if err := b.spend(wait, what); err != nil {
			return err
		}
		if err := pause(ctx, wait); err != nil {
			return err
		}
	}
}

func (s *session) tryLocks(ctx context.Context, ids []int64) (bool, error) {
	for i, id := range ids {
		var got bool
		if err := s.QueryRow(ctx, `SELECT pg_try_advisory_lock($1)`, id).Scan(&got); err != nil {
			return false, fmt.Errorf("taking the migration lock: %w", err)
		}
		if got {
			continue
		}
		for _, taken := range ids[:i] {
			if _, err := s.Exec(ctx, `SELECT pg_advisory_unlock($1)`, taken); err != nil {
				return false, fmt.Errorf("giving the migration lock back: %w", err)
			}
		}
		return false, nil
	}
	s.locks = ids
	return true, nil
}

// backend is a session of somebody, as the server lists it.
type backend struct {
	pid   uint32
	start time.Time
	name  string
	age   time.Duration
	query string
	auto  bool // an autovacuum worker
}

// String names a session as a person would look for it.
func (b backend) String() string {
	if b.pid == 0 {
		return "the prepared transaction " + b.name + " (end it with COMMIT PREPARED or ROLLBACK PREPARED)"
	}
	text := fmt.Sprintf("pid %d (%s, %s)", b.pid, orUnnamed(b.name), b.age.Round(time.Second))
	if b.query != "" {
		text += ": " + b.query
	}
	return text
}

func orUnnamed(name string) string {
	if name == "" {
		return "unnamed"
	}
	return name
}

// A plain role sees of other roles' sessions little more than that they are there.
const backendColumns = `a.pid, coalesce(a.backend_start, 'epoch'), coalesce(a.application_name, ''),
	coalesce(extract(epoch from clock_timestamp() - coalesce(a.xact_start, a.backend_start)), 0)::float8,
	coalesce(left(regexp_replace(a.query, '\s+', ' ', 'g'), 80), ''), coalesce(a.usesysid IS NULL AND a.datid IS NOT NULL, false)`

// scan reads backendColumns and what follows them.
func (b *backend) scan(rows pgx.Rows, more ...any) error {
	var age float64
	if err := rows.Scan(append([]any{&b.pid, &b.start, &b.name, &age, &b.query, &b.auto}, more...)...); err != nil {
		return err
	}
	b.age = time.Duration(age * float64(time.Second))
	if b.auto && b.name == "" {
		b.name = "autovacuum"
	}
	return nil
}

func (s *session) backends(ctx context.Context, sql string, args ...any) ([]backend, error) {
	rows, err := s.Query(ctx, sql, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var out []backend
	for rows.Next() {
		var b backend
		if err := b.scan(rows); err != nil {
			return nil, err
		}
		out = append(out, b)
	}
	return out, rows.Err()
}

// lockHolders names who holds one of the ids, and lists those of them that are sessions of our own app.
func (s *session) lockHolders(ctx context.Context, ids []int64, prefix string) (string, []backend, error) {
	all, err := s.backends(ctx, `SELECT DISTINCT `+backendColumns+` FROM pg_locks l JOIN pg_stat_activity a USING (pid)
		WHERE l.locktype = 'advisory' AND l.granted AND l.objsubid = 1 AND a.pid <> pg_backend_pid()
		AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())
		AND (l.classid::bigint << 32) | l.objid::bigint = ANY($1)`, ids)
	if err != nil {
		return "", nil, fmt.Errorf("looking who holds the migration lock: %w", err)
	}
	var ours []backend
	for _, b := range all {
		if strings.HasPrefix(b.name, prefix) {
			ours = append(ours, b)
		}
	}
	return list(all), ours, nil
}

func list(all []backend) string {
	if len(all) == 0 {
		return "a session that has just gone"
	}
	var text []string
	for _, b := range all[:min(len(all), 3)] {
		text = append(text, b.String())
	}
	if more := len(all) - 3; more > 0 {
		text = append(text, fmt.Sprintf("and %d more", more))
	}
	return strings.Join(text, "; ")
}

// predecessors lists sessions of this app that change things, other than this one.
func (s *session) predecessors(ctx context.Context, prefix string) ([]backend, error) {
	return s.backends(ctx, `SELECT `+backendColumns+` FROM pg_stat_activity a WHERE a.pid <> pg_backend_pid()
		AND a.datname = current_database() AND starts_with(a.application_name, $1)`, prefix)
}

// endAll ends sessions and returns when all have gone.
func (d *Database) endAll(ctx context.Context, all []backend) error {
	ctx, stop := context.WithTimeout(ctx, 30*time.Second)
	defer stop()
	for _, b := range all {
		d.config.Logger.Warn("ending a database session that an earlier teal left", "pid", b.pid, "name", b.name)
		if err := d.gone(ctx, b.pid, b.start); err != nil {
			return fault(release.Retry, "predecessor", "an earlier session of teal still works in the database: %v", err)
		}
	}
	return nil
}
