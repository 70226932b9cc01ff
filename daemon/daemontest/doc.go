// Package daemontest holds the conformance suite of each port of daemon, and in-memory fakes that pass the same suites; it
// knows what a port promises and refuses to know any technology behind one.
package daemontest
