package jetstream

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"strconv"
	"sync/atomic"
	"time"

	"github.com/nats-io/nats-server/v2/server"
)

const (
	readyWait = 10 * time.Second
	maxStore  = 4 << 30 // both streams with room; without a number the server takes 75 % of the disk
)

// EmbeddedConfig says where the embedded server keeps its streams and where publishers reach it.
type EmbeddedConfig struct {
	Listen string // host:port on loopback; port 0 or -1 takes a free one
	Dir    string // its files; made when missing
	Log    *slog.Logger
}

// Server is a nats-server inside this process.
type Server struct {
	server *server.Server
}

// Embedded starts a nats-server with JetStream in this process and waits until it answers. Every message is on disk
// before its publisher hears so.
func Embedded(ctx context.Context, cfg EmbeddedConfig) (*Server, error) {
	host, port, err := listenAddress(cfg.Listen)
	if err != nil {
		return nil, err
	}
	if err := os.MkdirAll(cfg.Dir, 0o700); err != nil {
		return nil, fmt.Errorf("the directory of the embedded NATS server cannot be made (%w); check nats.embedded.dir and its owner", err)
	}
	s, err := server.NewServer(&server.Options{ServerName: "teal", Host: host, Port: port, NoSigs: true, NoLog: false,
		JetStream: true, StoreDir: cfg.Dir, SyncAlways: true, JetStreamMaxStore: maxStore})
	if err != nil {
		return nil, fmt.Errorf("the embedded NATS server does not take its options (%w); check nats.embedded", err)
	}
	log := &serverLog{log: logger(cfg.Log).With("part", "nats-server")}
	s.SetLoggerV2(log, false, false, false)
	go s.Start()
	deadline := time.Now().Add(readyWait)
	for !s.ReadyForConnections(100 * time.Millisecond) {
		if err := ctx.Err(); err != nil || log.fatal.Load() != nil || time.Now().After(deadline) {
			s.Shutdown()
			return nil, notReady(cfg, err, log.fatal.Load())
		}
	}
	if !s.JetStreamEnabled() {
		s.Shutdown()
		return nil, notReady(cfg, nil, log.fatal.Load())
	}
	return &Server{server: s}, nil
}

func notReady(cfg EmbeddedConfig, cause error, fatal *string) error {
	if fatal != nil {
		cause = errors.New(*fatal)
	}
	if cause == nil {
		cause = errors.New("no answer")
	}
	return fmt.Errorf("the embedded NATS server did not start on %s with %s (%w); free the port or choose another in nats.embedded.listen, and check the directory", cfg.Listen, cfg.Dir, cause)
}

// listenAddress refuses what is not loopback: the embedded server knows no users, so whoever reaches it may publish.
func listenAddress(listen string) (host string, port int, err error) {
	host, text, err := net.SplitHostPort(listen)
	if err != nil {
		return "", 0, fmt.Errorf("nats.embedded.listen %q is not host:port (%w); write 127.0.0.1:4222", listen, err)
	}
	if ip := net.ParseIP(host); host != "localhost" && (ip == nil || !ip.IsLoopback()) {
		return "", 0, fmt.Errorf("nats.embedded.listen %q is not on loopback; the embedded server has neither users nor TLS: listen on 127.0.0.1, or run a nats-server with both and set nats.url", listen)
	}
	port, err = strconv.Atoi(text)
	if err != nil || port < -1 || port > 65535 {
		return "", 0, fmt.Errorf("nats.embedded.listen %q has no usable port; write 127.0.0.1:4222", listen)
	}
	if port == 0 {
		port = server.RANDOM_PORT
	}
	return host, port, nil
}

// URL is where a client connects.
func (s *Server) URL() string { return s.server.ClientURL() }

// Close stops the server and waits until its files are closed.
func (s *Server) Close() {
	s.server.Shutdown()
	s.server.WaitForShutdown()
}

// serverLog takes the server's lines to slog, and keeps the one for which it gave up.
type serverLog struct {
	log   *slog.Logger
	fatal atomic.Pointer[string]
}

// Noticef writes a notice; the server has many, so they are for debugging.
func (l *serverLog) Noticef(format string, v ...any) { l.log.Debug(fmt.Sprintf(format, v...)) }

// Warnf writes a warning.
func (l *serverLog) Warnf(format string, v ...any) { l.log.Warn(fmt.Sprintf(format, v...)) }

// Errorf writes an error.
func (l *serverLog) Errorf(format string, v ...any) { l.log.Error(fmt.Sprintf(format, v...)) }

// Fatalf keeps the reason for which the server does not start; Embedded returns it.
func (l *serverLog) Fatalf(format string, v ...any) {
	text := fmt.Sprintf(format, v...)
	l.fatal.CompareAndSwap(nil, &text)
}

// Debugf writes a line for debugging.
func (l *serverLog) Debugf(format string, v ...any) { l.log.Debug(fmt.Sprintf(format, v...)) }

// Tracef writes a line for debugging.
func (l *serverLog) Tracef(format string, v ...any) { l.log.Debug(fmt.Sprintf(format, v...)) }
