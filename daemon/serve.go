package daemon

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"os"
	"strings"
	"time"
)

// serve starts the servers; the channel gets the error of the first that fails.
func (d *Daemon) serve(ending *cleanups) <-chan error {
	failed := make(chan error, 2)
	start := func(name string, listener net.Listener, handler http.Handler) {
		server := &http.Server{Handler: handler, ReadHeaderTimeout: 5 * time.Second, ReadTimeout: 30 * time.Second,
			WriteTimeout: 60 * time.Second, IdleTimeout: 2 * time.Minute, MaxHeaderBytes: 32 << 10,
			ErrorLog: slog.NewLogLogger(d.log.Handler(), slog.LevelDebug),
			ConnContext: func(ctx context.Context, conn net.Conn) context.Context {
				return context.WithValue(ctx, connKey{}, conn)
			}}
		ending.add(name, 5*time.Second, server.Shutdown)
		go func() {
			if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
				failed <- fmt.Errorf("%s: %w", name, err)
			}
		}()
	}
	if d.opt.HTTP != nil {
		start("http", d.opt.HTTP, d.Handler(false))
	}
	if d.opt.Socket != nil {
		start("socket", d.opt.Socket, d.Handler(true))
	}
	return failed
}

type connKey struct{}

// personOf says who sends a request. Nobody on TCP is more than a viewer.
func (d *Daemon) personOf(r *http.Request, socket bool) Person {
	if !socket {
		return Person{Name: "http", Roles: []string{RoleViewer}}
	}
	conn, _ := r.Context().Value(connKey{}).(net.Conn)
	if conn == nil {
		return Person{Name: "unknown", Roles: []string{RoleViewer}}
	}
	peer, err := peerOf(conn)
	if err != nil {
		return Person{Name: "unknown", Roles: []string{RoleViewer}}
	}
	return d.opt.Config().Access.Who(peer)
}

// localHost accepts the names under which a person reaches a loopback listener. A foreign name in Host is a page that
// had its own name resolve to us.
func localHost(host string) bool {
	if name, _, err := net.SplitHostPort(host); err == nil {
		host = name
	}
	if strings.EqualFold(host, "localhost") {
		return true
	}
	_, err := netip.ParseAddr(strings.Trim(host, "[]"))
	return err == nil
}

// ListenUnix opens the API's socket. A socket that a dead daemon left is replaced; a living one is not.
func ListenUnix(path string, mode fs.FileMode) (net.Listener, error) {
	if info, err := os.Lstat(path); err == nil {
		if info.Mode().Type() != fs.ModeSocket {
			return nil, fmt.Errorf("%s is there and not a socket; move it away or change listen.socket", path)
		}
		if conn, err := net.DialTimeout("unix", path, time.Second); err == nil {
			_ = conn.Close()
			return nil, fmt.Errorf("another daemon listens on %s; stop it, or change listen.socket", path)
		}
		if err := os.Remove(path); err != nil {
			return nil, err
		}
	}
	listener, err := net.Listen("unix", path)
	if err != nil {
		return nil, err
	}
	if err := os.Chmod(path, mode); err != nil {
		return nil, errors.Join(err, listener.Close())
	}
	return listener, nil
}
