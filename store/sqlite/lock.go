package sqlite

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"teal.dev/teal/release"
)

// A remnant is a child of a killed daemon between its fork and its exec: it has the daemon's open files for a moment, the
// lock among them, and writes nothing.
const (
	remnantTries = 100
	remnantPause = 50 * time.Millisecond
)

// lock takes the exclusive lock on the file beside the store and writes our pid into it. The kernel lets go of it
// when the process ends, however it ends; a stopped process keeps it, so there is never a second writer. While the process
// that took it is dead and the lock is held all the same, it is waited for.
func lock(path string, wait func(time.Duration)) (*os.File, error) {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, refuse(ErrAccess, release.Permanent, "store_access",
			"the lock file cannot be opened (%v): the directory of the store must belong to the user teal runs as (uid %d)", err, os.Getuid())
	}
	pid := "unknown"
	for range remnantTries {
		err = unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB)
		if !errors.Is(err, unix.EWOULDBLOCK) {
			break
		}
		holder, _ := io.ReadAll(io.NewSectionReader(f, 0, 32))
		pid = cmp.Or(strings.TrimSpace(string(holder)), "unknown")
		if n, err := strconv.Atoi(pid); err == nil && !errors.Is(unix.Kill(n, 0), unix.ESRCH) {
			break // it lives
		}
		wait(remnantPause)
	}
	if errors.Is(err, unix.EWOULDBLOCK) {
		_ = f.Close()
		return nil, refuse(ErrLocked, release.Permanent, "store_locked",
			"the store is in use by process %s (lock file %s): two daemons must not share it; stop that one first (`ps -fp %s`)", pid, path, pid)
	}
	if err != nil {
		_ = f.Close()
		return nil, fmt.Errorf("lock %s: %w (the store needs a local file system that knows flock)", path, err)
	}
	if err = f.Truncate(0); err == nil {
		_, err = fmt.Fprintf(f, "%d\n", os.Getpid())
	}
	if err != nil {
		_ = f.Close()
		return nil, fmt.Errorf("write our pid to %s: %w", path, err)
	}
	return f, nil
}
