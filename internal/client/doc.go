// Package client knows how to ask a running daemon over its unix socket; it refuses to know what the answers mean, and how
// they are shown.
package client
