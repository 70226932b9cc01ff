package client

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"syscall"
	"time"

	"teal.dev/teal/daemon"
	"teal.dev/teal/release"
)

// answerLimit bounds an answer that is read into memory: a socket may belong to something else.
const answerLimit = 32 << 20

// Client asks one daemon. It keeps nothing between two questions.
type Client struct {
	socket string
	http   *http.Client
}

// New makes a client of the daemon whose API listens on a unix socket; nothing is dialled yet.
func New(socket string) *Client {
	transport := &http.Transport{
		DisableKeepAlives: true, Proxy: nil,
		DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
			return (&net.Dialer{Timeout: 5 * time.Second}).DialContext(ctx, "unix", socket)
		},
	}
	return &Client{socket: socket, http: &http.Client{Transport: transport, Timeout: time.Minute}}
}

// Socket is the path that the client dials.
func (c *Client) Socket() string { return c.socket }

// Status is the daemon and all of its apps.
func (c *Client) Status(ctx context.Context) (daemon.Status, error) {
	return get[daemon.Status](ctx, c, "/v1/status")
}

// App is one app.
func (c *Client) App(ctx context.Context, app string) (daemon.AppStatus, error) {
	return get[daemon.AppStatus](ctx, c, "/v1/apps/"+url.PathEscape(app))
}

// Plan is the gate's word on the release in progress.
func (c *Client) Plan(ctx context.Context, app string) (daemon.Plan, error) {
	return get[daemon.Plan](ctx, c, "/v1/apps/"+url.PathEscape(app)+"/plan")
}

// Timeline is what happened to an app after line number after, oldest first.
func (c *Client) Timeline(ctx context.Context, app string, after uint64, limit int) ([]release.Entry, error) {
	query := url.Values{"after": {strconv.FormatUint(after, 10)}, "limit": {strconv.Itoa(limit)}}
	answer, err := get[struct {
		Lines []release.Entry `json:"lines"`
	}](ctx, c, "/v1/apps/"+url.PathEscape(app)+"/timeline?"+query.Encode())
	return answer.Lines, err
}

// Tail is the last lines of what happened to an app, oldest first.
func (c *Client) Tail(ctx context.Context, app string, last int) ([]release.Entry, error) {
	answer, err := get[struct {
		Lines []release.Entry `json:"lines"`
	}](ctx, c, "/v1/apps/"+url.PathEscape(app)+"/timeline?last="+strconv.Itoa(last))
	return answer.Lines, err
}

// History is the releases of an app, newest first.
func (c *Client) History(ctx context.Context, app string, limit int) ([]daemon.Past, error) {
	answer, err := get[struct {
		Releases []daemon.Past `json:"releases"`
	}](ctx, c, "/v1/history/"+url.PathEscape(app)+"?limit="+strconv.Itoa(limit))
	return answer.Releases, err
}

// Past is one release with everything that was told of it.
type Past struct {
	Release  daemon.Past      `json:"release"`
	Outcomes []release.Posted `json:"outcomes"`
}

// Release looks a release up by its id, among the apps that the daemon has.
func (c *Client) Release(ctx context.Context, id release.ID) (Past, error) {
	return get[Past](ctx, c, "/v1/releases/"+url.PathEscape(string(id)))
}

// ReleaseOf looks a release up by its app, which may be one that the daemon has no more, and its id.
func (c *Client) ReleaseOf(ctx context.Context, app string, id release.ID) (Past, error) {
	return get[Past](ctx, c, "/v1/releases/"+url.PathEscape(string(id))+"?"+url.Values{"app": {app}}.Encode())
}

// Approvals is what waits for a person's word, in all apps.
func (c *Client) Approvals(ctx context.Context) ([]daemon.Pending, error) {
	answer, err := get[struct {
		Approvals []daemon.Pending `json:"approvals"`
	}](ctx, c, "/v1/approvals")
	return answer.Approvals, err
}

// Order brings a person's word to an app. What the core refuses is an *Error with its code and its reason.
func (c *Client) Order(ctx context.Context, app string, verb release.Verb, order daemon.Order) (daemon.Answer, error) {
	return post[daemon.Answer](ctx, c, "/v1/apps/"+url.PathEscape(app)+"/"+string(verb), order)
}

// Reload makes the daemon read its config directory now.
func (c *Client) Reload(ctx context.Context) (daemon.ConfigStatus, error) {
	return post[daemon.ConfigStatus](ctx, c, "/v1/reload", struct{}{})
}

func get[T any](ctx context.Context, c *Client, path string) (T, error) {
	return ask[T](ctx, c, http.MethodGet, path, nil)
}

func post[T any](ctx context.Context, c *Client, path string, body any) (T, error) {
	raw, err := json.Marshal(body)
	if err != nil {
		var none T
		return none, fmt.Errorf("the request cannot be written as JSON: %w", err)
	}
	return ask[T](ctx, c, http.MethodPost, path, raw)
}

func ask[T any](ctx context.Context, c *Client, method, path string, body []byte) (T, error) {
	var answer T
	req, err := http.NewRequestWithContext(ctx, method, "http://teal"+path, bytes.NewReader(body))
	if err != nil {
		return answer, err
	}
	req.Header.Set("Content-Type", "application/json")
	resp, err := c.http.Do(req)
	if err != nil {
		return answer, c.unreachable(ctx, err)
	}
	defer func() { _ = resp.Body.Close() }() // only read
	raw, err := io.ReadAll(io.LimitReader(resp.Body, answerLimit+1))
	if err != nil {
		return answer, c.unreachable(ctx, err)
	}
	if len(raw) > answerLimit {
		return answer, fmt.Errorf("the answer of %s is larger than %d MiB: is it a teal daemon?", c.socket, answerLimit>>20)
	}
	if resp.StatusCode >= http.StatusBadRequest {
		return answer, failed(resp.StatusCode, raw)
	}
	if err := json.Unmarshal(raw, &answer); err != nil {
		return answer, fmt.Errorf("the answer of %s cannot be read (%w): use the teal command of the daemon's version (teal version)", c.socket, err)
	}
	return answer, nil
}

// unreachable says why nobody answered, in words for a person.
func (c *Client) unreachable(ctx context.Context, err error) error {
	u := &Unreachable{Socket: c.socket, err: err}
	var timeout net.Error
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case errors.Is(err, fs.ErrNotExist):
		u.Text, u.Next = "no daemon at "+c.socket+": is `teal serve` running?", "start it, or name its socket with --socket or TEAL_SOCKET"
	case errors.Is(err, syscall.ECONNREFUSED):
		u.Text, u.Next = "nobody listens at "+c.socket+": the daemon that made it is gone", "start `teal serve`"
	case errors.Is(err, fs.ErrPermission):
		u.Text, u.Next = c.socket+" may not be opened by this user", "become a member of its group, or ask an admin"
	case errors.As(err, &timeout) && timeout.Timeout():
		u.Text, u.Next = "the daemon at "+c.socket+" does not answer in time", "look at its log; its decisions go on without this command"
	default:
		u.Text, u.Next = fmt.Sprintf("the daemon at %s does not answer: %v", c.socket, err), "see that `teal serve` runs and that the path is its socket"
	}
	return u
}
