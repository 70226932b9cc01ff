package process

import (
	"context"
	"errors"
	"fmt"
	"os"
	"syscall"
	"time"

	"teal.dev/teal/release"
)

// Stop ends what runs in slot: SIGTERM to its process group, after grace SIGKILL, and it returns nil only when the process
// and all that it started are gone. Stopping an empty slot is nil. A Stop repeated after a crash begins its grace anew.
func (l *Launcher) Stop(ctx context.Context, slot release.Slot, grace time.Duration) (err error) {
	held, err := l.lock(ctx, slot)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, held.Close()) }()
	r, found, err := l.load(slot)
	if err != nil || !found {
		return err
	}
	if err := l.end(ctx, r, grace); err != nil {
		return fmt.Errorf("stop slot %s of %s: %w", slot, l.config.App, err)
	}
	if err := os.Remove(l.path(slot)); err != nil && !errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("stop slot %s of %s: %w", slot, l.config.App, err)
	}
	return nil
}

// end signals until nothing of r lives. Only the group of a leader that was just identified, and processes that carry the
// token, are ever signalled: a number alone proves nothing.
func (l *Launcher) end(ctx context.Context, r record, grace time.Duration) error {
	deadline := time.NewTimer(grace)
	defer deadline.Stop()
	tick := time.NewTicker(pollStep)
	defer tick.Stop()
	told := map[int]bool{}
	signal := syscall.SIGTERM
	for {
		left, err := l.remaining(r)
		if err != nil || len(left) == 0 {
			return err
		}
		for _, target := range left {
			// One SIGTERM is enough, and a second one for who is left when the leader is gone: a fork that was under way
			// may have lost it. SIGKILL is repeated until nobody is left.
			if told[target] && signal == syscall.SIGTERM {
				continue
			}
			if err := send(target, signal); err != nil {
				return err
			}
			told[target] = true
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("process %d is still there: %w", max(left[0], -left[0]), context.Cause(ctx))
		case <-deadline.C:
			signal = syscall.SIGKILL
		case <-tick.C:
		}
	}
}

// remaining lists what to signal: first the leader's group (negative, as kill(2) wants it), then those that carry the
// token and have left the group.
func (l *Launcher) remaining(r record) ([]int, error) {
	if r.Boot != l.boot {
		return nil, nil
	}
	leader, err := l.leader(r)
	if err != nil {
		return nil, err
	}
	members, err := l.proc.members(r.Token)
	if err != nil {
		return nil, err
	}
	var left []int
	if leader != 0 {
		left = append(left, -leader)
	}
	for _, m := range members {
		if leader == 0 || m.group != leader {
			left = append(left, m.pid)
		}
	}
	return left, nil
}

func send(target int, signal syscall.Signal) error {
	if err := syscall.Kill(target, signal); err != nil && !errors.Is(err, syscall.ESRCH) {
		return fmt.Errorf("%v to %d: %w; teal must run as root or as the user of the app", signal, target, err)
	}
	return nil
}
