package demo

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"time"

	"github.com/coder/websocket"

	"teal.dev/teal/testdata/demoapp"
)

const (
	answerLimit = 10 * time.Second
	afterError  = 50 * time.Millisecond // a dead proxy is not asked in a tight loop
)

// connection is an HTTP client that repeats nothing: what net/http would hide by sending a request again is a failure here.
type connection struct {
	address string
	conn    net.Conn
	reader  *bufio.Reader
}

// do sends one request and reads its whole answer.
func (c *connection) do(request *http.Request) (status int, body []byte, err error) {
	if c.conn == nil {
		if c.conn, err = net.DialTimeout("tcp", c.address, answerLimit); err != nil {
			c.conn = nil
			return 0, nil, err
		}
		c.reader = bufio.NewReader(c.conn)
	}
	defer func() {
		if err != nil {
			c.close()
		}
	}()
	if err := c.conn.SetDeadline(time.Now().Add(answerLimit)); err != nil {
		return 0, nil, err
	}
	if err := request.Write(c.conn); err != nil {
		return 0, nil, err
	}
	response, err := http.ReadResponse(c.reader, request)
	if err != nil {
		return 0, nil, err
	}
	body, err = io.ReadAll(response.Body)
	if errors.Join(err, response.Body.Close()) != nil {
		return response.StatusCode, body, err
	}
	if response.Close || request.Close {
		c.close()
	}
	return response.StatusCode, body, nil
}

func (c *connection) close() {
	if c.conn != nil {
		_ = c.conn.Close() // the answer is complete, or lost already
		c.conn = nil
	}
}

// ask sends one request and writes down what became of it.
func (g *generator) ask(c *connection, kind, method, path, payload string) bool {
	request, err := http.NewRequest(method, "http://"+g.address+path, strings.NewReader(payload))
	if err != nil {
		g.book.add(sent{Kind: kind, Begun: time.Now(), Ended: time.Now(), Err: err.Error()})
		return false
	}
	request.Close = kind == kindFresh
	s := sent{Kind: kind, Begun: time.Now()}
	status, body, err := c.do(request)
	s.Ended, s.Status = time.Now(), status
	var answer demoapp.Answer
	switch {
	case err != nil:
		s.Err = err.Error()
	case json.Unmarshal(body, &answer) != nil && status < 400:
		s.Err = fmt.Sprintf("an answer that is not the shop's: %.60q", body)
	}
	s.Version, s.Slot = answer.Version, answer.Slot
	g.book.add(s)
	return !s.failed()
}

// keepAlive asks again and again on one connection; every twentieth time it writes.
func (g *generator) keepAlive(ctx context.Context, number int, think time.Duration) {
	c := &connection{address: g.address}
	defer c.close()
	for n := 1; ctx.Err() == nil; n++ {
		kind, method, path, payload := kindKept, http.MethodGet, "/", ""
		if (n+number)%20 == 0 {
			kind, method, path = kindWrite, http.MethodPost, "/customers"
			payload = fmt.Sprintf(`{"name": "Client%d Number%d"}`, number, n)
		}
		rest := think
		if !g.ask(c, kind, method, path, payload) {
			rest = max(think, afterError)
		}
		if !pause(ctx, rest) {
			return
		}
	}
}

// fresh makes a new connection for each request.
func (g *generator) fresh(ctx context.Context, think time.Duration) {
	for ctx.Err() == nil {
		rest := think
		if !g.ask(&connection{address: g.address}, kindFresh, http.MethodGet, "/", "") {
			rest = max(think, afterError)
		}
		if !pause(ctx, rest) {
			return
		}
	}
}

// slow has always one request in flight.
func (g *generator) slow(ctx context.Context) {
	c := &connection{address: g.address}
	defer c.close()
	for ctx.Err() == nil {
		if !g.ask(c, kindSlow, http.MethodGet, "/slow", "") && !pause(ctx, afterError) {
			return
		}
	}
}

// webSocket keeps a socket open and waits for each echo. A socket that the application closes because it goes away is
// opened again; a cut one is a failure.
func (g *generator) webSocket(ctx context.Context, number int, think time.Duration) {
	for ctx.Err() == nil {
		begun := time.Now()
		dial, cancel := context.WithTimeout(context.WithoutCancel(ctx), answerLimit)
		conn, _, err := websocket.Dial(dial, "ws://"+g.address+"/ws", nil) //nolint:bodyclose // the library says that it closes it itself
		cancel()
		if err != nil {
			g.book.add(sent{Kind: kindSocket, Begun: begun, Ended: time.Now(), Err: err.Error()})
			if !pause(ctx, afterError) {
				return
			}
			continue
		}
		g.echo(ctx, conn, number, think)
	}
}

// echo talks until the socket or the load ends.
func (g *generator) echo(ctx context.Context, conn *websocket.Conn, number int, think time.Duration) {
	defer func() { _ = conn.CloseNow() }()
	for n := 0; ; n++ {
		text := fmt.Sprintf("%d/%d", number, n)
		s := sent{Kind: kindSocket, Begun: time.Now()}
		got, err := exchange(context.WithoutCancel(ctx), conn, text)
		s.Ended = time.Now()
		switch {
		case websocket.CloseStatus(err) == websocket.StatusGoingAway:
			g.book.goingAway()
			return
		case err != nil:
			s.Err = "web socket: " + err.Error()
			g.book.add(s)
			return
		case got != text:
			s.Err = fmt.Sprintf("web socket: sent %q and got %q", text, got)
		}
		s.Status = http.StatusSwitchingProtocols
		g.book.add(s)
		if !pause(ctx, think) {
			_ = conn.Close(websocket.StatusNormalClosure, "") // the load is over, whatever the other side thinks
			return
		}
	}
}

func exchange(ctx context.Context, conn *websocket.Conn, text string) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, answerLimit)
	defer cancel()
	// A socket that has been told to go away may refuse the write; its reason is what the read says.
	wrote := conn.Write(ctx, websocket.MessageText, []byte(text))
	_, got, err := conn.Read(ctx)
	if err == nil {
		err = wrote
	}
	return string(got), err
}
