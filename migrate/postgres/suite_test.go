package postgres_test

import (
	"context"
	"sync"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"teal.dev/teal/daemon"
	"teal.dev/teal/daemon/daemontest"
	"teal.dev/teal/internal/lab/labtest"
	"teal.dev/teal/migrate/postgres"
)

func TestMain(m *testing.M) { labtest.Main(m) }

// open makes the database of the app "shop" at a DSN.
func open(t testing.TB, dsn string, change ...func(*postgres.Config)) *postgres.Database {
	t.Helper()
	config := postgres.Config{App: "shop", URL: dsn}
	for _, c := range change {
		c(&config)
	}
	db, err := postgres.Open(config)
	require.NoError(t, err)
	return db
}

// outside is a session of somebody else, closed with the test.
func outside(t *testing.T, dsn string) *pgx.Conn {
	t.Helper()
	config, err := pgx.ParseConfig(dsn)
	require.NoError(t, err)
	config.DefaultQueryExecMode = pgx.QueryExecModeExec
	conn, err := pgx.ConnectConfig(t.Context(), config)
	require.NoError(t, err)
	t.Cleanup(func() { _ = conn.Close(context.Background()) })
	return conn
}

func exec(t *testing.T, conn *pgx.Conn, sql string) {
	t.Helper()
	_, err := conn.PgConn().Exec(context.Background(), sql).ReadAll()
	require.NoError(t, err)
}

func get[T any](t *testing.T, conn *pgx.Conn, sql string, args ...any) T {
	t.Helper()
	var v T
	require.NoError(t, conn.QueryRow(context.Background(), sql, args...).Scan(&v))
	return v
}

// block opens a transaction that has read a table.
func block(t *testing.T, dsn, table string) (unlock func()) {
	t.Helper()
	reader := outside(t, dsn)
	exec(t, reader, "SET application_name = 'a-long-report'; BEGIN; SELECT * FROM "+table+" LIMIT 1")
	var once sync.Once
	return func() { once.Do(func() { exec(t, reader, "ROLLBACK") }) }
}

func TestMigrator(t *testing.T) {
	daemontest.TestMigrator(t, func(t *testing.T) daemontest.MigratorBench {
		dsn := labtest.Postgres(t)
		conn := outside(t, dsn)
		return daemontest.MigratorBench{
			App:  "shop",
			Open: func(t *testing.T) daemon.Migrator { return open(t, dsn) },
			Lost: open(t, "postgres://nobody@127.0.0.1:1/none"),
			Exec: func(t *testing.T, sql string) { exec(t, conn, sql) },
			Has: func(t *testing.T, table, column string) bool {
				return get[bool](t, conn, `SELECT to_regclass($1) IS NOT NULL AND ($2 = '' OR EXISTS (SELECT FROM pg_attribute WHERE attrelid = to_regclass($1) AND attname = $2 AND NOT attisdropped))`, table, column)
			},
			Count: func(t *testing.T, table string) int { return get[int](t, conn, "SELECT count(*) FROM "+table) },
			Block: func(t *testing.T, table string) func() { return block(t, dsn, table) },
		}
	})
}
