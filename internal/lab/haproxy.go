package lab

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"time"
)

// HAProxy is one HAProxy in master-worker mode.
type HAProxy struct {
	Socket string // the worker's runtime API, level admin
	Master string // the master's socket ("@!<pid> …" reaches old workers)
	Dir    string // for maps and the like: "{dir}" in the configuration

	lab     *Lab
	file    string
	log     string
	program string

	mu     sync.Mutex
	config string
	server *server
}

// HAProxy starts HAProxy with a configuration in which {socket} and {dir} are replaced; its global section must have the
// line "stats socket {socket} mode 600 level admin". Files that the configuration names must exist: see HAProxyAt.
func (l *Lab) HAProxy(ctx context.Context, config string) (*HAProxy, error) {
	h, err := l.HAProxyAt(config)
	if err != nil {
		return nil, err
	}
	return h, h.Start(ctx)
}

// HAProxyAt prepares an HAProxy without starting it, so that the caller can put map files into Dir first.
func (l *Lab) HAProxyAt(config string) (*HAProxy, error) {
	program, err := haproxyBinary()
	if err != nil {
		return nil, err
	}
	name := l.name("haproxy")
	h := &HAProxy{
		Dir:    filepath.Join(l.dir, name),
		Socket: filepath.Join(l.temp, name+".sock"),
		Master: filepath.Join(l.temp, name+".master"),
		lab:    l, program: program, log: filepath.Join(l.dir, name+".log"),
	}
	h.file = filepath.Join(h.Dir, "haproxy.cfg")
	if err := os.Mkdir(h.Dir, 0o700); err != nil && !errors.Is(err, fs.ErrExist) {
		return nil, fmt.Errorf("lab: %w", err)
	}
	if err := h.Configure(config); err != nil {
		return nil, err
	}
	l.onClose(h.Stop)
	return h, nil
}

// Configure replaces the configuration; it takes effect with the next Reload or Start.
func (h *HAProxy) Configure(config string) error {
	if !strings.Contains(config, "{socket}") {
		return errors.New("lab: the HAProxy configuration lacks its socket; put into its global section: stats socket {socket} mode 600 level admin")
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	h.config = strings.NewReplacer("{socket}", h.Socket, "{dir}", h.Dir).Replace(config)
	if err := os.WriteFile(h.file, []byte(h.config), 0o600); err != nil {
		return fmt.Errorf("lab: %w", err)
	}
	return nil
}

// Config is the configuration as HAProxy reads it, with the placeholders replaced.
func (h *HAProxy) Config() string {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.config
}

// Log is the file with HAProxy's output.
func (h *HAProxy) Log() string { return h.log }

// Start starts a stopped or killed HAProxy again and waits until a worker answers.
func (h *HAProxy) Start(ctx context.Context) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.server != nil {
		return nil
	}
	server, err := h.lab.spawn.run(h.log, nil, h.program, "-W", "-S", h.Master, "-f", h.file)
	if err != nil {
		return err
	}
	ready := func(context.Context) error {
		if _, err := h.worker(); err != nil {
			return err
		}
		_, err := h.AskMaster("show proc") // the worker answers while the master still starts itself again
		return err
	}
	if err := poll(ctx, server, ready); err != nil {
		return errors.Join(failure("HAProxy", h.log, err), server.kill())
	}
	h.server = server
	return nil
}

// Reload makes the master read the configuration again and waits until a new worker answers at Socket.
func (h *HAProxy) Reload(ctx context.Context) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.server == nil {
		return errors.New("lab: HAProxy is not running; call Start")
	}
	before, err := h.worker()
	if err != nil {
		return fmt.Errorf("lab: reload: %w", err)
	}
	if err := h.server.cmd.Process.Signal(syscall.SIGUSR2); err != nil {
		return fmt.Errorf("lab: reload: %w", err)
	}
	err = poll(ctx, h.server, func(context.Context) error {
		now, err := h.worker()
		if err == nil && now == before {
			err = fmt.Errorf("worker %s still answers", now)
		}
		if err == nil {
			_, err = h.AskMaster("show proc")
		}
		return err
	})
	if err != nil {
		return failure("HAProxy's new worker", h.log, err)
	}
	return nil
}

// Kill ends master and workers by SIGKILL, as a crash would.
func (h *HAProxy) Kill() error { return h.end((*server).kill) }

// Stop ends HAProxy at once but in order. Stopping a stopped one is nil.
func (h *HAProxy) Stop() error {
	return h.end(func(s *server) error { return s.stop(syscall.SIGTERM) })
}

func (h *HAProxy) end(how func(*server) error) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.server == nil {
		return nil
	}
	server := h.server
	h.server = nil
	return how(server)
}

// PID is the master's process id, 0 when HAProxy is stopped.
func (h *HAProxy) PID() int {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.server == nil {
		return 0
	}
	return h.server.cmd.Process.Pid
}

// Ask sends one command to the runtime API and returns the whole answer. It is for tests to look from outside: teal's
// own exchange with HAProxy is in the package haproxy.
func (h *HAProxy) Ask(command string) (string, error) { return ask(h.Socket, command) }

// AskMaster sends one command to the master's socket.
func (h *HAProxy) AskMaster(command string) (string, error) { return ask(h.Master, command) }

func ask(socket, command string) (string, error) {
	conn, err := net.DialTimeout("unix", socket, time.Second)
	if err != nil {
		return "", fmt.Errorf("lab: %w", err)
	}
	defer conn.Close()
	if err := conn.SetDeadline(time.Now().Add(5 * time.Second)); err != nil {
		return "", fmt.Errorf("lab: %w", err)
	}
	if _, err := io.WriteString(conn, command+"\n"); err != nil {
		return "", fmt.Errorf("lab: %q to %s: %w", command, socket, err)
	}
	// The master keeps the connection open until we say that no more commands follow.
	if half, ok := conn.(*net.UnixConn); ok {
		if err := half.CloseWrite(); err != nil {
			return "", fmt.Errorf("lab: %q to %s: %w", command, socket, err)
		}
	}
	answer, err := io.ReadAll(conn)
	if err != nil {
		return "", fmt.Errorf("lab: answer to %q of %s: %w", command, socket, err)
	}
	return string(answer), nil
}

// worker is the process id of the worker that answers at Socket.
func (h *HAProxy) worker() (string, error) {
	answer, err := h.Ask("show info")
	if err != nil {
		return "", err
	}
	for line := range strings.Lines(answer) {
		if pid, ok := strings.CutPrefix(line, "Pid: "); ok {
			return strings.TrimSpace(pid), nil
		}
	}
	return "", fmt.Errorf("lab: no Pid in the answer of %s", h.Socket)
}
