package e2e

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"syscall"
	"time"

	"github.com/stretchr/testify/require"

	"teal.dev/teal/release"
)

// background outlives the test's own context, for its end.
func background() context.Context { return context.Background() }

// daemonProcess is "teal serve" as a child, so that it can be killed like any other process.
type daemonProcess struct {
	config string
	log    string

	cmd  *exec.Cmd
	done chan struct{} // closed when the process is gone
	err  error         // valid once done is closed
}

// start begins a new process; its output goes to the end of the log.
func (d *daemonProcess) start() error {
	log, err := os.OpenFile(d.log, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	cmd := exec.Command(shared.teal, "serve", "--config", d.config)
	cmd.Stdout, cmd.Stderr = log, log
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
	done, started := make(chan struct{}), make(chan error, 1)
	go func() {
		// "End with your parent" means the parent's thread to Linux: this one lives as long as the child.
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		err := cmd.Start()
		started <- errors.Join(err, log.Close())
		if err == nil {
			d.err = cmd.Wait()
		}
		close(done)
	}()
	if err := <-started; err != nil {
		return err
	}
	d.cmd, d.done = cmd, done
	return nil
}

// ended is nil while the process lives.
func (d *daemonProcess) ended() error {
	select {
	case <-d.done:
		return fmt.Errorf("teal serve ended: %w", d.err)
	default:
		return nil
	}
}

func (d *daemonProcess) running() bool { return d.cmd != nil && d.ended() == nil }

// kill is kill -9.
func (d *daemonProcess) kill() error {
	if err := d.cmd.Process.Kill(); err != nil {
		return err
	}
	<-d.done
	return nil
}

// stop asks first.
func (d *daemonProcess) stop() error {
	if !d.running() {
		return nil
	}
	if err := d.cmd.Process.Signal(syscall.SIGTERM); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return err
	}
	timer := time.NewTimer(20 * time.Second)
	defer timer.Stop()
	select {
	case <-d.done:
		return nil
	case <-timer.C:
		return errors.Join(errors.New("teal serve did not end within 20 s of SIGTERM"), d.kill())
	}
}

// kill ends the daemon by SIGKILL. What runs in the slots must not notice.
func (w *town) kill() {
	w.t.Helper()
	pids := map[string]int{}
	status, err := w.api.Status(w.t.Context())
	require.NoError(w.t, err)
	for _, app := range status.Apps {
		if s := app.Slots[app.Live]; app.Live != release.None && s.Running == release.Yes {
			pids[app.App] = s.PID
		}
	}
	require.NoError(w.t, w.daemon.kill())
	for app, pid := range pids {
		require.NoError(w.t, syscall.Kill(pid, 0), "the live version of %s must survive teal", app)
	}
}

// command runs teal's command line; credential may be nil.
func (w *town) command(credential *syscall.Credential, args ...string) (code int, out string) {
	w.t.Helper()
	cmd := exec.CommandContext(w.t.Context(), shared.teal, args...)
	cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "HOME=/", "TEAL_CONFIG=" + w.path("config"), "TEAL_SOCKET=" + w.path("teal.sock")}
	cmd.Dir = "/"
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: credential}
	text, err := cmd.CombinedOutput()
	require.NotContains(w.t, string(text), canary)
	if exit := (*exec.ExitError)(nil); errors.As(err, &exit) {
		return exit.ExitCode(), string(text)
	}
	require.NoError(w.t, err)
	return 0, string(text)
}

// searchAnswers looks for the canary in what the daemon answers to anybody.
func (w *town) searchAnswers() {
	paths := []string{"/v1/status", "/v1/approvals", "/metrics"}
	for _, app := range w.order {
		paths = append(paths, "/v1/apps/"+app, "/v1/apps/"+app+"/plan", "/v1/apps/"+app+"/timeline?limit=1000", "/v1/history/"+app)
		past, err := w.api.History(background(), app, 50)
		if err != nil {
			w.t.Errorf("the history of %s: %v", app, err)
		}
		for _, one := range past {
			paths = append(paths, "/v1/releases/"+string(one.ID))
		}
	}
	for _, path := range paths {
		status, body := w.get(path)
		if status == 0 || status >= 500 {
			w.t.Errorf("GET %s: status %d: %s", path, status, body)
		}
		if strings.Contains(body, canary) {
			w.t.Errorf("a secret is in the answer to GET %s", path)
		}
	}
}

// searchFiles looks for the canary, and for defects, in everything that the daemon has written.
func (w *town) searchFiles() {
	for _, root := range []string{"daemon.log", "state", "nats", "maps"} {
		out, err := exec.Command("grep", "-rlaF", canary, w.path(root)).Output()
		if len(out) > 0 {
			w.t.Errorf("a secret is in %s", out)
		} else if code := (*exec.ExitError)(nil); !errors.As(err, &code) || code.ExitCode() > 1 {
			w.t.Errorf("grep %s: %v", root, err)
		}
	}
	log, err := os.ReadFile(w.path("daemon.log"))
	if err != nil {
		w.t.Error(err)
	}
	for _, defect := range []string{"DATA RACE", "panic", "defect of teal"} {
		if at := strings.Index(string(log), defect); at >= 0 {
			w.t.Errorf("the log has %q: %.2000s", defect, log[max(0, at-200):])
		}
	}
}

// tellLog shows the end of the daemon's log of a failed test.
func (w *town) tellLog() {
	log, err := os.ReadFile(w.path("daemon.log"))
	if err != nil {
		w.t.Error(err)
	}
	w.t.Logf("the daemon's log ends with:\n%s", log[max(0, len(log)-12000):])
}
