package postgres

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"net"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgconn/ctxwatch"

	"teal.dev/teal/release"
)

// lockTimeout is how long anybody may queue behind a statement of ours that waits for its lock. The worst stall of the
// application equals it; the time to apply is set by the blocker and hardly changes.
const lockTimeout = "50ms"

// session is one connection with what is known of it.
type session struct {
	*pgx.Conn
	db       string
	schema   string
	pid      uint32
	start    time.Time // of the backend: a pid alone may be used again
	deadlock bool      // deadlock_timeout may be set
	locks    []int64   // the advisory locks that it holds
	log      *slog.Logger
}

// looker names the sessions that only look. Those that change something are teal/<app>/<release>.
func looker(app string) string { return cut("teal-look/" + app) }

func worker(app string) string { return cut("teal/" + app + "/") }

// cut shortens a name to what the server keeps of an application_name.
func cut(name string) string { return name[:min(len(name), 63)] }

// connect opens a session. The settings go into the start-up packet, so that RESET ALL returns to them.
func (d *Database) connect(ctx context.Context, name string, settings map[string]string) (*session, error) {
	config := d.dial.Copy()
	config.DefaultQueryExecMode = pgx.QueryExecModeExec // nothing prepared: plans must not outlive a DDL statement
	maps.Copy(config.RuntimeParams, map[string]string{
		"application_name": cut(name), "TimeZone": "UTC", "client_connection_check_interval": "1s",
	})
	maps.Copy(config.RuntimeParams, settings)
	config.BuildContextWatcherHandler = func(c *pgconn.PgConn) ctxwatch.Handler {
		// Closing the socket would leave the statement running: the server is asked to stop it, and only a server that
		// does not answer is left behind.
		return &pgconn.CancelRequestContextWatcherHandler{Conn: c, CancelRequestDelay: 0, DeadlineDelay: 5 * time.Second}
	}
	conn, err := pgx.ConnectConfig(ctx, config)
	if state := sqlState(err); state == "42704" || state == "22023" || state == "55P02" {
		delete(config.RuntimeParams, "client_connection_check_interval") // before PostgreSQL 14, or not on Linux
		conn, err = pgx.ConnectConfig(ctx, config)
	}
	if err != nil {
		return nil, d.unreachable(err)
	}
	s := &session{Conn: conn, log: d.config.Logger}
	if err := d.greet(ctx, s); err != nil {
		s.hangUp()
		return nil, err
	}
	return s, nil
}

// greet learns who answered, and refuses a pooler.
func (d *Database) greet(ctx context.Context, s *session) error {
	var schema *string
	err := s.QueryRow(ctx, `SELECT pg_backend_pid(), current_database(), current_schema(), (SELECT backend_start FROM pg_stat_activity WHERE pid = pg_backend_pid())`).
		Scan(&s.pid, &s.db, &schema, &s.start)
	if err != nil {
		return fmt.Errorf("the database answered and then failed: %w", err)
	}
	if s.pid != s.PgConn().PID() {
		return d.pooler("the backend's pid is not the one that the connection was given")
	}
	if schema == nil {
		return fault(release.Permanent, "no_schema", "the role's search_path names no schema that exists; create it, or set search_path in database.url")
	}
	s.schema = *schema
	return nil
}

func (d *Database) pooler(why string) error {
	return fault(release.Permanent, "pooler", "%s answers through a pooler (%s), where session locks and settings do not hold; set database.direct_url to the server itself", d.address(), why)
}

func (d *Database) address() string {
	return net.JoinHostPort(d.dial.Host, fmt.Sprint(d.dial.Port))
}

// unreachable explains a failed connection.
func (d *Database) unreachable(err error) error {
	var pg *pgconn.PgError
	if !errors.As(err, &pg) {
		return fmt.Errorf("the database at %s cannot be reached: %w", d.address(), err)
	}
	if strings.Contains(pg.Message, "unsupported startup parameter") {
		return d.pooler(pg.Message)
	}
	return fmt.Errorf("the database at %s refused the connection (SQLSTATE %s: %s); check database.url", d.address(), pg.Code, pg.Message)
}

// exec runs statements without parameters as one simple query.
func (s *session) exec(ctx context.Context, sql string) error {
	_, err := s.PgConn().Exec(ctx, sql).ReadAll()
	return err
}

// run executes one statement without parameters and returns its command tag.
func (s *session) run(ctx context.Context, sql string) (pgconn.CommandTag, error) {
	results, err := s.PgConn().Exec(ctx, sql).ReadAll()
	if err != nil || len(results) == 0 {
		return pgconn.CommandTag{}, err
	}
	return results[len(results)-1].CommandTag, nil
}

// table is the quoted name of a table in the session's schema, which no SET search_path of a file can move.
func (s *session) table(name string) string { return pgx.Identifier{s.schema, name}.Sanitize() }

// hangUp closes the session, politely and for a short time only.
func (s *session) hangUp() {
	ctx, stop := context.WithTimeout(context.Background(), 2*time.Second)
	defer stop()
	if err := s.Close(ctx); err != nil {
		s.log.Debug("closing a database session", "error", err)
	}
}

// look opens a session that only looks: read only, and it never waits.
func (d *Database) look(ctx context.Context) (*session, error) {
	return d.connect(ctx, looker(d.config.App), map[string]string{
		"default_transaction_read_only": "on", "statement_timeout": "3s", "lock_timeout": lockTimeout,
	})
}

// gone ends a backend and returns when it no longer exists: before that, what it did cannot be known.
func (d *Database) gone(ctx context.Context, pid uint32, start time.Time) error {
	s, err := d.look(ctx)
	if err != nil {
		return err
	}
	defer s.hangUp()
	for {
		tag, err := s.Exec(ctx, `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid = $1 AND coalesce(backend_start, $2) = $2`, pid, start)
		if err != nil {
			return fmt.Errorf("looking whether our session %d has ended: %w", pid, err)
		}
		if tag.RowsAffected() == 0 {
			return nil
		}
		if err := pause(ctx, 20*time.Millisecond); err != nil {
			return fmt.Errorf("our session %d does not end: %w; end it with pg_terminate_backend", pid, err)
		}
	}
}

// xactStatus is what the server says about a transaction of a session, once that has ended: pg_xact_status, by the name
// that it has in every version.
func (d *Database) xactStatus(ctx context.Context, of *session, xid string) (string, error) {
	if err := d.gone(ctx, of.pid, of.start); err != nil {
		return "", err
	}
	s, err := d.look(ctx)
	if err != nil {
		return "", err
	}
	defer s.hangUp()
	var status string
	err = s.QueryRow(ctx, `SELECT coalesce(txid_status($1::text::bigint), 'too old to be known')`, xid).Scan(&status)
	return status, err
}

// pause waits, or returns why it may not.
func pause(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
