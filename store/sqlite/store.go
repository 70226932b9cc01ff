// Package sqlite keeps teal's intents in one SQLite file: the states, the accepted releases, the outbox and the audit.
// It knows how to lose nothing that it acknowledged; it refuses to know what any of it means, or when to act.
package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"time"

	_ "modernc.org/sqlite" // the driver "sqlite"

	"teal.dev/teal/release"
)

// Store is the embedded store. One process has it open; its methods may be called by many goroutines.
// A write that has begun is not cancelled by its context: it takes milliseconds, and half an answer would be ignorance.
type Store struct {
	path   string
	id     string
	lock   *os.File
	writer *sql.DB // one connection
	reader *sql.DB // a pool that cannot write
}

// Open opens the store at path, creating it (mode 0600, its directory 0700) where there is none. It refuses a file
// that another process has open, a damaged one, another program's and one of a newer teal.
func Open(ctx context.Context, path string) (*Store, error) {
	path, err := filepath.Abs(path)
	if err != nil {
		return nil, fmt.Errorf("store: %w", err)
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return nil, refuse(ErrAccess, release.Permanent, "store_access", "the directory of the store cannot be made: %v", err)
	}
	held, err := lock(path+".lock", time.Sleep)
	if err != nil {
		return nil, err
	}
	s := &Store{path: path, lock: held}
	if err := s.open(ctx); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return s, nil
}

func (s *Store) open(ctx context.Context) error {
	if err := create(s.path); err != nil {
		return err
	}
	var err error
	// FULL: a commit is on the disk before it is acknowledged. NORMAL would lose the last ones with the power.
	if s.writer, err = sql.Open("sqlite", dsn(s.path, "journal_mode(WAL)", "synchronous(FULL)", "journal_size_limit(67108864)")); err != nil {
		return s.explain(err)
	}
	s.writer.SetMaxOpenConns(1)
	s.writer.SetConnMaxIdleTime(0)
	if s.reader, err = sql.Open("sqlite", dsn(s.path, "query_only(1)")); err != nil {
		return s.explain(err)
	}
	s.reader.SetMaxOpenConns(4)
	s.reader.SetMaxIdleConns(4)
	if err := s.check(ctx); err != nil {
		return err
	}
	return s.migrate()
}

// check looks for a torn file before anything is believed, and that the settings we rely on are in force.
func (s *Store) check(ctx context.Context) error {
	var verdict, mode string
	var level int
	if err := s.writer.QueryRowContext(ctx, `PRAGMA quick_check(1)`).Scan(&verdict); err != nil {
		return s.explain(err)
	}
	if verdict != "ok" {
		return refuse(ErrDamaged, release.Unproven, "store_damaged",
			"the store %s is damaged (%s): keep the file, restore the last backup or start with a new file and `teal adopt` every app", s.path, verdict)
	}
	row := s.writer.QueryRowContext(ctx, `SELECT (SELECT journal_mode FROM pragma_journal_mode), (SELECT synchronous FROM pragma_synchronous)`)
	if err := row.Scan(&mode, &level); err != nil {
		return s.explain(err)
	}
	if mode != "wal" || level != 2 {
		return refuse(ErrAccess, release.Permanent, "store_access",
			"the store %s is in journal mode %s, synchronous %d instead of wal and 2: put it on a local file system", s.path, mode, level)
	}
	return nil
}

// create makes the file with our mode (SQLite gives its -wal and -shm the same) and makes its name durable.
func create(path string) error {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return refuse(ErrAccess, release.Permanent, "store_access",
			"the store cannot be opened (%v): it must belong to the user teal runs as (uid %d)", err, os.Getuid())
	}
	if err := f.Close(); err != nil {
		return fmt.Errorf("store: %w", err)
	}
	dir, err := os.Open(filepath.Dir(path))
	if err != nil {
		return fmt.Errorf("store: %w", err)
	}
	return errors.Join(dir.Sync(), dir.Close())
}

func dsn(path string, pragmas ...string) string {
	q := url.Values{"_pragma": append([]string{"busy_timeout(5000)"}, pragmas...)}
	return (&url.URL{Scheme: "file", Path: path, RawQuery: q.Encode()}).String()
}

// StoreID is the identity of this file, made when it was: a copy restored elsewhere has the same one.
func (s *Store) StoreID() string { return s.id }

// Close ends the store and lets go of the lock. What was acknowledged is on the disk already.
func (s *Store) Close() error {
	var errs []error
	for _, db := range []*sql.DB{s.reader, s.writer} {
		if db != nil {
			errs = append(errs, db.Close())
		}
	}
	if err := s.lock.Close(); !errors.Is(err, os.ErrClosed) { // closing twice is nothing
		errs = append(errs, err)
	}
	return errors.Join(errs...)
}

// Backup writes a consistent copy to a new file while the daemon goes on.
func (s *Store) Backup(ctx context.Context, path string) error {
	if _, err := os.Lstat(path); err == nil {
		return refuse(ErrInvalid, release.Permanent, "invalid_record", "%s exists: name a new file for the backup", path)
	}
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return fmt.Errorf("backup: %w", err)
	}
	if err := f.Close(); err != nil {
		return fmt.Errorf("backup: %w", err)
	}
	// An empty file is accepted by VACUUM INTO and keeps its mode.
	if _, err := s.writer.ExecContext(ctx, `VACUUM INTO ?`, path); err != nil {
		return errors.Join(s.explain(err), os.Remove(path))
	}
	return nil
}

// tx is one write transaction on the only writing connection.
type tx struct {
	ctx  context.Context
	conn *sql.Conn
}

func (t tx) exec(query string, args ...any) (int64, error) {
	res, err := t.conn.ExecContext(t.ctx, query, args...)
	if err != nil {
		return 0, err
	}
	return res.RowsAffected()
}

func (t tx) row(query string, args ...any) *sql.Row {
	return t.conn.QueryRowContext(t.ctx, query, args...)
}

// write runs f in one transaction. ctx bounds the wait for the turn; then the transaction runs to its end.
func (s *Store) write(ctx context.Context, f func(tx) error) error {
	conn, err := s.writer.Conn(ctx)
	if err != nil {
		return fmt.Errorf("store: waiting for the writer: %w", err)
	}
	defer func() { _ = conn.Close() }() // gives it back to the pool of one
	t := tx{context.WithoutCancel(ctx), conn}
	if _, err := t.exec(`BEGIN IMMEDIATE`); err != nil {
		return s.explain(err)
	}
	if err := f(t); err != nil {
		_, _ = t.exec(`ROLLBACK`) // SQLite may have rolled back by itself (full disk)
		return s.explain(err)
	}
	if _, err := t.exec(`COMMIT`); err != nil {
		_, _ = t.exec(`ROLLBACK`)
		return s.explain(err)
	}
	return nil
}

func stamp(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.RFC3339Nano)
}

func parseStamp(text sql.NullString) time.Time {
	at, _ := time.Parse(time.RFC3339Nano, text.String) // what stamp wrote; "" and null are the zero time
	return at
}
