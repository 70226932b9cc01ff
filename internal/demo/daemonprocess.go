package demo

import (
	"cmp"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"syscall"
	"time"
)

// daemonProcess is "teal serve" as a child, so that it can be killed like any other process.
type daemonProcess struct {
	executable string
	config     string
	log        string

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
	cmd := exec.Command(d.executable, "serve", "--config", d.config)
	cmd.Stdout, cmd.Stderr = log, log
	cmd.SysProcAttr = daemonAttributes()
	done := make(chan struct{})
	started := make(chan error, 1)
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
		return fmt.Errorf("teal serve cannot be started: %w", err)
	}
	d.cmd, d.done = cmd, done
	return nil
}

// ended is nil while the process lives.
func (d *daemonProcess) ended() error {
	select {
	case <-d.done:
		return fmt.Errorf("teal serve ended, see %s: %w", d.log, cmp.Or(d.err, errors.New("exit status 0")))
	default:
		return nil
	}
}

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
	if d.cmd == nil || d.ended() != nil {
		return nil
	}
	if err := d.cmd.Process.Signal(syscall.SIGTERM); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return err
	}
	timer := time.NewTimer(15 * time.Second)
	defer timer.Stop()
	select {
	case <-d.done:
		return nil
	case <-timer.C:
		return errors.Join(errors.New("teal serve did not end within 15 s of SIGTERM"), d.kill())
	}
}

// pid is the process id.
func (d *daemonProcess) pid() int { return d.cmd.Process.Pid }
