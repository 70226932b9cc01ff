// Package field measures the linters of others beside teal, over the oracle's cases, by what a real PostgreSQL did. It knows
// how each is called and what its answer looks like; what is safe it refuses to know.
package field
