package policies_test

import (
	"slices"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"teal.dev/teal/internal/lab/labtest"
	"teal.dev/teal/migrate/statement"
	"teal.dev/teal/policies"
)

func TestMain(m *testing.M) { labtest.Main(m) }

// strength orders the lock levels; ACCESS SHARE is left out, because reading the catalogue takes it everywhere.
func strength(level string) int {
	for i, l := range []policies.Level{policies.RowShare, policies.RowExclusive, policies.ShareUpdateExclusive, policies.Share,
		policies.ShareRowExclusive, policies.Exclusive, policies.AccessExclusive} {
		if string(l) == level {
			return i + 1
		}
	}
	return 0
}

const heldLocks = `SELECT relation, upper(regexp_replace(replace(mode, 'Lock', ''), '([a-z])([A-Z])', '\1 \2', 'g'))
	FROM pg_locks WHERE pid = pg_backend_pid() AND locktype = 'relation' AND relation = ANY($1)`

const existing = `SELECT oid, relname, relfilenode, relkind IN ('S', 'i') FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p', 'v', 'm', 'S', 'i')`

type stored struct {
	name  string
	file  uint32
	minor bool // a sequence or an index: compared only where a rule claims a lock on it
}

// files are the relations and the file each is stored in; a rewrite changes the file.
func files(t *testing.T, q pgx.Tx) map[uint32]stored {
	t.Helper()
	rows, err := q.Query(t.Context(), existing)
	require.NoError(t, err)
	out := map[uint32]stored{}
	var oid uint32
	var s stored
	_, err = pgx.ForEachRow(rows, []any{&oid, &s.name, &s.file, &s.minor}, func() error { out[oid] = s; return nil })
	require.NoError(t, err)
	return out
}

type measured struct {
	locks     map[string]string // the strongest lock by relation, by its name before
	minor     map[string]bool
	rewritten bool
}

// measure runs an example and says which locks the relations that were there before are under, by their name before, and
// whether one of them was rewritten.
func measure(t *testing.T, conn *pgx.Conn, ex policies.Example) (measured, error) {
	t.Helper()
	ctx := t.Context()
	if _, err := conn.Exec(ctx, ex.Before); err != nil {
		return measured{}, err
	}
	tx, err := conn.Begin(ctx)
	require.NoError(t, err)
	defer func() { require.NoError(t, tx.Rollback(ctx)) }()
	was := files(t, tx)
	if _, err := tx.Exec(ctx, ex.SQL); err != nil {
		return measured{}, err
	}
	oids := []uint32{}
	for oid := range was {
		oids = append(oids, oid)
	}
	rows, err := tx.Query(ctx, heldLocks, oids)
	require.NoError(t, err)
	m := measured{locks: map[string]string{}, minor: map[string]bool{}}
	var oid uint32
	var mode string
	_, err = pgx.ForEachRow(rows, []any{&oid, &mode}, func() error {
		if name := was[oid].name; strength(mode) > strength(m.locks[name]) {
			m.locks[name], m.minor[name] = mode, was[oid].minor
		}
		return nil
	})
	require.NoError(t, err)
	for oid, now := range files(t, tx) {
		if old, ok := was[oid]; ok && old.file != now.file && !old.minor {
			m.rewritten = true
		}
	}
	return m, nil
}

// TestLocksAreThoseOfPostgreSQL runs the rules' own examples on a real server and compares what they claim.
func TestLocksAreThoseOfPostgreSQL(t *testing.T) {
	dsn := labtest.Postgres(t)
	ran := 0
	for _, r := range policies.Rules() {
		if !transactional(t, r.Bad.SQL) || slices.Contains(r.Hazards, policies.OpaqueEffect) {
			continue
		}
		conn, err := pgx.Connect(t.Context(), dsn)
		require.NoError(t, err)
		_, err = conn.Exec(t.Context(), `DROP SCHEMA public CASCADE; CREATE SCHEMA public; DROP SCHEMA IF EXISTS audit; SET TimeZone = 'UTC';
			DO $$ BEGIN CREATE ROLE clerk; EXCEPTION WHEN duplicate_object THEN NULL; END $$`)
		require.NoError(t, err)
		m, err := measure(t, conn, r.Bad)
		require.NoError(t, conn.Close(t.Context()))
		if err != nil {
			t.Logf("not run: %s: %v", r.ID, err)
			continue
		}
		ran++
		compare(t, &r, m)
	}
	require.Greater(t, ran, 100, "the examples no longer run")
}

// TestImpliedLocks measures what the examples of the rules do not show: the other tables that a statement locks.
func TestImpliedLocks(t *testing.T) {
	const tables = "CREATE TABLE p (id int PRIMARY KEY);\nCREATE TABLE t (id int PRIMARY KEY, a int, p_id int REFERENCES p (id));\nCREATE INDEX t_a ON t (a);\nCREATE VIEW v AS SELECT id FROM t;\n"
	const parts = "CREATE TABLE log (n int) PARTITION BY RANGE (n);\nCREATE TABLE log_1 PARTITION OF log FOR VALUES FROM (1) TO (2);\nCREATE TABLE log_0 PARTITION OF log DEFAULT;\nCREATE TABLE log_2 (n int);\n"
	dsn := labtest.Postgres(t)
	for _, ex := range []policies.Example{
		{Before: tables, SQL: "ALTER TABLE t DROP COLUMN p_id"},
		{Before: tables, SQL: "DROP VIEW v;\nDROP TABLE t CASCADE"},
		{Before: tables, SQL: "ALTER TABLE t DROP CONSTRAINT t_p_id_fkey"},
		{Before: tables, SQL: "ALTER TABLE t ADD COLUMN b int DEFAULT 1 REFERENCES p (id)"},
		{Before: tables, SQL: "CREATE TABLE k (b int) INHERITS (p)"},
		{Before: tables + "CREATE TABLE k (b int) INHERITS (p);", SQL: "ALTER TABLE k NO INHERIT p"},
		{Before: tables, SQL: "CREATE TABLE c (LIKE t INCLUDING ALL)"},
		{Before: tables, SQL: "DROP INDEX t_a"},
		{Before: tables, SQL: "REINDEX INDEX t_a"},
		{Before: tables, SQL: "ALTER INDEX t_a SET (fillfactor = 50)"},
		{Before: tables, SQL: "ALTER INDEX t_a RENAME TO t_b"},
		{Before: tables, SQL: "COMMENT ON COLUMN t.a IS 'x'"},
		{Before: tables, SQL: "ALTER TABLE t ADD CONSTRAINT f FOREIGN KEY (a) REFERENCES p (id) NOT VALID"},
		{Before: tables + "ALTER TABLE t ADD CONSTRAINT f FOREIGN KEY (a) REFERENCES p (id) NOT VALID;", SQL: "ALTER TABLE t VALIDATE CONSTRAINT f"},
		{Before: tables, SQL: "ALTER TABLE t ADD COLUMN b int UNIQUE"},
		{Before: tables, SQL: "UPDATE t SET a = 1"},
		{Before: tables, SQL: "LOCK TABLE t IN SHARE ROW EXCLUSIVE MODE"},
		{Before: tables, SQL: "ALTER TABLE t SET SCHEMA pg_catalog"},
		{Before: parts, SQL: "CREATE TABLE log_3 PARTITION OF log FOR VALUES FROM (3) TO (4)"},
		{Before: parts, SQL: "ALTER TABLE log ATTACH PARTITION log_2 FOR VALUES FROM (2) TO (3)"},
		{Before: parts, SQL: "ALTER TABLE log DETACH PARTITION log_1"},
		{Before: parts, SQL: "DROP TABLE log_1"},
		{Before: parts, SQL: "CREATE INDEX log_n ON log (n)"},
	} {
		conn, err := pgx.Connect(t.Context(), dsn)
		require.NoError(t, err)
		_, err = conn.Exec(t.Context(), "DROP SCHEMA public CASCADE; CREATE SCHEMA public")
		require.NoError(t, err)
		m, err := measure(t, conn, ex)
		require.NoError(t, conn.Close(t.Context()))
		if err != nil {
			t.Logf("not run: %s: %v", ex.SQL, err)
			continue
		}
		compare(t, &policies.Rule{ID: ex.SQL, Bad: ex}, m)
	}
}

// compare holds a rule's claims against what was measured. TRUNCATE gives a table a new file without copying a row, so it is
// no rewrite.
func compare(t *testing.T, r *policies.Rule, m measured) {
	t.Helper()
	claimed, rewrites := map[string]string{}, r.ID == "truncate"
	for _, f := range run(t, r.Bad).Files {
		for _, e := range f.Statements {
			rewrites = rewrites || e.Operation.Rewrite
			for _, l := range e.Operation.Locks {
				if strength(string(l.Level)) > strength(claimed[l.Object]) {
					claimed[l.Object] = string(l.Level)
				}
			}
		}
	}
	for name := range claimed {
		if m.locks[name] == "" {
			t.Errorf("%s: claims %s on %s, PostgreSQL takes none", r.ID, claimed[name], name)
		}
	}
	for name, mode := range m.locks {
		if claimed[name] != mode && !(m.minor[name] && claimed[name] == "") {
			t.Errorf("%s: PostgreSQL takes %s on %s, the rule claims %q", r.ID, mode, name, claimed[name])
		}
	}
	if rewrites != m.rewritten {
		t.Errorf("%s: rewrite is %v, the rule claims %v", r.ID, m.rewritten, rewrites)
	}
}

func transactional(t *testing.T, sql string) bool {
	t.Helper()
	f, err := statement.Parse([]byte(sql), statement.Postgres)
	if err != nil {
		return false
	}
	for i := range f.Statements {
		if !f.Statements[i].Transactional() || f.Statements[i].TransactionControl() {
			return false
		}
	}
	return true
}
