// Package haproxytest is a runtime API of HAProxy in memory, with the real one's rules for map versions and workers, and with
// faults on demand; it knows the wire, and refuses to know what teal wants of it.
package haproxytest

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
)

// Backend is what show stat says of one back-end with one server.
type Backend struct {
	Status      string // "UP", "UP 1/2", "DOWN", …
	Sessions    int
	Responses   int // of the server, 2xx
	Failures    int // of the server, 5xx
	Unconnected int
	Own         int // 5xx that HAProxy answered itself
}

// Fake is one HAProxy. Its methods may be called from any goroutine.
type Fake struct {
	mu       sync.Mutex
	file     string // read by every new worker
	name     string // of the map
	backends map[string]Backend
	worker   *worker
	old      []*worker
	down     bool
	pids     int
	faults   []*Fault
	release  chan struct{}
	served   int
	commands []string
}

// worker is one process: its map and versions end with it.
type worker struct {
	pid        int
	entries    []entry
	curr, next uint64
}

type entry struct {
	version    uint64
	key, value string
}

// New makes a running HAProxy with one map, read from file at every start ("" = nothing is read).
func New(mapName, file string, backends ...string) *Fake {
	f := &Fake{file: file, name: mapName, backends: map[string]Backend{}, pids: 100, release: make(chan struct{})}
	for _, b := range backends {
		f.backends[b] = Backend{Status: "UP"}
	}
	f.worker = f.start()
	return f
}

// start makes a worker from what is on disk.
func (f *Fake) start() *worker {
	f.pids++
	w := &worker{pid: f.pids}
	if f.file == "" {
		return w
	}
	content, err := os.ReadFile(f.file)
	if err != nil {
		return w
	}
	for line := range strings.Lines(string(content)) {
		if key, value, ok := strings.Cut(strings.TrimSpace(line), " "); ok {
			w.entries = append(w.entries, entry{key: key, value: value})
		}
	}
	return w
}

// Restart ends every worker and starts a new one: amnesia but for the map file.
func (f *Fake) Restart() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.old, f.down = nil, false
	f.worker = f.start()
}

// Reload starts a new worker; the old one lives on behind the master's socket.
func (f *Fake) Reload() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.old = append(f.old, f.worker)
	f.worker = f.start()
}

// Stop makes every dial fail until Restart.
func (f *Fake) Stop() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.down = true
}

// Set gives a back-end its numbers.
func (f *Fake) Set(name string, b Backend) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.backends[name] = b
}

// Remove takes a back-end out of the configuration.
func (f *Fake) Remove(name string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	delete(f.backends, name)
}

// Rename makes the map known by another name only.
func (f *Fake) Rename(mapName string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.name = mapName
}

// Tamper changes a key of the live worker's map behind everybody's back; an empty value removes it.
func (f *Fake) Tamper(key, value string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	w := f.worker
	w.entries = slices.DeleteFunc(w.entries, func(e entry) bool { return e.key == key && e.version == w.curr })
	if value != "" {
		w.entries = append(w.entries, entry{version: w.curr, key: key, value: value})
	}
}

// Lookup is what traffic would see: the first line of the key in the live worker's map.
func (f *Fake) Lookup(key string) string {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.worker.lookup(key)
}

// OldLookup is what the connections of the n-th old worker would see.
func (f *Fake) OldLookup(n int, key string) string {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.old[n].lookup(key)
}

func (w *worker) lookup(key string) string {
	for _, e := range w.entries {
		if e.key == key && e.version == w.curr {
			return e.value
		}
	}
	return ""
}

// Served is the number of connections that were answered or faulted, and Commands what was executed, in order.
func (f *Fake) Served() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.served
}

// Commands lists every command that was executed on the runtime socket.
func (f *Fake) Commands() []string {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Clone(f.commands)
}

// Dial is a connection to the runtime API.
func (f *Fake) Dial(ctx context.Context) (net.Conn, error) { return f.dial(ctx, f.Serve) }

// DialMaster is a connection to the master's socket.
func (f *Fake) DialMaster(ctx context.Context) (net.Conn, error) { return f.dial(ctx, f.ServeMaster) }

func (f *Fake) dial(ctx context.Context, serve func(net.Conn)) (net.Conn, error) {
	f.mu.Lock()
	down := f.down
	f.mu.Unlock()
	if down {
		return nil, &net.OpError{Op: "dial", Net: "unix", Err: fmt.Errorf("connect: connection refused")}
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	client, server := net.Pipe()
	go serve(server)
	return client, nil
}

// Listen serves the runtime API on a unix socket until the listener is closed.
func (f *Fake) Listen(path string) (net.Listener, error) {
	l, err := net.Listen("unix", path)
	if err != nil {
		return nil, err
	}
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			go f.Serve(conn)
		}
	}()
	return l, nil
}

// Serve answers one line on a connection, as the worker that is live when the line is read.
func (f *Fake) Serve(conn net.Conn) {
	defer conn.Close()
	line, err := bufio.NewReader(conn).ReadString('\n')
	if err != nil {
		return
	}
	f.mu.Lock()
	f.served++
	fault := f.match(line)
	w := f.worker
	f.mu.Unlock()
	if fault != nil {
		f.misbehave(conn, w, line, fault)
		return
	}
	io.WriteString(conn, f.execute(w, line)) //nolint:errcheck // the client may be gone
}

// ServeMaster answers the master's socket: show proc, and commands with an @!<pid> prefix.
func (f *Fake) ServeMaster(conn net.Conn) {
	defer conn.Close()
	line, err := bufio.NewReader(conn).ReadString('\n')
	if err != nil {
		return
	}
	line = strings.TrimSpace(line)
	if line == "show proc" {
		io.WriteString(conn, f.processes()) //nolint:errcheck
		return
	}
	prefix, _, _ := strings.Cut(line, " ")
	pid, err := strconv.Atoi(strings.TrimPrefix(prefix, "@!"))
	f.mu.Lock()
	all := append(slices.Clone(f.old), f.worker)
	f.mu.Unlock()
	at := slices.IndexFunc(all, func(w *worker) bool { return w.pid == pid })
	if err != nil || at < 0 {
		fmt.Fprintf(conn, "Can't find the target PID matching the prefix '%s'\n", prefix)
		return
	}
	io.WriteString(conn, f.execute(all[at], strings.ReplaceAll(line, prefix+" ", ""))) //nolint:errcheck
}

func (f *Fake) processes() string {
	f.mu.Lock()
	defer f.mu.Unlock()
	var b strings.Builder
	b.WriteString("#<PID>          <type>          <reloads>       <uptime>        <version>      \n")
	b.WriteString("99              master          0 [failed: 0]   0d00h00m03s     2.6.12-1+deb12u4\n# workers\n")
	fmt.Fprintf(&b, "%-15d worker          0               0d00h00m03s     2.6.12-1+deb12u4\n", f.worker.pid)
	if len(f.old) > 0 {
		b.WriteString("# old workers\n")
	}
	for _, w := range f.old {
		fmt.Fprintf(&b, "%-15d worker          1               0d00h00m09s     2.6.12-1+deb12u4\n", w.pid)
	}
	return b.String() + "# programs\n\n"
}
