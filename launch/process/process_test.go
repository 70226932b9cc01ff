package process_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"teal.dev/teal/daemon"
	"teal.dev/teal/daemon/daemontest"
	"teal.dev/teal/launch/process"
	"teal.dev/teal/release"
)

func TestConformance(t *testing.T) {
	daemontest.TestLauncher(t, func(t *testing.T) daemontest.LauncherBench {
		h := newHouse(t)
		return daemontest.LauncherBench{
			Open:  func(*testing.T) daemon.Launcher { return h.open() },
			Green: h.write("v1", patient), Blue: h.write("v2", patient), Stubborn: h.write("v3", stubborn),
			Ready: h.ready, Count: h.count,
			Forget: func(_ *testing.T, slot release.Slot) { h.edit(slot, forget) },
			Misdirect: func(_ *testing.T, slot release.Slot, pid int) {
				h.edit(slot, func(r map[string]any) { r["pid"] = pid })
			},
			Change: func(t *testing.T, plan release.Plan) func() {
				// By rename, as a deployer does it: the file that runs cannot be written to.
				path := h.executable(string(plan.Version))
				require.NoError(t, os.Rename(path, path+".old"))
				require.NoError(t, os.WriteFile(path, []byte(patient+"# and more\n"), 0o755))
				return func() { require.NoError(t, os.Rename(path+".old", path)) }
			},
			Configure: func(t *testing.T) {
				h.config.Root, h.config.Command = filepath.Join(t.TempDir(), "elsewhere"), []string{"bin/app2"}
			},
		}
	})
}

func forget(record map[string]any) {
	delete(record, "pid")
	delete(record, "started")
}

func requireFault(t *testing.T, err error, class release.Class, code string, parts ...string) {
	t.Helper()
	fault, ok := errors.AsType[*release.Fault](err)
	require.True(t, ok, "%v", err)
	require.Equal(t, class, fault.Class)
	require.Equal(t, code, fault.Code)
	for _, part := range parts {
		require.Contains(t, fault.Text, part)
	}
}

func TestTheChildsWorld(t *testing.T) {
	t.Setenv("SECRET_OF_TEAL", "canary")
	h := newHouse(t)
	h.config.Env = map[string]string{"DATABASE_URL": "file:shop.dsn", "QUOTED": "a b;$(echo no)"}
	h.config.Secret = func(_ context.Context, value string) (string, error) {
		return strings.ReplaceAll(value, "file:shop.dsn", "postgres://x"), nil
	}
	plan := h.write("v1", "#!/bin/sh\nenv\necho args=\"$1\"\necho cwd=$(pwd)\necho done\nexec sleep 600\n")
	inherited, err := syscall.Open("/dev/null", syscall.O_RDONLY, 0) // as a supervisor would leave one to us
	require.NoError(t, err)
	defer syscall.Close(inherited)
	l := h.start(release.B, plan)
	log := filepath.Join(h.config.LogDir, h.config.App+".b.log")
	require.Eventually(t, func() bool {
		text, err := os.ReadFile(log)
		return err == nil && strings.Contains(string(text), "done\n")
	}, 20*time.Second, 10*time.Millisecond)
	text, err := os.ReadFile(log)
	require.NoError(t, err)
	for _, want := range []string{"PORT=5001\n", "TEAL_SLOT=b\n", "TEAL_VERSION=v1\n", "TEAL_RELEASE=id-v1\n", "TEAL_APP=" + h.config.App + "\n", "TEAL_LAUNCH=",
		"DATABASE_URL=postgres://x\n", "QUOTED=a b;$(echo no)\n", "PATH=", "LANG=", "args=an argument; $(false)\n", "cwd=" + filepath.Join(h.config.Root, "v1") + "\n"} {
		require.Contains(t, string(text), want)
	}
	require.NotContains(t, string(text), "canary")

	seen, err := l.Observe(t.Context(), release.B)
	require.NoError(t, err)
	require.Eventually(t, func() bool { // the shell is gone with its own descriptors
		name, err := os.ReadFile("/proc/" + strconv.Itoa(seen.PID) + "/comm")
		return err == nil && string(name) == "sleep\n"
	}, 20*time.Second, 10*time.Millisecond)
	fds, err := os.ReadDir("/proc/" + strconv.Itoa(seen.PID) + "/fd")
	require.NoError(t, err)
	require.Len(t, fds, 3, "nothing of ours but the log is open in the child")
}

// TestMain can also be a teal that starts a version and is then killed.
func TestMain(m *testing.M) {
	if text := os.Getenv("LAUNCH_TEST_TEAL"); text != "" {
		if err := startAndWait(text); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
	}
	os.Exit(m.Run())
}

type order struct {
	Config process.Config
	Plan   release.Plan
}

func startAndWait(text string) error {
	var o order
	if err := json.Unmarshal([]byte(text), &o); err != nil {
		return err
	}
	l, err := process.New(o.Config)
	if err != nil {
		return err
	}
	if err := l.Start(context.Background(), release.A, o.Plan); err != nil {
		return err
	}
	fmt.Println("started")
	select {}
}

func TestTheChildSurvivesTheDeathOfTeal(t *testing.T) {
	h := newHouse(t)
	plan := h.write("v1", patient)
	config := h.config
	config.Secret = nil
	text, err := json.Marshal(order{Plan: plan, Config: config})
	require.NoError(t, err)
	teal := exec.Command(os.Args[0])
	teal.Env = append(os.Environ(), "LAUNCH_TEST_TEAL="+string(text))
	teal.Stderr = os.Stderr
	teal.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	out, err := teal.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, teal.Start())
	line := make([]byte, len("started"))
	_, err = io.ReadFull(out, line)
	require.NoError(t, err)
	require.NoError(t, syscall.Kill(-teal.Process.Pid, syscall.SIGKILL)) // the whole group, as a terminal or a supervisor may
	require.Error(t, teal.Wait())

	l := h.open()
	seen, err := l.Observe(t.Context(), release.A)
	require.NoError(t, err)
	require.Equal(t, release.Yes, seen.Running)
	require.Equal(t, plan.Version, seen.Version)
	require.Equal(t, 1, h.count(t, release.A))
	require.NoError(t, l.Stop(t.Context(), release.A, 20*time.Second))
	require.Equal(t, 0, h.count(t, release.A))
}

func TestStartRefuses(t *testing.T) {
	h := newHouse(t)
	plan := h.write("v1", patient)
	l := h.open()
	for _, ref := range []string{"", ".", "..", "../v1", "v1/", "/v1", "a/b", `a\b`} {
		bad := plan
		bad.Artifact.Ref = ref
		requireFault(t, l.Start(t.Context(), release.A, bad), release.Permanent, "artifact_ref")
	}
	gone := plan
	gone.Artifact.Ref = "v9"
	requireFault(t, l.Start(t.Context(), release.A, gone), release.Permanent, "artifact_missing", h.executable("v9"))
	image := plan
	image.Artifact.Kind = "oci"
	requireFault(t, l.Start(t.Context(), release.A, image), release.Permanent, "artifact_kind")
	requireFault(t, l.Start(t.Context(), release.Slot("c"), plan), release.Permanent, "slot_unknown")

	require.NoError(t, os.Chmod(h.executable("v1"), 0o757))
	requireFault(t, l.Start(t.Context(), release.A, plan), release.Permanent, "artifact_writable", "chmod o-w")
	require.NoError(t, os.Chmod(h.executable("v1"), 0o644))
	requireFault(t, l.Start(t.Context(), release.A, plan), release.Permanent, "artifact_refused", "chmod +x")
	require.NoError(t, os.Chmod(h.executable("v1"), 0o755))
	require.NoError(t, os.Chmod(filepath.Join(h.config.Root, "v1"), 0o777))
	requireFault(t, l.Start(t.Context(), release.A, plan), release.Permanent, "artifact_writable")

	outside := h.write("v2", patient)
	require.NoError(t, os.Remove(h.executable("v2")))
	require.NoError(t, os.Symlink("/bin/sleep", h.executable("v2")))
	requireFault(t, l.Start(t.Context(), release.A, outside), release.Permanent, "artifact_refused")

	requireFault(t, l.Start(t.Context(), release.A, h.write("v3", "not a program")), release.Permanent, "exec_failed", "#!")
	requireFault(t, l.Start(t.Context(), release.A, h.write("v4", "#!/no/such/shell\n")), release.Permanent, "exec_failed", "interpreter")
	seen, err := l.Observe(t.Context(), release.A)
	require.NoError(t, err)
	require.Equal(t, release.No, seen.Running)
}

func TestNewRefuses(t *testing.T) {
	for name, change := range map[string]func(*process.Config){
		"command":  func(c *process.Config) { c.Command = []string{"/bin/sh"} },
		"root":     func(c *process.Config) { c.Root = "releases" },
		"PORT":     func(c *process.Config) { c.Env = map[string]string{"PORT": "1"} },
		"TEAL_":    func(c *process.Config) { c.Env = map[string]string{"TEAL_SLOT": "a"} },
		"address":  func(c *process.Config) { c.Slots = map[release.Slot]string{release.A: "5000"} },
		"name":     func(c *process.Config) { c.App = "../shop" },
		"no-such-": func(c *process.Config) { c.User = "no-such-user" },
	} {
		h := newHouse(t)
		change(&h.config)
		_, err := process.New(h.config)
		require.ErrorContains(t, err, name)
	}
}

func TestItRunsAsAnotherUser(t *testing.T) {
	h := newHouse(t)
	if os.Geteuid() != 0 {
		h.config.User = "root"
		_, err := process.New(h.config)
		require.ErrorContains(t, err, "only root")
		return
	}
	dir, err := os.MkdirTemp("", "teal-user-") // t.TempDir is closed to others
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, os.RemoveAll(dir)) })
	require.NoError(t, os.Chmod(dir, 0o755))
	h.config.Root = filepath.Join(dir, "root")
	h.config.User = "nobody"
	plan := h.write("v1", "#!/bin/sh\necho \"i am $(id -un) in $(id -Gn), ready $$\"\nexec sleep 600\n")
	l := h.start(release.A, plan)
	h.ready(t, release.A)
	text, err := os.ReadFile(filepath.Join(h.config.LogDir, h.config.App+".a.log"))
	require.NoError(t, err)
	require.Contains(t, string(text), "i am nobody in nogroup,")
	require.NoError(t, l.Stop(t.Context(), release.A, 20*time.Second))
}

func TestSecretErrorIsNotAVerdict(t *testing.T) {
	h := newHouse(t)
	h.config.Env = map[string]string{"X": "file:gone"}
	plan := h.write("v1", patient)
	h.config.Secret = func(context.Context, string) (string, error) { return "", os.ErrNotExist }
	err := h.open().Start(t.Context(), release.A, plan)
	require.ErrorIs(t, err, os.ErrNotExist)
	_, isFault := errors.AsType[*release.Fault](err)
	require.False(t, isFault, "a missing secret may come back")
}

func TestADeadChildIsReapedAndStartedAnew(t *testing.T) {
	h := newHouse(t)
	plan := h.write("v1", patient)
	l := h.start(release.A, plan)
	first, err := l.Observe(t.Context(), release.A)
	require.NoError(t, err)
	process, err := os.FindProcess(first.PID)
	require.NoError(t, err)
	require.NoError(t, process.Kill())
	require.Eventually(t, func() bool {
		_, err := os.Stat("/proc/" + strconv.Itoa(first.PID))
		return errors.Is(err, os.ErrNotExist)
	}, 20*time.Second, 10*time.Millisecond, "the zombie is reaped")
	seen, err := l.Observe(t.Context(), release.A)
	require.NoError(t, err)
	require.Equal(t, release.No, seen.Running)
	// Its child "sleep" is still there, with the token: it goes before the next start.
	require.NoError(t, l.Start(t.Context(), release.A, plan))
	second, err := l.Observe(t.Context(), release.A)
	require.NoError(t, err)
	require.Equal(t, release.Yes, second.Running)
	require.NotEqual(t, first.PID, second.PID)
	require.Equal(t, 1, h.count(t, release.A))
}

func TestARecordOfAnotherBootClaimsNothing(t *testing.T) {
	h := newHouse(t)
	plan := h.write("v1", patient)
	l := h.start(release.A, plan)
	var boot any
	h.edit(release.A, func(r map[string]any) { boot, r["boot"] = r["boot"], "another" })
	seen, err := h.open().Observe(t.Context(), release.A)
	require.NoError(t, err)
	require.Equal(t, release.No, seen.Running)
	h.edit(release.A, func(r map[string]any) { r["boot"] = boot })
	seen, err = l.Observe(t.Context(), release.A)
	require.NoError(t, err)
	require.Equal(t, release.Yes, seen.Running)
}

func TestADamagedRecordIsUnproven(t *testing.T) {
	h := newHouse(t)
	plan := h.write("v1", patient)
	l := h.open()
	path := filepath.Join(h.config.StateDir, h.config.App+".a.json")
	require.NoError(t, os.WriteFile(path, []byte(`{"token":`), 0o600))
	_, err := l.Observe(t.Context(), release.A)
	requireFault(t, err, release.Unproven, "launch_record", path)
	requireFault(t, l.Start(t.Context(), release.A, plan), release.Unproven, "launch_record")
	requireFault(t, l.Stop(t.Context(), release.A, 0), release.Unproven, "launch_record")
}
