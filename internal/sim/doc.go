// Package sim is the whole town in memory: HAProxy nodes, two slots, a database, a store and a daemon around the real
// release.Step, in one thread with a clock of its own. It knows how to crash at any point, and which promises must hold
// all the same; it refuses to know any real server.
//
// A World is plain data. Every write to the store and every effect has a point before and after it; the n-th point can
// kill the daemon, which then starts again from what is stored. The invariants are those numbered in release/doc.go,
// checked when an intent is stored, when an effect happens, and at the end. A simulator that has not killed a mutant
// proves nothing: mutants_test.go lists those that must die.
package sim
