// Package postgres knows how to bring one app's PostgreSQL database along a migration folder, and how to prove what has
// been done there; it refuses to know which step of a release comes next, and whether a statement is safe.
//
// One session does everything that changes something: it holds the advisory locks (golang-migrate's own and teal's), runs
// the DDL, and writes each file's ledger row, version row and statements in one transaction that first looks whether a
// newer leader has taken over. Whoever looks only (Observe, Ledger, Facts) has a session of his own that never waits.
package postgres
