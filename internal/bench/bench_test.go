package bench

import (
	"context"
	"crypto/rand"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"teal.dev/teal/events"
	"teal.dev/teal/events/jetstream"
	"teal.dev/teal/haproxy"
	"teal.dev/teal/internal/lab"
	"teal.dev/teal/internal/lab/labtest"
	"teal.dev/teal/release"
)

const apps = 10

func TestMain(m *testing.M) { labtest.Main(m) }

// town is a real HAProxy and a daemon with ten apps, as a process of its own.
type town struct {
	dir, config, http, nats string
	cmd                     *exec.Cmd
}

// newTown builds teal, starts HAProxy and writes the config; the daemon is started by serve.
func newTown(b *testing.B) *town {
	l := labtest.Lab(b)
	t := &town{dir: l.Dir(), config: filepath.Join(l.Dir(), "config")}
	out, err := exec.Command("go", "build", "-o", filepath.Join(t.dir, "teal"), "teal.dev/teal/cmd/teal").CombinedOutput()
	require.NoError(b, err, string(out))
	example := haproxy.ExampleConfig{Socket: "{socket}", Bind: map[string]string{}}
	for i := range apps {
		app := t.app(l, i)
		example.Apps = append(example.Apps, app)
		example.Bind[app.Name] = fmt.Sprintf("127.0.0.1:%d", l.FreePort())
	}
	h, err := l.HAProxy(b.Context(), haproxy.Example(example))
	require.NoError(b, err)
	t.http, t.nats = fmt.Sprintf("127.0.0.1:%d", l.FreePort()), fmt.Sprintf("127.0.0.1:%d", l.FreePort())
	t.write(b, "teal.yaml", fmt.Sprintf(`version: 1
name: bench
nats: {embedded: {listen: %q, dir: %s}}
store: {sqlite: %s}
listen: {http: %q, socket: %s}
access: {admin: ["uid:%d"]}
haproxy: {lb1: {socket: %s, master: %s}}
`, t.nats, t.dir+"/nats", t.dir+"/state/teal.db", t.http, t.dir+"/teal.sock", os.Getuid(), h.Socket, h.Master))
	for i, app := range example.Apps {
		t.write(b, fmt.Sprintf("apps/app%d.yaml", i), fmt.Sprintf(`version: 1
slots: {a: {address: %q}, b: {address: %q}}
launch: {process: {root: %s, command: [bin/app]}}
traffic: {nodes: [lb1], map: {file: %s, name: %s}}
release: {allow_unsigned: true}
`, app.Slots[release.A], app.Slots[release.B], t.dir+"/releases", app.MapFile, app.MapFile))
	}
	return t
}

func (t *town) app(l *lab.Lab, i int) haproxy.App {
	name := fmt.Sprintf("app%d", i)
	file := filepath.Join(t.dir, name+".map")
	_ = haproxy.EnsureMapFile(file) // HAProxy's own error names a missing file
	return haproxy.App{Name: name, MapFile: file, MapName: file, Slots: map[release.Slot]string{
		release.A: fmt.Sprintf("127.0.0.1:%d", l.FreePort()), release.B: fmt.Sprintf("127.0.0.1:%d", l.FreePort())}}
}

func (t *town) write(b *testing.B, name, text string) {
	path := filepath.Join(t.config, name)
	require.NoError(b, os.MkdirAll(filepath.Dir(path), 0o755))
	require.NoError(b, os.WriteFile(path, []byte(text), 0o600))
}

// serve starts the daemon and returns how long it took until it was ready.
func (t *town) serve(b *testing.B) time.Duration {
	log, err := os.OpenFile(filepath.Join(t.dir, "teal.log"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	require.NoError(b, err)
	defer log.Close()
	t.cmd = exec.Command(filepath.Join(t.dir, "teal"), "serve", "--config", t.config)
	t.cmd.Stdout, t.cmd.Stderr = log, log
	begin := time.Now()
	require.NoError(b, t.cmd.Start())
	require.Eventually(b, func() bool {
		answer, err := http.Get("http://" + t.http + "/readyz")
		if err != nil {
			return false
		}
		defer answer.Body.Close()
		return answer.StatusCode == http.StatusOK
	}, 30*time.Second, time.Millisecond, "see %s/teal.log", t.dir)
	return time.Since(begin)
}

// kill ends the daemon without warning.
func (t *town) kill(b *testing.B) {
	require.NoError(b, t.cmd.Process.Signal(syscall.SIGKILL))
	_ = t.cmd.Wait() // it was killed
}

// BenchmarkAccepted is the time from publishing an event to its accepted outcome on the stream, and the machine's
// fsync floor beside it.
func BenchmarkAccepted(b *testing.B) {
	t := newTown(b)
	t.serve(b)
	defer t.kill(b)
	bus, err := jetstream.Connect(jetstream.Config{Name: "bench", URL: "nats://" + t.nats})
	require.NoError(b, err)
	defer bus.Close()
	var took []time.Duration
	for n := range 30 {
		took = append(took, t.accept(b, bus, fmt.Sprintf("app%d", n%apps)))
	}
	report(b, "accepted", took)
	report(b, "fsync", fsyncs(b, t.dir))
	b.ReportMetric(float64(median(took))/float64(median(fsyncs(b, t.dir))), "x-fsync")
}

// accept publishes one event and waits for its accepted outcome.
func (t *town) accept(b *testing.B, bus *jetstream.Bus, app string) time.Duration {
	now := time.Now()
	id, err := events.NewID(now, rand.Reader)
	require.NoError(b, err)
	body, err := events.NewRequest(id, "bench", now, events.Data{App: app, Version: "v1", Audience: "bench", ExpiresAt: now.Add(time.Hour),
		Migrations: &events.Migrations{Kind: "none"}})
	require.NoError(b, err)
	ctx, cancel := context.WithTimeout(b.Context(), 20*time.Second)
	defer cancel()
	watch, err := bus.Watch(ctx, app, id)
	require.NoError(b, err)
	defer watch.Close()
	begin := time.Now()
	_, err = bus.Request(ctx, app, id, body)
	require.NoError(b, err)
	var took time.Duration
	require.NoError(b, watch.Each(ctx, 0, func(o events.OutcomeData) bool {
		took = time.Since(begin)
		require.Equal(b, release.OutAccepted, o.Type, o.Text)
		return false
	}))
	return took
}

// BenchmarkResumed is the time from the start of a daemon that was killed to its being ready again.
func BenchmarkResumed(b *testing.B) {
	t := newTown(b)
	var took []time.Duration
	for range 5 {
		took = append(took, t.serve(b))
		t.kill(b)
	}
	report(b, "resumed", took)
	report(b, "fsync", fsyncs(b, t.dir))
}

// BenchmarkIdle is what a daemon with embedded NATS and ten apps costs when nothing happens.
func BenchmarkIdle(b *testing.B) {
	t := newTown(b)
	t.serve(b)
	defer t.kill(b)
	const span = 10 * time.Second
	<-time.After(5 * time.Second) // what the start left behind is not idleness
	before := cpu(b, t.cmd.Process.Pid)
	<-time.After(span)
	used := cpu(b, t.cmd.Process.Pid) - before
	b.ReportMetric(100*used.Seconds()/span.Seconds(), "%core")
	b.ReportMetric(resident(b, t.cmd.Process.Pid), "MB-resident")
	b.ReportMetric(apps, "apps")
}

// cpu is the processor time that a process has used.
func cpu(b *testing.B, pid int) time.Duration {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	require.NoError(b, err)
	fields := strings.Fields(string(text[strings.LastIndexByte(string(text), ')'):]))
	user, err := strconv.Atoi(fields[12])
	require.NoError(b, err)
	system, err := strconv.Atoi(fields[13])
	require.NoError(b, err)
	return time.Duration(user+system) * 10 * time.Millisecond // USER_HZ is 100 on Linux
}

// resident is the resident memory of a process in MB.
func resident(b *testing.B, pid int) float64 {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	require.NoError(b, err)
	_, rest, found := strings.Cut(string(text), "VmRSS:")
	require.True(b, found)
	kb, err := strconv.ParseFloat(strings.Fields(rest)[0], 64)
	require.NoError(b, err)
	return kb / 1024
}

// fsyncs is the floor: append and fdatasync of one record in the same file system.
func fsyncs(b *testing.B, dir string) []time.Duration {
	f, err := os.Create(filepath.Join(dir, "floor"))
	require.NoError(b, err)
	defer f.Close()
	var took []time.Duration
	for range 50 {
		begin := time.Now()
		_, err := f.Write(make([]byte, 2048))
		require.NoError(b, err)
		require.NoError(b, syscall.Fdatasync(int(f.Fd())))
		took = append(took, time.Since(begin))
	}
	return took
}

func median(list []time.Duration) time.Duration {
	sorted := slices.Sorted(slices.Values(list))
	return sorted[len(sorted)/2]
}

func report(b *testing.B, name string, took []time.Duration) {
	b.ReportMetric(float64(median(took).Microseconds())/1000, "ms-"+name)
}
