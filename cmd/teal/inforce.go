package main

import (
	"sync/atomic"

	"teal.dev/teal/daemon"
	"teal.dev/teal/internal/config"
)

// inForce is the config set that the daemon works with, and what became of the newest attempt to replace it: a refused
// file changes nothing but what status and metrics say.
type inForce struct {
	set    atomic.Pointer[daemon.Config]
	status func() config.Status
}

// load is the set in force. The pointer is a new one whenever there is something new to tell.
func (f *inForce) load() *daemon.Config {
	set, status := f.set.Load(), f.status()
	if set.Tried.Equal(status.At) || status.OK && status.Hash != set.Hash {
		return set // nothing new, or a new set that is just being swapped in
	}
	fresh := *set
	tell(&fresh, status)
	f.set.CompareAndSwap(set, &fresh) // else a newer set was swapped in meanwhile
	return f.set.Load()
}

// tell writes the result of a reload beside a set.
func tell(set *daemon.Config, status config.Status) {
	set.Tried = status.At
	if !status.OK {
		set.Problem = status.Problems.Error()
		return
	}
	set.Problem, set.Loaded = "", status.Success
}
