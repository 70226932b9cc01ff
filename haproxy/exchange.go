package haproxy

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"strings"
	"time"

	"teal.dev/teal/release"
)

// Unknown says that a command was sent and its complete answer never came: it may have been done, may be done later, or
// never. It is neither a failure nor a success; the one thing to do is to read back on a new connection.
type Unknown struct {
	Node    string
	Command string
	Err     error
}

// Error tells the node, the command and what was seen instead of an answer.
func (u *Unknown) Error() string {
	return fmt.Sprintf("%s: the outcome of %q is unknown (%v); teal reads the map back before it does anything else", u.Node, u.Command, u.Err)
}

// Unwrap returns what was seen instead of an answer.
func (u *Unknown) Unwrap() error { return u.Err }

// Unreachable says that no connection was made, so that nothing can have been done.
type Unreachable struct {
	Node string
	Err  error
}

// Error tells the node and what to look at.
func (u *Unreachable) Error() string {
	return fmt.Sprintf("%s cannot be reached: %v; see that HAProxy runs and that teal may open its socket", u.Node, u.Err)
}

// Unwrap returns the dialler's error.
func (u *Unreachable) Unwrap() error { return u.Err }

// errIncomplete is an answer without its end marker.
var errIncomplete = errors.New("the answer ended before its end marker")

// maxAnswer bounds what is read: a full show stat of a thousand servers has 341 kB.
const maxAnswer = 8 << 20

// dialect is how one kind of socket is talked to.
type dialect struct {
	dial   func(context.Context) (net.Conn, error)
	prefix string // before each command: "@!<pid> " on the master socket
	tail   string // after the line: the master keeps a connection open unless it is told to quit
}

func (n *Node) runtime() dialect { return dialect{dial: n.cfg.Dial} }

func (n *Node) worker(pid int) dialect {
	return dialect{dial: n.cfg.DialMaster, prefix: fmt.Sprintf("@!%d ", pid), tail: "quit\n"}
}

// answer is the complete answer to one line: a text per command, and the process that gave it.
type answer struct {
	text []string
	info Info
}

// ask sends commands as one line that ends in show info, on a connection of its own, and returns a complete answer or an
// error that says what is known. write tells that a command changes something: such a connection is read to its end.
func (n *Node) ask(ctx context.Context, d dialect, write bool, commands ...string) (answer, error) {
	line := d.prefix + strings.Join(append(commands[:len(commands):len(commands)], "show info"), "; "+d.prefix) + "\n" + d.tail
	raw, err := n.exchange(ctx, d, line, write)
	if err != nil {
		return answer{}, err
	}
	if strings.HasPrefix(raw, "Can't find the target PID") {
		return answer{}, errGone
	}
	unknown := func(err error) (answer, error) {
		return answer{}, &Unknown{Node: n.cfg.Name, Command: commands[0], Err: err}
	}
	text, ok := sections(raw, len(commands)+1)
	if !ok {
		return unknown(fmt.Errorf("%w: %.60q", errIncomplete, raw))
	}
	info, err := parseInfo(text[len(commands)])
	if err != nil {
		return unknown(err)
	}
	return answer{text: text[:len(commands)], info: info}, nil
}

// exchange is the whole of the wire: dial, write one line, read to the end of the stream, all within the node's time.
func (n *Node) exchange(ctx context.Context, d dialect, line string, write bool) (string, error) {
	deadline := time.Now().Add(n.cfg.Timeout)
	if t, ok := ctx.Deadline(); ok && t.Before(deadline) {
		deadline = t
	}
	dialling, cancel := context.WithDeadline(ctx, deadline)
	defer cancel()
	conn, err := d.dial(dialling)
	if err != nil {
		return "", &Unreachable{Node: n.cfg.Name, Err: err}
	}
	stop := context.AfterFunc(ctx, func() { _ = conn.SetDeadline(time.Unix(1, 0)) }) // a dead connection needs no deadline
	unknown := func(err error) error {
		if ctx.Err() != nil {
			err = ctx.Err()
		}
		first, _, _ := strings.Cut(line, ";")
		return &Unknown{Node: n.cfg.Name, Command: strings.TrimSpace(first), Err: err}
	}
	_ = conn.SetDeadline(deadline) // its failure shows in the write
	if _, err := io.WriteString(conn, line); err != nil {
		stop()
		conn.Close()
		return "", unknown(err)
	}
	raw, err := io.ReadAll(io.LimitReader(conn, maxAnswer+1))
	if !stop() && err == nil {
		err = ctx.Err() // ctx ended in the middle: what was read may be short
	}
	switch {
	case err != nil && write && timedOut(err):
		n.drain(conn) // closing would not cancel the command, only hide when it happens
		return "", unknown(err)
	case err != nil:
		conn.Close()
		return "", unknown(err)
	}
	conn.Close()
	if len(raw) > maxAnswer {
		return "", unknown(fmt.Errorf("the answer exceeds %d MB", maxAnswer>>20))
	}
	return string(raw), nil
}

func timedOut(err error) bool {
	return errors.Is(err, os.ErrDeadlineExceeded) || errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded)
}

// drain goes on reading a connection whose command was not answered in time, until the answer, the end or the node's
// patience; until then the node has a command outstanding.
func (n *Node) drain(conn net.Conn) {
	n.outstanding.Add(1)
	_ = conn.SetDeadline(time.Now().Add(n.cfg.Patience)) // its failure ends the read below
	unhook := context.AfterFunc(n.life, func() { conn.Close() })
	go func() {
		defer n.outstanding.Add(-1)
		defer unhook()
		defer conn.Close()
		io.Copy(io.Discard, io.LimitReader(conn, maxAnswer)) //nolint:errcheck // the end is all that is waited for
	}()
}

// Outstanding is the number of commands that were sent, not answered in time, and whose connections are still open.
func (n *Node) Outstanding() int { return int(n.outstanding.Load()) }

// refused turns the text of a command that should have been silent into an error; "" is nil.
func (n *Node) refused(command, text string) error {
	if text == "" {
		return nil
	}
	line, _, _ := strings.Cut(text, "\n")
	fault := func(code, advice string) error {
		return &release.Fault{Class: release.Permanent, Code: code, Text: fmt.Sprintf("%s refused %q: %s; %s", n.cfg.Name, command, line, advice)}
	}
	switch {
	case strings.HasPrefix(line, "Unknown map identifier"):
		return fault("map_unknown", "adopt the section that teal haproxy config prints, and reload HAProxy")
	case strings.HasPrefix(line, "Permission denied"):
		return fault("permission", "give the stats socket level admin")
	case strings.HasPrefix(line, "Unknown command"):
		return fault("haproxy_too_old", "teal needs HAProxy 2.4 or later")
	case strings.HasPrefix(line, "Version number"):
		return errVersion
	}
	return fmt.Errorf("%s refused %q: %s", n.cfg.Name, command, line)
}

var (
	errVersion  = errors.New("HAProxy refused the map version: its worker was replaced, or somebody else has prepared one")
	errGone     = errors.New("the worker has ended")
	errStopping = errors.New("a stopping worker answered: a reload is going on")
	errOld      = errors.New("but connections of a worker from before a reload may keep the earlier route until they end")
	errReplaced = errors.New("the worker was replaced between two steps")
)
