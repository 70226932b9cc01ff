package lab_test

import (
	"context"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"teal.dev/teal/internal/lab"
	"teal.dev/teal/internal/lab/labtest"
)

func TestMain(m *testing.M) {
	if os.Getenv("LAB_TEST_CHILD") != "" {
		child()
	}
	labtest.Main(m)
}

// child starts servers, tells their process ids, and then waits to be killed.
func child() {
	l, err := lab.New("")
	if err != nil {
		panic(err)
	}
	p, err := l.Postgres(context.Background(), "fsync=off")
	if err != nil {
		panic(err)
	}
	h, err := l.HAProxy(context.Background(), strings.ReplaceAll(config, "{port}", strconv.Itoa(l.FreePort())))
	if err != nil {
		panic(err)
	}
	pid, err := os.ReadFile(filepath.Join(l.Dir(), "postgres1", "data", "postmaster.pid"))
	if err != nil {
		panic(err)
	}
	first, _, _ := strings.Cut(string(pid), "\n")
	os.Stdout.WriteString(first + " " + strconv.Itoa(h.PID()) + " " + strconv.Itoa(p.Port()) + "\n")
	_, _ = io.Copy(io.Discard, os.Stdin)
	os.Exit(0)
}

const config = `
global
    stats socket {socket} mode 600 level admin
defaults
    mode http
    timeout client 5s
    timeout connect 1s
    timeout server 5s
frontend front
    bind 127.0.0.1:{port}
    http-request return status 200 content-type text/plain string "hello"
`

func TestPostgresGivesEachTestItsOwnDatabase(t *testing.T) {
	first, second := labtest.Postgres(t), labtest.Postgres(t)
	require.NotEqual(t, first, second)
	for _, dsn := range []string{first, second} {
		conn, err := pgx.Connect(t.Context(), dsn)
		require.NoError(t, err)
		_, err = conn.Exec(t.Context(), "CREATE TABLE only_here (id int)")
		require.NoError(t, err)
		require.NoError(t, conn.Close(t.Context()))
	}
}

func TestPostgresKeepsItsDataOverKillAndStart(t *testing.T) {
	p := labtest.PostgresOwn(t)
	require.NoError(t, p.CreateDatabase(t.Context(), "shop"))
	require.NoError(t, p.Kill())
	_, err := pgx.Connect(t.Context(), p.DSN("shop"))
	require.Error(t, err)
	require.NoError(t, p.Start(t.Context()))
	conn, err := pgx.Connect(t.Context(), p.DSN("shop"))
	require.NoError(t, err)
	require.NoError(t, conn.Close(t.Context()))
}

func TestPostgresFailureQuotesItsOutput(t *testing.T) {
	_, err := labtest.Lab(t).Postgres(t.Context(), "no_such_setting=1")
	require.ErrorContains(t, err, `unrecognized configuration parameter "no_such_setting"`)
}

func get(t *testing.T, port int) (string, error) {
	client := http.Client{Timeout: 2 * time.Second, Transport: &http.Transport{DisableKeepAlives: true}}
	response, err := client.Get("http://127.0.0.1:" + strconv.Itoa(port))
	if err != nil {
		return "", err
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	require.NoError(t, err)
	return string(body), nil
}

func TestHAProxyReloadsIsKilledAndStartsAgain(t *testing.T) {
	port := lab.FreePort()
	text := strings.ReplaceAll(config, "{port}", strconv.Itoa(port))
	h := labtest.HAProxy(t, text)
	body, err := get(t, port)
	require.NoError(t, err)
	require.Equal(t, "hello", body)
	workers, err := h.AskMaster("show proc")
	require.NoError(t, err)
	require.Contains(t, workers, "worker")

	require.NoError(t, h.Configure(strings.ReplaceAll(text, "hello", "again")))
	require.NoError(t, h.Reload(t.Context()))
	body, err = get(t, port)
	require.NoError(t, err)
	require.Equal(t, "again", body)

	require.NoError(t, h.Kill())
	_, err = get(t, port)
	require.Error(t, err)
	require.NoError(t, h.Start(t.Context()))
	body, err = get(t, port)
	require.NoError(t, err)
	require.Equal(t, "again", body)
}

func TestHAProxyFailureQuotesItsOutput(t *testing.T) {
	_, err := labtest.Lab(t).HAProxy(t.Context(), "global\n  stats socket {socket} level admin\n  nonsense here\n")
	require.ErrorContains(t, err, "unknown keyword 'nonsense'")
	_, err = labtest.Lab(t).HAProxy(t.Context(), "global\n")
	require.ErrorContains(t, err, "stats socket {socket}")
}

func TestCloseStopsAllAndRemovesTheDirectory(t *testing.T) {
	l, err := lab.New("")
	require.NoError(t, err)
	port := l.FreePort()
	h, err := l.HAProxy(t.Context(), strings.ReplaceAll(config, "{port}", strconv.Itoa(port)))
	require.NoError(t, err)
	require.NoError(t, l.Close())
	require.Zero(t, h.PID())
	require.NoDirExists(t, l.Dir())
	listener, err := net.Listen("tcp", "127.0.0.1:"+strconv.Itoa(port))
	require.NoError(t, err)
	require.NoError(t, listener.Close())
	require.NoError(t, l.Close(), "closing twice is allowed")
	_, err = l.HAProxy(t.Context(), config)
	require.Error(t, err)
}

func TestServersDieWithTheirParent(t *testing.T) {
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), "LAB_TEST_CHILD=1")
	cmd.Stderr = os.Stderr
	in, err := cmd.StdinPipe()
	require.NoError(t, err)
	defer in.Close()
	out, err := cmd.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, cmd.Start())
	line := make([]byte, 200)
	n, err := out.Read(line)
	require.NoError(t, err)
	fields := strings.Fields(string(line[:n]))
	require.Len(t, fields, 3)
	require.NoError(t, cmd.Process.Kill())
	_ = cmd.Wait() // "signal: killed"
	for _, pid := range fields[:2] {
		require.Eventually(t, func() bool { return gone(pid) }, 10*time.Second, 20*time.Millisecond, pid)
	}
	require.NoError(t, lab.Sweep())
	left, err := filepath.Glob(filepath.Join(os.TempDir(), "teal-lab-"+strconv.Itoa(cmd.Process.Pid)+"-*"))
	require.NoError(t, err)
	require.Empty(t, left, "Sweep removes what a killed process left")
}

// gone is true for a zombie too: in a container nobody may reap an orphan.
func gone(pid string) bool {
	stat, err := os.ReadFile("/proc/" + pid + "/stat")
	return err != nil || strings.Contains(string(stat), ") Z ")
}
