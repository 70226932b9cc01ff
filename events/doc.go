// Package events knows the wire format of releases and outcomes: how a message is parsed, verified and admitted, and how
// an outcome is written; it refuses to know NATS, clocks, stores and files. Times, keys and facts are passed in.
package events
