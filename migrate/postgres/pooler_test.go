package postgres_test

import (
	"fmt"
	"os"
	commands "os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"syscall"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"teal.dev/teal/internal/lab/labtest"
	"teal.dev/teal/migrate/postgres"
	"teal.dev/teal/release"
)

// pgbouncer starts a pooler before the shared server and returns the address of a database through it.
func pgbouncer(t *testing.T, database, mode, ignore string) string {
	t.Helper()
	program, err := commands.LookPath("pgbouncer")
	if err != nil {
		program = "/usr/sbin/pgbouncer"
	}
	require.FileExists(t, program, "run: apt-get install pgbouncer")
	dir, err := os.MkdirTemp("", "teal-pgbouncer-")
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, os.RemoveAll(dir)) })
	port := labtest.Lab(t).FreePort()
	config := fmt.Sprintf("[databases]\n* = host=127.0.0.1 port=%d user=postgres\n[pgbouncer]\nlisten_addr = 127.0.0.1\nlisten_port = %d\nunix_socket_dir =\nauth_type = any\npool_mode = %s\nignore_startup_parameters = %s\n",
		labtest.Server(t).Port(), port, mode, ignore)
	path := filepath.Join(dir, "pgbouncer.ini")
	require.NoError(t, os.WriteFile(path, []byte(config), 0o600))
	command := commands.Command(program, path)
	if os.Geteuid() == 0 { // it does not run as root
		account, err := user.Lookup("postgres")
		require.NoError(t, err)
		uid, err := strconv.Atoi(account.Uid)
		require.NoError(t, err)
		require.NoError(t, os.Chown(dir, uid, -1))
		require.NoError(t, os.Chown(path, uid, -1))
		command.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: uint32(uid)}}
	}
	require.NoError(t, command.Start())
	t.Cleanup(func() {
		require.NoError(t, command.Process.Kill())
		_ = command.Wait() // it was killed
	})
	dsn := fmt.Sprintf("postgres://postgres@127.0.0.1:%d/%s?sslmode=disable", port, database)
	require.Eventually(t, func() bool {
		conn, err := pgx.Connect(t.Context(), dsn)
		if err != nil {
			return false
		}
		return conn.Close(t.Context()) == nil
	}, limit, tick)
	return dsn
}

// A real pgbouncer, in both of its modes that people use, whether it refuses teal's settings or swallows them: refused
// before anything is written, and the direct URL is the way past it.
func TestARealPoolerIsRefused(t *testing.T) {
	for _, mode := range []string{"transaction", "session"} {
		for name, ignore := range map[string]string{
			"strict":  "extra_float_digits",
			"ignores": "client_connection_check_interval,lock_timeout,statement_timeout,idle_in_transaction_session_timeout,default_transaction_read_only,options",
		} {
			t.Run(mode+"/"+name, func(t *testing.T) {
				t.Parallel()
				dsn := labtest.Postgres(t)
				conn := outside(t, dsn)
				pooled := pgbouncer(t, get[string](t, conn, "SELECT current_database()"), mode, ignore)
				f := files("1_a.up.sql", base)
				text := requireFault(t, apply(t, open(t, pooled), f), release.Permanent, "pooler")
				require.Contains(t, text, "database.direct_url")
				_, err := open(t, pooled).Observe(t.Context(), f)
				requireFault(t, err, release.Permanent, "pooler")
				require.Zero(t, get[int](t, conn, `SELECT count(*) FROM pg_class WHERE relname LIKE 'teal%' OR relname LIKE 'schema_migrations%'`))
				past := open(t, pooled, func(c *postgres.Config) { c.DirectURL = dsn })
				require.NoError(t, apply(t, past, f))
				requireClean(t, past, conn, f, 1)
			})
		}
	}
}
