// Package labtest hands the servers of internal/lab to tests: one PostgreSQL per test binary, a fresh database per test.
// It knows testing.T and refuses to skip: a missing server is a failed test that names the package to install.
package labtest

import (
	"context"
	"fmt"
	"os"
	"sync"
	"testing"

	"teal.dev/teal/internal/lab"
)

// bench is what the tests of one binary share.
type bench struct {
	mu       sync.Mutex
	watched  bool // Main will close it
	lab      *lab.Lab
	postgres *lab.Postgres
	count    int
}

// shared always returns the same bench.
var shared = sync.OnceValue(func() *bench { return &bench{} })

// Main runs the tests and then stops the shared servers. A package that calls Postgres or Server needs
//
//	func TestMain(m *testing.M) { labtest.Main(m) }
func Main(m *testing.M) { os.Exit(run(m)) }

func run(m *testing.M) (code int) {
	if err := lab.Sweep(); err != nil {
		fmt.Fprintln(os.Stderr, "labtest: remove what earlier runs left:", err)
	}
	shared().mu.Lock()
	shared().watched = true
	shared().mu.Unlock()
	defer func() {
		if err := shared().close(); err != nil {
			fmt.Fprintln(os.Stderr, "labtest:", err)
			code = max(code, 1)
		}
	}()
	return m.Run()
}

// Postgres gives the test an empty database on the shared server (fsync off, pg_stat_statements preloaded) and returns
// its address. The database is dropped when the test ends.
func Postgres(t testing.TB) string {
	t.Helper()
	server := Server(t)
	name := shared().name()
	if err := server.CreateDatabase(t.Context(), name); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		// The test's own context has ended by now.
		if err := server.DropDatabase(context.Background(), name); err != nil {
			t.Error(err)
		}
	})
	return server.DSN(name)
}

// Server is the shared PostgreSQL itself. A test must not stop it; one that wants to makes its own with PostgresOwn.
func Server(t testing.TB) *lab.Postgres {
	t.Helper()
	server, err := shared().server(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return server
}

// PostgresOwn starts a PostgreSQL for this test alone, which may stop, kill and start it.
func PostgresOwn(t testing.TB, settings ...string) *lab.Postgres {
	t.Helper()
	server, err := Lab(t).Postgres(t.Context(), settings...)
	if err != nil {
		t.Fatal(err)
	}
	return server
}

// HAProxy starts an HAProxy for this test alone; see lab.HAProxy for the placeholders of the configuration.
func HAProxy(t testing.TB, config string) *lab.HAProxy {
	t.Helper()
	server, err := Lab(t).HAProxy(t.Context(), config)
	if err != nil {
		t.Fatal(err)
	}
	return server
}

// Lab makes a lab that is closed when the test ends.
func Lab(t testing.TB) *lab.Lab {
	t.Helper()
	l, err := lab.New("")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := l.Close(); err != nil {
			t.Error(err)
		}
	})
	return l
}

func (b *bench) name() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.count++
	return fmt.Sprintf("test_%d", b.count)
}

// server starts the shared PostgreSQL when the first test asks for it.
func (b *bench) server(ctx context.Context) (*lab.Postgres, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.postgres != nil {
		return b.postgres, nil
	}
	if !b.watched {
		return nil, fmt.Errorf("labtest: nobody would stop the server; add to this package: func TestMain(m *testing.M) { labtest.Main(m) }")
	}
	l, err := lab.New("")
	if err != nil {
		return nil, err
	}
	b.lab = l
	b.postgres, err = l.Postgres(ctx, "fsync=off", "synchronous_commit=off", "full_page_writes=off", "max_connections=200",
		"shared_preload_libraries=pg_stat_statements", "log_min_messages=fatal")
	return b.postgres, err
}

func (b *bench) close() error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.lab == nil {
		return nil
	}
	return b.lab.Close()
}
