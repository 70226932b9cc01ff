// Package release is the pure core of teal: State + Observation + Limits -> Action. It knows slots, roles, order and
// deadlines as numbers; it refuses to know clocks, contexts, logs, I/O and every technology.
package release
