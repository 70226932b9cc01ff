package lab

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"os/user"
	"path/filepath"
	"strconv"
	"sync"
	"syscall"

	"github.com/jackc/pgx/v5"
)

// Postgres is one PostgreSQL server with an empty cluster of its own. Its superuser is "postgres", who needs no password.
type Postgres struct {
	lab        *Lab
	data       string
	log        string
	port       int
	program    string
	settings   []string
	credential *syscall.Credential

	mu     sync.Mutex
	server *server
}

// Postgres makes a cluster and starts its server on a free loopback port. Settings are as in postgresql.conf, for example
// "fsync=off" or "shared_preload_libraries=pg_stat_statements".
func (l *Lab) Postgres(ctx context.Context, settings ...string) (*Postgres, error) {
	program, err := postgresBinary("postgres")
	if err != nil {
		return nil, err
	}
	credential, err := unprivileged()
	if err != nil {
		return nil, err
	}
	base := filepath.Join(l.dir, l.name("postgres"))
	if err := os.Mkdir(base, 0o700); err != nil {
		return nil, fmt.Errorf("lab: %w", err)
	}
	if credential != nil {
		if err := os.Chown(base, int(credential.Uid), int(credential.Gid)); err != nil {
			return nil, fmt.Errorf("lab: %w", err)
		}
	}
	p := &Postgres{lab: l, data: filepath.Join(base, "data"), log: base + ".log", program: program, settings: settings, credential: credential}
	if err := p.initialise(ctx); err != nil {
		return nil, err
	}
	l.onClose(p.Stop)
	for range 3 { // another process may take the port between our look and the server's bind
		p.port = l.FreePort()
		if err = p.Start(ctx); err == nil || ctx.Err() != nil {
			break
		}
	}
	return p, err
}

// unprivileged returns whom to become: PostgreSQL refuses to run as root.
func unprivileged() (*syscall.Credential, error) {
	if os.Geteuid() != 0 {
		return nil, nil
	}
	account, err := user.Lookup("postgres")
	if err != nil {
		return nil, fmt.Errorf("lab: PostgreSQL does not run as root and there is no user postgres: %w; run: apt-get install postgresql", err)
	}
	uid, errUID := strconv.ParseUint(account.Uid, 10, 32)
	gid, errGID := strconv.ParseUint(account.Gid, 10, 32)
	if err := errors.Join(errUID, errGID); err != nil {
		return nil, fmt.Errorf("lab: user postgres: %w", err)
	}
	return &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}, nil
}

func (p *Postgres) initialise(ctx context.Context) error {
	program, err := postgresBinary("initdb")
	if err != nil {
		return err
	}
	child, err := p.lab.spawn.run(p.log, p.credential, program, "--pgdata="+p.data, "--username=postgres", "--auth=trust",
		"--encoding=UTF8", "--locale=C", "--no-sync", "--no-instructions")
	if err != nil {
		return err
	}
	select {
	case <-child.done:
	case <-ctx.Done():
		return errors.Join(context.Cause(ctx), child.kill())
	}
	if child.err != nil {
		return failure("initdb", p.log, child.err)
	}
	return nil
}

// Start starts a stopped or killed server again, on the same port, and waits until it answers.
func (p *Postgres) Start(ctx context.Context) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.server != nil {
		return nil
	}
	argv := []string{p.program, "-D", p.data, "-p", strconv.Itoa(p.port), "-k", filepath.Dir(p.data), "-c", "listen_addresses=127.0.0.1"}
	for _, setting := range p.settings {
		argv = append(argv, "-c", setting)
	}
	server, err := p.lab.spawn.run(p.log, p.credential, argv...)
	if err != nil {
		return err
	}
	if err := poll(ctx, server, p.ping); err != nil {
		return errors.Join(failure("PostgreSQL", p.log, err), server.kill())
	}
	p.server = server
	return nil
}

func (p *Postgres) ping(ctx context.Context) error { return p.exec(ctx, "SELECT 1") }

func (p *Postgres) exec(ctx context.Context, sql string) error {
	conn, err := pgx.Connect(ctx, p.DSN("postgres"))
	if err != nil {
		return err
	}
	_, err = conn.Exec(ctx, sql)
	return errors.Join(err, conn.Close(ctx))
}

// Stop ends the server in an orderly way ("fast": sessions are cut, data is written). Stopping a stopped one is nil.
func (p *Postgres) Stop() error {
	return p.end(func(s *server) error { return s.stop(syscall.SIGINT) })
}

// Kill ends the server and its sessions by SIGKILL, as a crash would.
func (p *Postgres) Kill() error { return p.end((*server).kill) }

func (p *Postgres) end(how func(*server) error) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.server == nil {
		return nil
	}
	server := p.server
	p.server = nil
	return how(server)
}

// Port is the TCP port on 127.0.0.1.
func (p *Postgres) Port() int { return p.port }

// Log is the file with the server's output.
func (p *Postgres) Log() string { return p.log }

// Programs is the directory of the server's programs: pg_dump and the like stand there.
func (p *Postgres) Programs() string { return filepath.Dir(p.program) }

// DSN is the address of a database of the server, for its superuser.
func (p *Postgres) DSN(database string) string { return p.DSNAs("postgres", database) }

// DSNAs is the address of a database for a role; the server asks nobody for a password.
func (p *Postgres) DSNAs(role, database string) string {
	address := url.URL{Scheme: "postgres", User: url.User(role), Host: "127.0.0.1:" + strconv.Itoa(p.port), Path: "/" + database, RawQuery: "sslmode=disable"}
	return address.String()
}

// CreateDatabase makes an empty database.
func (p *Postgres) CreateDatabase(ctx context.Context, name string) error {
	if err := p.exec(ctx, "CREATE DATABASE "+pgx.Identifier{name}.Sanitize()); err != nil {
		return fmt.Errorf("lab: create database %s: %w", name, err)
	}
	return nil
}

// DropDatabase removes a database, and cuts who is still connected to it. A missing one is no error.
func (p *Postgres) DropDatabase(ctx context.Context, name string) error {
	if err := p.exec(ctx, "DROP DATABASE IF EXISTS "+pgx.Identifier{name}.Sanitize()+" WITH (FORCE)"); err != nil {
		return fmt.Errorf("lab: drop database %s: %w", name, err)
	}
	return nil
}
