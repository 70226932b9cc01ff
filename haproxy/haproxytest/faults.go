package haproxytest

import (
	"io"
	"net"
	"strings"
)

// Kind is a way of misbehaving.
type Kind string

// The faults.
const (
	Close    Kind = "close"    // the connection is closed without an answer, the line is not executed
	Dead     Kind = "dead"     // the line is executed, the connection closed without an answer
	Truncate Kind = "truncate" // the line is executed, half of the answer is sent
	Stall    Kind = "stall"    // nothing is executed or answered until Release, then both
	Late     Kind = "late"     // the line is executed at once, and answered at Release
	Reset    Kind = "reset"    // the line is executed and the connection reset (closed without an answer, on a pipe)
	Lie      Kind = "lie"      // commits are answered and not executed
	Reload   Kind = "reload"   // a new worker is started just before the line is read; the old one answers it
	Restart  Kind = "restart"  // everything ends and starts again just before the line is read; the new one answers it
)

// Fault is one planned misbehaviour: the next Times lines that contain Match.
type Fault struct {
	Kind  Kind
	Match string
	Times int
}

// Plan adds a fault.
func (f *Fake) Plan(kind Kind, match string, times int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.faults = append(f.faults, &Fault{Kind: kind, Match: match, Times: times})
}

// Release lets all stalled and late answers go on.
func (f *Fake) Release() {
	f.mu.Lock()
	defer f.mu.Unlock()
	close(f.release)
	f.release = make(chan struct{})
}

// Well ends all planned faults.
func (f *Fake) Well() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.faults = nil
}

func (f *Fake) match(line string) *Fault {
	for _, fault := range f.faults {
		if fault.Times > 0 && strings.Contains(line, fault.Match) {
			fault.Times--
			return fault
		}
	}
	return nil
}

func (f *Fake) misbehave(conn net.Conn, w *worker, line string, fault *Fault) {
	f.mu.Lock()
	wait := f.release
	f.mu.Unlock()
	answer := ""
	switch fault.Kind {
	case Close:
	case Dead:
		f.execute(w, line)
	case Truncate:
		answer = f.execute(w, line)
		answer = answer[:len(answer)/2]
	case Stall:
		<-wait
		answer = f.execute(w, line)
	case Late:
		answer = f.execute(w, line)
		<-wait
	case Reset:
		f.execute(w, line)
		if c, ok := conn.(*net.UnixConn); ok {
			c.CloseRead() //nolint:errcheck // what was not read makes the kernel send a reset
		}
	case Lie:
		var kept []string
		for one := range strings.SplitSeq(line, ";") {
			if strings.Contains(one, "commit map") {
				one = "show map @999999 " + f.name // as silent as a commit that was done
			}
			kept = append(kept, one)
		}
		answer = f.execute(w, strings.Join(kept, ";"))
	case Reload:
		f.Reload()
		answer = f.execute(w, line)
	case Restart:
		f.Restart()
		f.mu.Lock()
		w = f.worker
		f.mu.Unlock()
		answer = f.execute(w, line)
	}
	io.WriteString(conn, answer) //nolint:errcheck // the client may be gone
}
