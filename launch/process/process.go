// Package process runs a version of an application as a detached process in a slot and finds it again after any crash.
// It knows processes, their identity and their artifact directory, and refuses to know why one is started or stopped.
package process

import (
	"context"
	"fmt"
	"net"
	"os"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/gofrs/flock"

	"teal.dev/teal/release"
)

const (
	lockStep = 20 * time.Millisecond // between two tries to lock a slot
	pollStep = 20 * time.Millisecond // between two looks at a process that was told to end
	// logLimit bounds a slot's log file; one older file of the same size is kept beside it.
	logLimit = 10 << 20
)

// Config says how an app's versions are run. Root, Command, Env and Slots are for plans that have none of their own.
type Config struct {
	App     string
	Root    string                  // holds a directory per version: <root>/<artifact ref>
	Command []string                // the executable, relative to the version's directory, and its arguments
	Env     map[string]string       // added to PATH, HOME, LANG, PORT and TEAL_*
	Slots   map[release.Slot]string // host:port; the port becomes PORT
	User    string                  // run as; "" = as teal itself

	StateDir string // a record per slot: <app>.<slot>.json
	LogDir   string // what the process prints: <app>.<slot>.log

	// Secret turns a value of Env ("file:/run/secrets/shop.dsn") into what the process shall see, at every start.
	// nil = the values are literal. Its errors must not quote the secret.
	Secret func(ctx context.Context, value string) (string, error) `json:"-"`
}

// Launcher satisfies the port daemon.Launcher. It keeps nothing in memory that it could not do without: a new value over the
// same directories goes on where another one stopped or died.
type Launcher struct {
	config   Config
	account  *syscall.Credential
	home     string
	boot     string
	proc     proc
	logLimit int64
	seen     digests
}

// New checks the configuration and makes the state and log directories.
func New(c Config) (*Launcher, error) {
	if err := check(c); err != nil {
		return nil, fmt.Errorf("process launcher of %s: %w", c.App, err)
	}
	l := &Launcher{config: c, proc: proc{root: "/proc"}, home: os.Getenv("HOME"), logLimit: logLimit}
	var err error
	if l.boot, err = l.proc.boot(); err != nil {
		return nil, fmt.Errorf("process launcher of %s: %w; it needs Linux with /proc mounted", c.App, err)
	}
	if c.User != "" {
		if l.account, l.home, err = become(c.User); err != nil {
			return nil, fmt.Errorf("process launcher of %s: %w", c.App, err)
		}
	}
	for _, dir := range []string{c.StateDir, c.LogDir} {
		if err := os.MkdirAll(dir, 0o700); err != nil {
			return nil, fmt.Errorf("process launcher of %s: %w", c.App, err)
		}
	}
	return l, nil
}

func check(c Config) error {
	if c.App == "" || !filepath.IsLocal(c.App) || strings.ContainsRune(c.App, '/') {
		return fmt.Errorf("%q is not a name of an app", c.App)
	}
	if err := (recipe{c.Root, c.Command, c.Env}).check(); err != nil {
		return err
	}
	for key := range c.Env {
		if key == "" || strings.ContainsAny(key, "=\x00") || key == "PORT" || strings.HasPrefix(key, "TEAL_") {
			return fmt.Errorf("env: %q cannot be set; PORT and TEAL_* are teal's own", key)
		}
	}
	for slot, address := range c.Slots {
		if _, _, err := net.SplitHostPort(address); err != nil {
			return fmt.Errorf("slot %s: address %q must be host:port", slot, address)
		}
	}
	return nil
}

func become(name string) (*syscall.Credential, string, error) {
	account, err := user.Lookup(name)
	if err != nil {
		return nil, "", fmt.Errorf("user: %w; create it, or leave user out", err)
	}
	ids, err := account.GroupIds()
	if err != nil {
		return nil, "", fmt.Errorf("user %s: its groups: %w", name, err)
	}
	numbers := make([]uint32, 0, len(ids)+2)
	for _, id := range append([]string{account.Uid, account.Gid}, ids...) {
		n, err := strconv.ParseUint(id, 10, 32)
		if err != nil {
			return nil, "", fmt.Errorf("user %s: %w", name, err)
		}
		numbers = append(numbers, uint32(n))
	}
	if os.Geteuid() == int(numbers[0]) {
		return nil, account.HomeDir, nil // nothing to change, and only root may set groups
	}
	if os.Geteuid() != 0 {
		return nil, "", fmt.Errorf("user %s: only root may run a process as another user; run teal as root or as %s", name, name)
	}
	return &syscall.Credential{Uid: numbers[0], Gid: numbers[1], Groups: numbers[2:]}, account.HomeDir, nil
}

// Observe says what runs in a slot: the record is a claim, /proc is the fact. Problem is set when what was started there
// could not be started again. Observe also keeps the slot's log within its bound, because it is the one thing that is
// called for as long as the process runs.
func (l *Launcher) Observe(_ context.Context, slot release.Slot) (release.Tenant, error) {
	r, found, err := l.load(slot)
	if err != nil {
		return release.Tenant{}, err
	}
	if !found {
		return release.Tenant{Running: release.No}, nil
	}
	pid, err := l.leader(r)
	if err != nil {
		return release.Tenant{}, err
	}
	if pid == 0 {
		return release.Tenant{Running: release.No, Problem: l.problem(r.Plan)}, nil
	}
	// A full disk must not make a running slot unknown; the next look tries again.
	_ = l.rotate(slot)
	digest := r.Plan.Artifact.Digest
	if digest == "" { // started by a teal that did not look: what is there now is what counts from now on
		_, digest, _ = l.verify(r.Plan, l.glance)
	}
	return release.Tenant{Running: release.Yes, Release: r.Plan.Release, Version: r.Plan.Version, PID: pid, Digest: digest, Problem: l.problem(r.Plan)}, nil
}

// leader is the process that was started from r: 0 = none lives. A child whose process id was never recorded, because
// teal died in between, is found by its token.
func (l *Launcher) leader(r record) (int, error) {
	if r.Boot != l.boot {
		return 0, nil // the machine was started anew: nothing of that time can live
	}
	if r.PID != 0 {
		if l.proc.is(r.PID, r.Started, r.Token) {
			return r.PID, nil
		}
		return 0, nil
	}
	members, err := l.proc.members(r.Token)
	if err != nil {
		return 0, err
	}
	for _, m := range members {
		if m.pid == m.session { // setsid made it so; its own children cannot be
			return m.pid, nil
		}
	}
	return 0, nil
}

// lock keeps two starts or stops of a slot apart, also those of two teal processes.
func (l *Launcher) lock(ctx context.Context, slot release.Slot) (*flock.Flock, error) {
	f := flock.New(l.path(slot)+".lock", flock.SetPermissions(0o600))
	if _, err := f.TryLockContext(ctx, lockStep); err != nil {
		return nil, fmt.Errorf("slot %s of %s is being started or stopped by someone else: %w", slot, l.config.App, err)
	}
	return f, nil
}
