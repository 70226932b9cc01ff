package e2e

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// load is two clients that ask an app through HAProxy, one on a kept connection and one with a new one each time. Nothing is
// repeated: what net/http would hide by asking again is a failure here.
type load struct {
	t       testing.TB
	address string
	stop    chan struct{}
	done    sync.WaitGroup

	mu       sync.Mutex
	requests int
	failures []string
}

func (w *town) load(app string) *load {
	return &load{t: w.t, address: fmt.Sprintf("127.0.0.1:%d", w.shops[app].front), stop: make(chan struct{})}
}

// begin starts the clients; finish must follow.
func (l *load) begin() {
	for _, kept := range []bool{true, false} {
		l.done.Go(func() { l.client(kept) })
	}
}

// finish ends the clients: no request may have failed.
func (l *load) finish() {
	l.t.Helper()
	close(l.stop)
	l.done.Wait()
	require.Empty(l.t, l.failures)
	require.Greater(l.t, l.requests, 20, "nobody asked anything")
}

func (l *load) client(kept bool) {
	beat := time.NewTicker(20 * time.Millisecond)
	defer beat.Stop()
	var conn net.Conn
	var reader *bufio.Reader
	for {
		select {
		case <-l.stop:
			if conn != nil {
				_ = conn.Close()
			}
			return
		case <-beat.C:
		}
		var err error
		if conn == nil {
			if conn, err = net.DialTimeout("tcp", l.address, 5*time.Second); err == nil {
				reader = bufio.NewReader(conn)
			}
		}
		closing := !kept
		if err == nil {
			closing, err = exchange(conn, reader, l.address, !kept)
		}
		if (err != nil || closing) && conn != nil {
			_ = conn.Close()
			conn = nil
		}
		l.note(err)
	}
}

func exchange(conn net.Conn, reader *bufio.Reader, host string, last bool) (closing bool, err error) {
	request, err := http.NewRequest(http.MethodGet, "http://"+host+"/", nil)
	if err != nil {
		return true, err
	}
	request.Close = last
	if err := errors.Join(conn.SetDeadline(time.Now().Add(10*time.Second)), request.Write(conn)); err != nil {
		return true, err
	}
	response, err := http.ReadResponse(reader, request)
	if err != nil {
		return true, err
	}
	body, err := io.ReadAll(response.Body)
	if err == nil && response.StatusCode != http.StatusOK {
		err = fmt.Errorf("status %d: %.200s", response.StatusCode, body)
	}
	return response.Close || last, errors.Join(err, response.Body.Close())
}

func (l *load) note(err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.requests++
	if err != nil {
		l.failures = append(l.failures, time.Now().Format("15:04:05.000 ")+err.Error())
	}
}
