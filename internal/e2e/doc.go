// Package e2e holds the acceptance tests of the whole: the real daemon as a process of its own, with a real PostgreSQL,
// HAProxy and NATS, under faults. It knows only what a person and a build system know of teal, and refuses to look inside.
package e2e
