package client

import (
	"encoding/json"
	"fmt"

	"teal.dev/teal/daemon"
)

// Unreachable is the error of a question that no daemon answered.
type Unreachable struct {
	Socket string
	Text   string
	Next   string
	err    error
}

// Error says what is the matter.
func (u *Unreachable) Error() string { return u.Text }

// Unwrap is the cause.
func (u *Unreachable) Unwrap() error { return u.err }

// Error is a question that the daemon answered with no: its code, its reason, and what to do next.
type Error struct {
	daemon.Problem
	Status int // of HTTP
}

// Error is the daemon's reason.
func (e *Error) Error() string { return e.Text }

// failed reads the body of an answer that is not a success.
func failed(status int, raw []byte) error {
	var body daemon.Failure
	if err := json.Unmarshal(raw, &body); err != nil || body.Error.Text == "" {
		return fmt.Errorf("the socket answered with status %d and not as a teal daemon does: see that the path is the daemon's socket", status)
	}
	return &Error{Problem: body.Error, Status: status}
}
