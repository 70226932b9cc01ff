package sqlite

import (
	"crypto/rand"
	"encoding/hex"
	"fmt"

	"teal.dev/teal/release"
)

// applicationID marks the file as ours ("teal" in ASCII), so that another program's database is never migrated.
const applicationID = 0x7465616c

// migrations are the steps from an empty file to today's schema, in order. A step that has been released is never
// changed; the next one is added below it. PRAGMA user_version counts the steps done.
func migrations() []string {
	return []string{schema1}
}

const schema1 = `
CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;

-- one row per app: the state as the core wrote it; state is null until the first save
CREATE TABLE app (
  app     TEXT PRIMARY KEY,
  seq     INTEGER NOT NULL DEFAULT 0,
  epoch   INTEGER NOT NULL DEFAULT 0,
  horizon INTEGER,                      -- last sequence of the stream when the app's file was first loaded
  state   TEXT
) STRICT;

-- every release id ever seen, for ever: the idempotency key behind the stream's own
CREATE TABLE release (
  row      INTEGER PRIMARY KEY AUTOINCREMENT,
  app      TEXT NOT NULL,
  id       TEXT NOT NULL,
  digest   TEXT NOT NULL DEFAULT '',    -- of the raw bytes; '' = did not come through the door (a cold rollback)
  stream   INTEGER NOT NULL DEFAULT 0,
  seq      INTEGER NOT NULL DEFAULT 0,  -- order in the queue
  sequence INTEGER,                     -- the event's own sequence option
  version  TEXT NOT NULL DEFAULT '',
  folder   TEXT NOT NULL DEFAULT '',
  signer   TEXT NOT NULL DEFAULT '',
  stored   TEXT NOT NULL DEFAULT '',
  accepted TEXT NOT NULL DEFAULT '',
  begun    TEXT,
  ended    TEXT,
  terminal TEXT,
  code     TEXT NOT NULL DEFAULT '',
  why      TEXT NOT NULL DEFAULT '',
  rollback INTEGER NOT NULL DEFAULT 0,
  outcomes INTEGER NOT NULL DEFAULT 0,  -- how many have been numbered
  pruned   INTEGER NOT NULL DEFAULT 0,
  request  TEXT NOT NULL DEFAULT '{}',
  raw      BLOB,
  UNIQUE (app, id)
) STRICT;
CREATE INDEX release_queue ON release (app, seq, row) WHERE begun IS NULL AND terminal IS NULL;
CREATE INDEX release_folder ON release (folder) WHERE folder <> '';
CREATE INDEX release_stream ON release (stream);

CREATE TABLE folder (digest TEXT PRIMARY KEY, files TEXT NOT NULL) STRICT;

CREATE TABLE outbox (
  row     INTEGER PRIMARY KEY AUTOINCREMENT,
  app     TEXT NOT NULL,
  release TEXT NOT NULL,
  n       INTEGER NOT NULL,
  type    TEXT NOT NULL,
  outcome TEXT NOT NULL,
  sent    TEXT,
  UNIQUE (app, release, n)
) STRICT;
CREATE UNIQUE INDEX outbox_one_terminal ON outbox (app, release)
  WHERE type IN ('rejected', 'superseded', 'abandoned', 'rolled_back', 'finished');
CREATE INDEX outbox_unsent ON outbox (row) WHERE sent IS NULL;

-- the audit: lines are added, never changed
CREATE TABLE timeline (
  n     INTEGER PRIMARY KEY AUTOINCREMENT,
  app   TEXT NOT NULL,
  at    TEXT NOT NULL,
  actor TEXT NOT NULL DEFAULT '',
  entry TEXT NOT NULL
) STRICT;
CREATE INDEX timeline_app ON timeline (app, n);
CREATE TRIGGER timeline_no_update BEFORE UPDATE ON timeline BEGIN SELECT RAISE(ABORT, 'the audit is append-only'); END;
CREATE TRIGGER timeline_no_delete BEFORE DELETE ON timeline BEGIN SELECT RAISE(ABORT, 'the audit is append-only'); END;

CREATE TABLE fence (node TEXT NOT NULL, map TEXT NOT NULL, value INTEGER NOT NULL, PRIMARY KEY (node, map)) STRICT;

CREATE TABLE attempt (stream INTEGER PRIMARY KEY, n INTEGER NOT NULL) STRICT;
CREATE TABLE quarantine (
  stream  INTEGER PRIMARY KEY,
  subject TEXT NOT NULL,
  why     TEXT NOT NULL,
  at      TEXT NOT NULL,
  raw     BLOB NOT NULL
) STRICT;
`

// migrate brings the schema up to date, one transaction per step, and refuses what it does not know.
func (s *Store) migrate() error {
	var version, id, tables int
	row := s.writer.QueryRow(`SELECT (SELECT user_version FROM pragma_user_version),
		(SELECT application_id FROM pragma_application_id), (SELECT count(*) FROM sqlite_master)`)
	if err := row.Scan(&version, &id, &tables); err != nil {
		return s.explain(err)
	}
	if tables > 0 && id != applicationID {
		return refuse(ErrForeign, release.Permanent, "store_foreign",
			"%s is a database, but not one of teal's: name another file under `store: sqlite` in teal.yaml", s.path)
	}
	steps := migrations()
	if version > len(steps) {
		return refuse(ErrNewer, release.Permanent, "store_newer",
			"the store %s has schema %d, this teal knows up to %d: run the newer teal again, or restore the backup made before it", s.path, version, len(steps))
	}
	for i := version; i < len(steps); i++ {
		if err := s.step(i+1, steps[i]); err != nil {
			return fmt.Errorf("bring the store to schema %d: %w", i+1, s.explain(err))
		}
	}
	return s.explain(s.reader.QueryRow(`SELECT value FROM meta WHERE key = 'store_id'`).Scan(&s.id))
}

func (s *Store) step(number int, ddl string) error {
	tx, err := s.writer.Begin()
	if err != nil {
		return err
	}
	defer func() { _ = tx.Rollback() }() // after a commit it does nothing
	text := fmt.Sprintf("%s; PRAGMA application_id = %d; PRAGMA user_version = %d;", ddl, applicationID, number)
	if _, err := tx.Exec(text); err != nil {
		return err
	}
	if number == 1 {
		var id [16]byte
		_, _ = rand.Read(id[:]) // never fails since Go 1.24
		if _, err := tx.Exec(`INSERT INTO meta (key, value) VALUES ('store_id', ?)`, hex.EncodeToString(id[:])); err != nil {
			return err
		}
	}
	return tx.Commit()
}
