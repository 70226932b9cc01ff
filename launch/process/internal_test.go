package process

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"teal.dev/teal/release"
)

func TestParseStat(t *testing.T) {
	one, err := parseStat("42 (a) S 9 (x) R 1 41 40 0 -1 4194560 1 0 0 0 0 0 0 0 20 0 1 0 777 0 0")
	require.NoError(t, err)
	require.Equal(t, process{pid: 42, state: 'R', group: 41, session: 40, started: 777}, one)
	for _, bad := range []string{"", "42", "42 (a)", "42 (a) R 1", "x (a) R 1 41 40 0 -1 0 1 0 0 0 0 0 0 0 20 0 1 0 777"} {
		_, err := parseStat(bad)
		require.Error(t, err, bad)
	}
	self, err := proc{root: "/proc"}.look(os.Getpid())
	require.NoError(t, err)
	require.Equal(t, os.Getpid(), self.pid)
	require.NotZero(t, self.started)
}

func TestIdentityNeedsEveryPart(t *testing.T) {
	cmd := exec.Command("sleep", "600")
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	cmd.Env = []string{"PATH=/usr/bin:/bin", tokenName + "=mine"}
	require.NoError(t, cmd.Start())
	p, pid := proc{root: "/proc"}, cmd.Process.Pid
	require.Eventually(t, func() bool { // exec shows the environment a moment after it has succeeded
		_, found := p.token(pid)
		return found
	}, 20*time.Second, time.Millisecond)
	one, err := p.look(pid)
	require.NoError(t, err)
	require.True(t, p.is(pid, one.started, "mine"))
	require.False(t, p.is(pid, one.started+1, "mine"), "the number was used again")
	require.False(t, p.is(pid, one.started, "another"), "another launch")
	self, err := p.look(os.Getpid())
	require.NoError(t, err)
	require.False(t, p.is(os.Getpid(), self.started, "mine"), "not a session of its own")
	require.NoError(t, cmd.Process.Kill())
	require.Eventually(t, func() bool { return !p.is(pid, one.started, "mine") }, 20*time.Second, time.Millisecond, "a zombie is gone")
	require.Error(t, cmd.Wait())
}

func FuzzParseStat(f *testing.F) {
	f.Add("42 (a) S 9 (x) R 1 41 40 0 -1 4194560 1 0 0 0 0 0 0 0 20 0 1 0 777 0 0")
	f.Add("1 () R")
	f.Fuzz(func(t *testing.T, line string) {
		if one, err := parseStat(line); err == nil && one.pid <= 0 {
			t.Errorf("process id %d", one.pid)
		}
	})
}

func FuzzParseRecord(f *testing.F) {
	f.Add([]byte(`{"token":"t","boot":"b","pid":7,"started":9,"plan":{"release":"r"}}`))
	f.Add([]byte(`{"token":"t"}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		// 1 and below would make kill(2) hit init, our own group or everybody.
		if r, err := parseRecord(text); err == nil && (r.PID < 0 || r.PID == 1 || r.Token == "") {
			t.Errorf("%+v", r)
		}
	})
}

func TestInContainer(t *testing.T) {
	root := t.TempDir()
	require.False(t, inContainer(root))
	require.NoError(t, os.MkdirAll(filepath.Join(root, "proc/1"), 0o755))
	groups := filepath.Join(root, "proc/1/cgroup")
	require.NoError(t, os.WriteFile(groups, []byte("0::/init.scope\n"), 0o644))
	require.False(t, inContainer(root))
	require.NoError(t, os.WriteFile(groups, []byte("0::/kubepods/burstable/pod1\n"), 0o644))
	require.True(t, inContainer(root))
	require.NoError(t, os.Remove(groups))
	require.NoError(t, os.WriteFile(filepath.Join(root, ".dockerenv"), nil, 0o644))
	require.True(t, inContainer(root))
}

func TestTheLogIsBounded(t *testing.T) {
	dir := t.TempDir()
	l := &Launcher{config: Config{App: "shop", LogDir: dir}, logLimit: 100}
	path := filepath.Join(dir, "shop.a.log")
	require.NoError(t, l.rotate(release.A), "no log yet")
	output, err := os.OpenFile(path, os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
	require.NoError(t, err)
	defer output.Close()
	_, err = output.WriteString(strings.Repeat("old ", 100) + strings.Repeat("x", 100))
	require.NoError(t, err)
	require.NoError(t, l.rotate(release.A))
	_, err = output.WriteString("new")
	require.NoError(t, err)
	now, err := os.ReadFile(path)
	require.NoError(t, err)
	require.Equal(t, "new", string(now), "the writer goes on at the start of the emptied file")
	kept, err := os.ReadFile(path + ".1")
	require.NoError(t, err)
	require.Equal(t, strings.Repeat("x", 100), string(kept))
}
