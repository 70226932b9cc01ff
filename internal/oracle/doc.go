// Package oracle asks a real PostgreSQL whether the gate told the truth: it runs the old version's statements before and
// after a migration and reads the locks, rewrites and scans from the server. It knows how to measure; what a verdict should
// be it refuses to know.
package oracle
