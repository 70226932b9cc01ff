package lab

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"syscall"
	"time"
)

const (
	waitStep  = 50 * time.Millisecond
	stopLimit = 10 * time.Second
	quoted    = 2000 // bytes of a server's output in an error
)

// spawner starts children from one locked thread that lives as long as the lab: "kill me when my parent dies" means the
// parent's thread to Linux, and Go ends idle threads when it likes.
type spawner struct {
	work chan func()
	done chan struct{}
}

func newSpawner() *spawner {
	s := &spawner{work: make(chan func()), done: make(chan struct{})}
	go func() {
		runtime.LockOSThread() // never unlocked: the thread ends with the lab, and with it what was forgotten
		for {
			select {
			case f := <-s.work:
				f()
			case <-s.done:
				return
			}
		}
	}()
	return s
}

func (s *spawner) start(cmd *exec.Cmd) error {
	result := make(chan error, 1)
	select {
	case s.work <- func() { result <- cmd.Start() }:
		return <-result
	case <-s.done:
		return errors.New("the lab is closed; make a new one")
	}
}

func (s *spawner) close() {
	select {
	case <-s.done:
	default:
		close(s.done)
	}
}

// server is one child process, its group, and the file with its output.
type server struct {
	cmd  *exec.Cmd
	log  string
	done chan struct{} // closed when the process is gone
	err  error         // valid once done is closed
}

// run starts argv in a process group of its own with its output appended to log.
func (s *spawner) run(log string, credential *syscall.Credential, argv ...string) (*server, error) {
	output, err := os.OpenFile(log, os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o644)
	if err != nil {
		return nil, fmt.Errorf("lab: %w", err)
	}
	defer output.Close()
	cmd := exec.Command(argv[0], argv[1:]...)
	cmd.Stdout, cmd.Stderr = output, output
	cmd.Dir = filepath.Dir(log)
	cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "LANG=C.UTF-8", "HOME=" + filepath.Dir(log)}
	cmd.SysProcAttr = attributes(credential)
	if err := s.start(cmd); err != nil {
		return nil, fmt.Errorf("lab: start %s: %w", argv[0], err)
	}
	child := &server{cmd: cmd, log: log, done: make(chan struct{})}
	go func() {
		child.err = cmd.Wait()
		close(child.done)
	}()
	return child, nil
}

// pause waits one step; it returns early with an error when the server or ctx ends.
func (s *server) pause(ctx context.Context) error {
	timer := time.NewTimer(waitStep)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-s.done:
		return fmt.Errorf("%s ended: %w", filepath.Base(s.cmd.Path), s.exit())
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

func (s *server) exit() error {
	if s.err == nil {
		return errors.New("exit status 0")
	}
	return s.err
}

// stop sends signal, waits, and kills the whole group at the end: no worker outlives its master.
func (s *server) stop(signal syscall.Signal) error {
	select {
	case <-s.done:
	default:
		if err := s.cmd.Process.Signal(signal); err != nil && !errors.Is(err, os.ErrProcessDone) {
			return fmt.Errorf("lab: stop %s: %w", s.cmd.Path, err)
		}
	}
	timer := time.NewTimer(stopLimit)
	defer timer.Stop()
	select {
	case <-s.done:
	case <-timer.C:
	}
	return s.kill()
}

// kill ends the whole process group at once.
func (s *server) kill() error {
	if err := syscall.Kill(-s.cmd.Process.Pid, syscall.SIGKILL); err != nil && !errors.Is(err, syscall.ESRCH) && !errors.Is(err, syscall.EPERM) {
		return fmt.Errorf("lab: kill %s: %w", s.cmd.Path, err)
	}
	<-s.done
	return nil
}

// failure joins an error of starting with the end of the server's output.
func failure(what, log string, err error) error {
	return fmt.Errorf("lab: %s did not start: %w; its output (%s) ends with:\n%s", what, err, log, tail(log))
}

func tail(path string) string {
	file, err := os.Open(path)
	if err != nil {
		return err.Error()
	}
	defer file.Close()
	if info, err := file.Stat(); err == nil && info.Size() > quoted {
		if _, err := file.Seek(-quoted, io.SeekEnd); err != nil {
			return err.Error()
		}
	}
	text, err := io.ReadAll(file)
	if err != nil {
		return err.Error()
	}
	return string(text)
}
