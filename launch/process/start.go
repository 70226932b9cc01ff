package process

import (
	"cmp"
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"

	"teal.dev/teal/release"
)

// tokenName is the variable in the child's environment by which it is found after a crash.
const tokenName = "TEAL_LAUNCH"

// Start runs plan in slot. A slot in which that plan runs already is left alone; one in which another plan runs is a Fault.
func (l *Launcher) Start(ctx context.Context, slot release.Slot, plan release.Plan) (err error) {
	address := cmp.Or(plan.Address, l.config.Slots[slot])
	if address == "" {
		return permanent("slot_unknown", "slot %q of %s has no address; add it to the app's slots", slot, l.config.App)
	}
	held, err := l.lock(ctx, slot)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, held.Close()) }()

	before, found, err := l.load(slot)
	if err != nil {
		return err
	}
	if found {
		if running, err := l.occupied(ctx, slot, before, plan); running || err != nil {
			return err
		}
	}
	if plan.Artifact.Digest == "" && same(before.Plan, plan) {
		plan.Artifact.Digest = before.Plan.Artifact.Digest
	}
	how, digest, err := l.verify(plan, sum)
	if err != nil {
		return err
	}
	// Also a plan that nobody has looked at yet, an adopted version's, never runs other bytes from here on.
	plan.Artifact.Digest = digest
	env, err := l.environment(ctx, slot, plan, how.Env, address)
	if err != nil {
		return err
	}
	r := record{Token: token(), Boot: l.boot, Plan: plan}
	program := how.program(plan.Artifact.Ref)
	cmd := &exec.Cmd{
		Path: program,
		Args: append([]string{program}, how.Command[1:]...),
		Dir:  filepath.Join(how.Root, plan.Artifact.Ref),
		Env:  append(env, tokenName+"="+r.Token),
		// A session of its own: neither teal's end nor a terminal's reaches it.
		SysProcAttr: &syscall.SysProcAttr{Setsid: true, Credential: l.account},
	}
	return l.spawn(slot, r, cmd)
}

// occupied tells whether plan runs in the slot already, and clears what a dead leader left behind.
func (l *Launcher) occupied(ctx context.Context, slot release.Slot, r record, plan release.Plan) (bool, error) {
	pid, err := l.leader(r)
	if err != nil {
		return false, err
	}
	if pid == 0 {
		return false, l.end(ctx, r, 0)
	}
	if same(r.Plan, plan) {
		return true, nil
	}
	return false, &release.Fault{Class: release.Retry, Code: "slot_occupied", Text: fmt.Sprintf(
		"slot %s of %s still runs version %s of release %s (process %d); stop it before version %s of release %s is started",
		slot, l.config.App, r.Plan.Version, r.Plan.Release, pid, plan.Version, plan.Release)}
}

func same(a, b release.Plan) bool {
	return a.Release == b.Release && a.Version == b.Version && a.Artifact.Ref == b.Artifact.Ref
}

// spawn writes the token down before the child exists and its process id afterwards: whenever teal dies, either nothing
// runs or what runs can be found.
func (l *Launcher) spawn(slot release.Slot, r record, cmd *exec.Cmd) error {
	if err := l.rotate(slot); err != nil {
		return err
	}
	output, err := os.OpenFile(l.logPath(slot), os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		return fmt.Errorf("log of slot %s: %w", slot, err)
	}
	defer output.Close()
	cmd.Stdout, cmd.Stderr = output, output // a file, not a pipe: it outlives us
	if err := l.save(slot, r); err != nil {
		return err
	}
	keepToOurselves()
	if err := cmd.Start(); err != nil {
		return failed(cmd.Path, err)
	}
	// The child cannot be reaped before Wait below, so its number still means it.
	self, err := l.proc.look(cmd.Process.Pid)
	go func() { _ = cmd.Wait() }() // how it ended is seen in /proc like any other end; this only reaps
	if err != nil {
		return fmt.Errorf("started %s as process %d but cannot see it: %w", cmd.Path, cmd.Process.Pid, err)
	}
	r.PID, r.Started = self.pid, self.started
	return l.save(slot, r)
}

func failed(path string, err error) error {
	switch {
	case errors.Is(err, syscall.ENOEXEC):
		return permanent("exec_failed", "%s is not a program for this machine (%v); build it for this system, a script needs its #! line", path, err)
	case errors.Is(err, syscall.ENOENT):
		return permanent("exec_failed", "%s cannot be run: the interpreter or loader that it names is missing (%v)", path, err)
	case errors.Is(err, syscall.EACCES):
		return permanent("exec_failed", "%s may not be run by the user of this app (%v); check the modes of the directories above it and noexec", path, err)
	}
	return fmt.Errorf("start %s: %w", path, err)
}

// environment is built from nothing: what teal itself was given never reaches the application.
func (l *Launcher) environment(ctx context.Context, slot release.Slot, plan release.Plan, own map[string]string, address string) ([]string, error) {
	_, port, err := net.SplitHostPort(address)
	if err != nil {
		return nil, permanent("slot_address", "slot %s: address %q must be host:port", slot, address)
	}
	path, lang := os.Getenv("PATH"), os.Getenv("LANG")
	if path == "" {
		path = "/usr/local/bin:/usr/bin:/bin"
	}
	if lang == "" {
		lang = "C.UTF-8"
	}
	values := map[string]string{"PATH": path, "LANG": lang, "HOME": l.home}
	for key, value := range own {
		if l.config.Secret != nil {
			if value, err = l.config.Secret(ctx, value); err != nil {
				return nil, fmt.Errorf("env %s of %s: %w", key, l.config.App, err)
			}
		}
		values[key] = value
	}
	values["PORT"] = port
	values["TEAL_APP"] = l.config.App
	values["TEAL_SLOT"] = string(slot)
	values["TEAL_VERSION"] = string(plan.Version)
	values["TEAL_RELEASE"] = string(plan.Release)
	env := make([]string, 0, len(values)+1)
	for key, value := range values {
		env = append(env, key+"="+value)
	}
	return env, nil
}

func token() string {
	var b [16]byte
	_, _ = rand.Read(b[:]) // never fails: crypto/rand ends the program instead
	return hex.EncodeToString(b[:])
}
