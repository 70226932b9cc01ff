package sqlite

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"golang.org/x/sys/unix"

	"teal.dev/teal/release"
)

// lock takes the exclusive lock on the file beside the store and writes our pid into it. The kernel lets go of it
// when the process ends, however it ends; a stopped process keeps it, so there is never a second writer.
func lock(path string) (*os.File, error) {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, refuse(ErrAccess, release.Permanent, "store_access",
			"the lock file cannot be opened (%v): the directory of the store must belong to the user teal runs as (uid %d)", err, os.Getuid())
	}
	err = unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB)
	if errors.Is(err, unix.EWOULDBLOCK) {
		holder, _ := io.ReadAll(io.LimitReader(f, 32))
		_ = f.Close()
		pid := strings.TrimSpace(string(holder))
		if pid == "" {
			pid = "unknown"
		}
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
