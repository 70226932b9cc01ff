package haproxy

import (
	"context"
	"net"
	"sync"
	"sync/atomic"
	"time"
)

// NodeConfig tells how to reach one HAProxy. Zero values have useful defaults.
type NodeConfig struct {
	Name   string
	Socket string // path of the runtime API's unix socket, level admin
	Master string // path of the master's socket; "" = old workers cannot be reached

	Timeout  time.Duration // for one exchange, from dial to end of answer; 1 s
	Patience time.Duration // for draining a connection whose command was not answered in time; 10 m

	Dial       func(context.Context) (net.Conn, error) // instead of Socket
	DialMaster func(context.Context) (net.Conn, error) // instead of Master
}

// Node is one HAProxy, shared by all apps that it serves.
type Node struct {
	cfg         NodeConfig
	life        context.Context // ends with Close; only drained connections live that long
	end         context.CancelFunc
	outstanding atomic.Int32

	mu     sync.Mutex
	subs   map[string]*subscription // what a poll asks for, by app
	last   *snapshot
	flight *flight
	number uint64 // of the last snapshot
	stale  uint64 // snapshots begun up to this number were taken before a change that we made
	fails  int
	after  time.Time // no poll before this, after failures
}

// NewNode makes a node; nothing is dialled before the first question.
func NewNode(cfg NodeConfig) *Node {
	if cfg.Timeout <= 0 {
		cfg.Timeout = time.Second
	}
	if cfg.Patience <= 0 {
		cfg.Patience = 10 * time.Minute
	}
	if cfg.Dial == nil {
		cfg.Dial = dialUnix(cfg.Socket)
	}
	if cfg.DialMaster == nil && cfg.Master != "" {
		cfg.DialMaster = dialUnix(cfg.Master)
	}
	n := &Node{cfg: cfg, subs: map[string]*subscription{}}
	n.life, n.end = context.WithCancel(context.Background())
	return n
}

// Name is the node's name in teal.yaml.
func (n *Node) Name() string { return n.cfg.Name }

// Close ends the connections that are still being drained. What their commands do is beyond anybody's reach.
func (n *Node) Close() { n.end() }

func dialUnix(path string) func(context.Context) (net.Conn, error) {
	return func(ctx context.Context) (net.Conn, error) {
		var d net.Dialer
		return d.DialContext(ctx, "unix", path)
	}
}
