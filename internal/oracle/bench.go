package oracle

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// The roles: the migrations run as the superuser, the old version as an ordinary role.
const (
	appRole = "app"
	roles   = `DO $$ DECLARE r text; BEGIN
	PERFORM pg_advisory_xact_lock(4711);
	FOREACH r IN ARRAY ARRAY['app', 'clerk'] LOOP
		IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = r) THEN EXECUTE 'CREATE ROLE ' || r || ' LOGIN'; END IF;
	END LOOP;
END $$`
	wipe = `DO $$ DECLARE r text; BEGIN
	FOR r IN SELECT format('DROP EVENT TRIGGER %I', evtname) FROM pg_event_trigger
		UNION ALL SELECT format('DROP PUBLICATION %I', pubname) FROM pg_publication
		UNION ALL SELECT format('DROP EXTENSION %I CASCADE', extname) FROM pg_extension WHERE extname <> 'plpgsql'
		UNION ALL SELECT format('DROP CAST IF EXISTS (%s AS %s)', castsource::regtype, casttarget::regtype) FROM pg_cast WHERE oid >= 16384
		UNION ALL SELECT format('DROP SCHEMA %I CASCADE', nspname) FROM pg_namespace WHERE nspname !~ '^pg_' AND nspname <> 'information_schema'
	LOOP EXECUTE r; END LOOP;
END $$;
SET client_min_messages = warning;
CREATE SCHEMA public; GRANT ALL ON SCHEMA public TO app, clerk;
ALTER DEFAULT PRIVILEGES GRANT ALL ON TABLES TO app; ALTER DEFAULT PRIVILEGES GRANT ALL ON SEQUENCES TO app;
ALTER DEFAULT PRIVILEGES REVOKE ALL ON TABLES FROM clerk;`
	// What a case did to the roles is undone only where it did anything: the catalogue of roles is shared.
	wipeRoles = `ALTER ROLE app RESET ALL; ALTER ROLE app LOGIN NOSUPERUSER NOBYPASSRLS; ALTER ROLE clerk RESET ALL; REVOKE clerk FROM app;`
)

// Bench is a database that the cases have for themselves, one after the other.
type Bench struct {
	config *pgx.ConnConfig
	// known are the answers before a migration, by schema and statement: they are the same in every case.
	known *sync.Map
}

// NewBench prepares a database for cases; the address is a superuser's.
func NewBench(ctx context.Context, dsn string) (*Bench, error) {
	config, err := pgx.ParseConfig(dsn)
	if err != nil {
		return nil, fmt.Errorf("read the address of the database: %w", err)
	}
	b := &Bench{config: config, known: &sync.Map{}}
	conn, err := b.connect(ctx, "", nil)
	if err != nil {
		return nil, err
	}
	return b, errors.Join(exec(ctx, conn, roles), conn.Close(ctx))
}

// Share makes two benches of one server know the same answers.
func (b *Bench) Share(other *Bench) { b.known = other.known }

// connect opens a session as a role (empty: the superuser). notice hears what the server remarks.
func (b *Bench) connect(ctx context.Context, role string, notice func(string)) (*pgconn.PgConn, error) {
	config := b.config.Copy()
	if role != "" {
		config.User = role
	}
	config.RuntimeParams["timezone"] = "UTC"
	if notice != nil {
		config.RuntimeParams["client_min_messages"] = "debug1"
		config.OnNotice = func(_ *pgconn.PgConn, n *pgconn.Notice) { notice(n.Message) }
	}
	conn, err := pgconn.ConnectConfig(ctx, &config.Config)
	if err != nil {
		return nil, fmt.Errorf("connect as %s: %w", config.User, err)
	}
	return conn, nil
}

// Reset empties the database and makes the schema.
func (b *Bench) Reset(ctx context.Context, c *pgconn.PgConn, schema string) error {
	if err := exec(ctx, c, wipe); err != nil {
		return fmt.Errorf("empty the database: %w", err)
	}
	if err := exec(ctx, c, schema); err != nil {
		return fmt.Errorf("make the schema: %w", err)
	}
	return nil
}

// ResetRoles undoes what a case did to the roles, which all databases of the server share.
func (b *Bench) ResetRoles(ctx context.Context) error {
	c, err := b.connect(ctx, "", nil)
	if err != nil {
		return err
	}
	return errors.Join(exec(ctx, c, wipeRoles), c.Close(ctx))
}

// text runs a query and gives its rows, the cells as text.
func text(ctx context.Context, c *pgconn.PgConn, query string) ([][]string, error) {
	r := c.ExecParams(ctx, query, nil, nil, nil, nil).Read()
	if r.Err != nil {
		return nil, fmt.Errorf("read the catalogue: %w", r.Err)
	}
	out := make([][]string, len(r.Rows))
	for i, row := range r.Rows {
		out[i] = make([]string, len(row))
		for j, cell := range row {
			out[i][j] = string(cell)
		}
	}
	return out, nil
}

const stateColumns = `SELECT n.nspname, c.relname, a.attname, a.atttypid, quote_ident(n.nspname), quote_ident(c.relname), quote_ident(a.attname)
	FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace JOIN pg_attribute a ON a.attrelid = c.oid
	WHERE c.relkind IN ('r', 'p') AND NOT c.relispartition AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
	AND a.attnum > 0 AND NOT a.attisdropped ORDER BY 1, 2, a.attnum`

// stateQuery reads a hash of each column that there is now, of those that are wanted (nil: all).
func stateQuery(ctx context.Context, c *pgconn.PgConn, wanted map[string]bool) (string, map[string]bool, error) {
	rows, err := text(ctx, c, stateColumns)
	if err != nil {
		return "", nil, err
	}
	names := map[string]bool{}
	hashes := map[string][]string{}
	var tables []string
	for _, r := range rows {
		name := r[0] + "." + r[1] + "." + r[2]
		if wanted != nil && !wanted[name+" "+r[3]] {
			continue
		}
		names[name+" "+r[3]] = true // of another type it is written another way
		table := r[4] + "." + r[5]
		if hashes[table] == nil {
			tables = append(tables, table)
		}
		hashes[table] = append(hashes[table], fmt.Sprintf("'%s=' || md5(coalesce(string_agg(%[2]s::text, ',' ORDER BY %[2]s::text), '') || count(*))",
			strings.ReplaceAll(strings.TrimPrefix(name, "public."), "'", "''"), r[6]))
	}
	if len(tables) == 0 {
		return "", names, nil
	}
	list := make([]string, len(tables))
	for i, table := range tables {
		list[i] = "SELECT unnest(ARRAY[" + strings.Join(hashes[table], ", ") + "]) FROM " + table
	}
	return strings.Join(list, " UNION ALL "), names, nil
}

const sequenceValues = `SELECT format('SELECT setval(%L::regclass, %s, %L)', format('%I.%I', schemaname, sequencename), coalesce(last_value, start_value), last_value IS NOT NULL)
	FROM pg_sequences`

// sequences is the statement that sets the sequences back to where they are now: no rollback does.
func sequences(ctx context.Context, c *pgconn.PgConn) (string, error) {
	rows, err := text(ctx, c, sequenceValues)
	if err != nil {
		return "", err
	}
	var b strings.Builder
	for _, r := range rows {
		b.WriteString(r[0] + ";")
	}
	return b.String(), nil
}
