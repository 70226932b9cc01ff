// Package lab starts real PostgreSQL and HAProxy servers on this machine, for tests and for teal demo, and ends them with
// the process that asked for them. It knows how to run the servers and refuses to know what teal does with them.
package lab

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
)

// startLimit bounds every wait for a server's readiness in tries of waitStep: about 30 s.
const startLimit = 600

// Lab owns a private directory and the servers started in it.
type Lab struct {
	dir   string
	temp  string // removed by Close; equals dir when the caller gave none
	spawn *spawner

	mu       sync.Mutex
	ports    map[int]bool // handed out already: two servers of one lab never get the same port
	closers  []func() error
	sequence int
}

// New makes a lab in dir, which must exist; with an empty dir it makes a directory of its own and removes it in Close.
// Unix sockets always live in a short directory of the lab's own, because their paths are limited to about 100 bytes.
func New(dir string) (*Lab, error) {
	temp, err := os.MkdirTemp("", prefix())
	if err != nil {
		return nil, fmt.Errorf("lab: %w (is the temporary directory writable?)", err)
	}
	// The database runs as another user when we are root, and must be able to walk through.
	if err := os.Chmod(temp, 0o711); err != nil {
		return nil, errors.Join(fmt.Errorf("lab: %w", err), os.RemoveAll(temp))
	}
	if dir == "" {
		dir = temp
	}
	if _, err := os.Stat(dir); err != nil {
		return nil, errors.Join(fmt.Errorf("lab: %w; create the directory first", err), os.RemoveAll(temp))
	}
	return &Lab{dir: dir, temp: temp, spawn: newSpawner(), ports: map[int]bool{}}, nil
}

// Dir is the directory that holds data and logs of the lab's servers.
func (l *Lab) Dir() string { return l.dir }

// Close stops what the lab started, the last first, and removes the lab's own directory. It may be called twice.
func (l *Lab) Close() error {
	l.mu.Lock()
	closers := l.closers
	l.closers = nil
	l.mu.Unlock()
	var errs []error
	for i := len(closers) - 1; i >= 0; i-- {
		errs = append(errs, closers[i]())
	}
	l.spawn.close()
	return errors.Join(append(errs, os.RemoveAll(l.temp))...)
}

// FreePort returns a TCP port that nobody listens on at 127.0.0.1 and that this lab has not handed out before.
func (l *Lab) FreePort() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	for {
		if port := FreePort(); !l.ports[port] {
			l.ports[port] = true
			return port
		}
	}
}

// FreePort returns a TCP port on 127.0.0.1 that nobody listens on now. It is taken from below the range of outgoing
// connections, because those would steal it between this call and the server's bind.
func FreePort() int {
	for range 1000 {
		port := 12000 + rand.IntN(20000)
		if free(port) {
			return port
		}
	}
	return 0 // the machine has no free port: the server's own error will say so
}

func free(port int) bool {
	listener, err := net.Listen("tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(port)))
	if err != nil {
		return false
	}
	return listener.Close() == nil
}

// Sweep removes the directories of labs whose process is gone, for example killed by the time limit of go test.
func Sweep() error {
	found, err := filepath.Glob(filepath.Join(os.TempDir(), "teal-lab-*"))
	if err != nil {
		return err
	}
	var errs []error
	for _, dir := range found {
		pid, _, _ := strings.Cut(strings.TrimPrefix(filepath.Base(dir), "teal-lab-"), "-")
		if _, err := strconv.Atoi(pid); err != nil || alive(pid) {
			continue
		}
		errs = append(errs, os.RemoveAll(dir))
	}
	return errors.Join(errs...)
}

func prefix() string { return "teal-lab-" + strconv.Itoa(os.Getpid()) + "-" }

// alive errs on the side of "yes" where there is no /proc.
func alive(pid string) bool {
	if _, err := os.Stat("/proc/self"); err != nil {
		return true
	}
	_, err := os.Stat("/proc/" + pid)
	return err == nil
}

// onClose remembers how to end a server, and gives each server of a kind a directory of its own.
func (l *Lab) onClose(stop func() error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.closers = append(l.closers, stop)
}

func (l *Lab) name(kind string) string {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.sequence++
	return kind + strconv.Itoa(l.sequence)
}

// poll calls ready until it returns nil, the server ends, ctx ends, or the tries are spent.
func poll(ctx context.Context, server *server, ready func(context.Context) error) error {
	var last error
	for range startLimit {
		if last = ready(ctx); last == nil {
			return nil
		}
		if err := server.pause(ctx); err != nil {
			return errors.Join(err, last)
		}
	}
	return fmt.Errorf("not ready in time: %w", last)
}
