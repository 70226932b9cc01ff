package main

import (
	"strings"
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
	set.Problem, set.Loaded, set.PendingRestart = "", status.Success, status.PendingRestart
}

// contained says what launch.process in a container means; docs/adr/0011 tells why it is not refused.
const contained = "launch.process in a container: what runs in the slots ends with the container, so an upgrade of teal stops the app; run teal on the host for production"

// warnings are what a set may hold and should not be left with: told at the start, in teal status and by teal doctor.
func warnings(s *config.Snapshot, inContainer bool) []string {
	var list []string
	for _, w := range s.Warnings {
		list = append(list, w.String())
	}
	var unsigned, ending []string
	for _, name := range s.AppNames() {
		if s.Apps[name].Release.AllowUnsigned {
			unsigned = append(unsigned, name)
		}
		if s.Apps[name].Launch.Process != nil && inContainer {
			ending = append(ending, name)
		}
	}
	if len(unsigned) > 0 {
		list = append(list, "unsigned releases are accepted for "+strings.Join(unsigned, ", ")+": whoever reaches NATS can run code and DDL")
	}
	if len(ending) > 0 {
		list = append(list, strings.Join(ending, ", ")+": "+contained)
	}
	return list
}
