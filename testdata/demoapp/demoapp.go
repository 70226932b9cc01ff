// Package demoapp is the application that teal demo and the acceptance tests release: a small shop in two versions that
// share one database. It knows customers and orders and refuses to know that teal exists, but for the environment it gets.
package demoapp

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/signal"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
)

const (
	queryLimit = 3 * time.Second
	slowly     = 500 * time.Millisecond // how long /slow takes
	lastCall   = 30 * time.Second       // for requests in flight at the end
)

// shop is one running version.
type shop struct {
	version   string
	slot      string
	database  database
	behaviour *behaviour
	log       *slog.Logger
	ending    context.Context // ends when the shop shall
	sockets   sync.WaitGroup
	busy      atomic.Int64 // requests being answered
}

// Run serves the shop until ctx ends or the process is told to terminate; then it takes no more connections, finishes the
// requests in flight, and tells web sockets that it goes away.
//
// It reads PORT, DATABASE_URL, TEAL_VERSION, TEAL_SLOT, DEMO_BEHAVIOUR and the file "behaviour". From version 2 on it uses the columns
// first_name and last_name, before that name.
func Run(ctx context.Context, getenv func(string) string) error {
	ctx, stop := signal.NotifyContext(ctx, syscall.SIGTERM, syscall.SIGINT)
	defer stop()
	how, err := readBehaviour(getenv)
	if err != nil {
		return fmt.Errorf("demoapp: %w", err)
	}
	if how.crash {
		return errors.New("demoapp: crashed at the start, as its behaviour says")
	}
	pool, err := pgxpool.New(ctx, getenv("DATABASE_URL"))
	if err != nil {
		return fmt.Errorf("demoapp: DATABASE_URL: %w", err)
	}
	defer pool.Close()
	version := getenv("TEAL_VERSION")
	s := &shop{
		version: version, slot: getenv("TEAL_SLOT"), behaviour: how, ending: ctx,
		database: database{pool: pool, split: major(version) >= 2},
		log:      slog.New(slog.NewTextHandler(os.Stdout, nil)).With("version", version, "slot", getenv("TEAL_SLOT")),
	}
	listener, err := net.Listen("tcp", net.JoinHostPort("127.0.0.1", getenv("PORT")))
	if err != nil {
		return fmt.Errorf("demoapp: PORT: %w", err)
	}
	return s.serve(ctx, listener)
}

func (s *shop) serve(ctx context.Context, listener net.Listener) error {
	server := &http.Server{Handler: s.routes(), ReadHeaderTimeout: queryLimit}
	failed := make(chan error, 1)
	go func() { failed <- server.Serve(listener) }()
	s.log.Info("the shop is open", "address", listener.Addr())
	select {
	case err := <-failed:
		return fmt.Errorf("demoapp: %w", err)
	case <-ctx.Done():
	}
	s.log.Info("the shop closes")
	limit, cancel := context.WithTimeout(context.WithoutCancel(ctx), lastCall)
	defer cancel()
	err := server.Shutdown(limit)
	s.sockets.Wait() // bounded: closing a socket waits a few seconds at most
	if err != nil {
		return fmt.Errorf("demoapp: requests were still in flight: %w", err)
	}
	return nil
}

// major is the first number of a version's name: 2 of "v2", "2.1.0" and "v2-never-healthy"; 1 when there is none.
func major(version string) int {
	digits := strings.TrimLeft(version, "v")
	end := strings.IndexFunc(digits, func(r rune) bool { return r < '0' || r > '9' })
	if end >= 0 {
		digits = digits[:end]
	}
	n, err := strconv.Atoi(digits)
	if err != nil {
		return 1
	}
	return n
}
