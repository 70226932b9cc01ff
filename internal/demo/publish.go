package demo

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"strings"
	"time"

	"github.com/nats-io/nats.go"

	"teal.dev/teal/events"
	"teal.dev/teal/release"
)

// newID is a release id of this moment.
func newID() (release.ID, error) { return events.NewID(time.Now(), rand.Reader) }

// publishPlain sends a bare event with nothing but nats.go, as a build system without teal's command would.
func (t *town) publishPlain(ctx context.Context, v string) (release.ID, error) {
	id, err := newID()
	if err != nil {
		return "", err
	}
	files, err := folder(os.DirFS(t.path("migrations", v)))
	if err != nil {
		return "", err
	}
	event, err := json.Marshal(map[string]any{
		"specversion": "1.0", "type": "dev.teal.release.requested.v1", "id": id, "source": "demo/build-system",
		"data": map[string]any{
			"app": app, "version": v, "audience": audience, "expires_at": time.Now().Add(time.Hour).UTC().Format(time.RFC3339),
			"migrations": map[string]any{"kind": "inline", "files": files},
		},
	})
	if err != nil {
		return "", err
	}
	conn, err := nats.Connect(t.natsURL())
	if err != nil {
		return "", err
	}
	defer conn.Close()
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	subject := fmt.Sprintf("teal.v1.release.%s.%s.requested", app, id)
	answer, err := conn.RequestWithContext(ctx, subject, event)
	if err != nil {
		return "", fmt.Errorf("NATS did not confirm the event: %w", err)
	}
	var ack struct {
		Stream string `json:"stream"`
		Error  *struct {
			Text string `json:"description"`
		} `json:"error"`
	}
	if err := json.Unmarshal(answer.Data, &ack); err != nil || ack.Error != nil || ack.Stream == "" {
		return "", fmt.Errorf("NATS did not store the event: %s", answer.Data)
	}
	return id, nil
}

func folder(in fs.FS) (map[string]string, error) {
	files := map[string]string{}
	names, err := fs.Glob(in, "*.sql")
	for _, name := range names {
		text, readErr := fs.ReadFile(in, name)
		err = errors.Join(err, readErr)
		files[name] = string(text)
	}
	return files, err
}

// publishSigned runs teal release, as the last step of a build would.
func (t *town) publishSigned(ctx context.Context, v string) (release.ID, error) {
	id, err := newID()
	if err != nil {
		return "", err
	}
	args := []string{"release", app, v, "--id", string(id), "--key", t.path("ci.pem"), "--audience", audience, "--nats", t.natsURL(),
		"--migrations", t.path("migrations", v), "--until", "accepted", "--timeout", "20s"}
	out, err := t.teal(ctx, args...)
	if err != nil {
		return "", fmt.Errorf("teal %s: %w: %s", strings.Join(args[:3], " "), err, out)
	}
	return id, nil
}

// teal runs teal's own command line.
func (t *town) teal(ctx context.Context, args ...string) (string, error) {
	cmd := exec.CommandContext(ctx, t.executable, args...)
	for _, e := range os.Environ() {
		if !strings.HasPrefix(e, "TEAL_") { // of the demo's own teal only
			cmd.Env = append(cmd.Env, e)
		}
	}
	cmd.Env = append(cmd.Env, "TEAL_CONFIG="+t.path("config"))
	out, err := cmd.CombinedOutput()
	return strings.TrimSpace(string(out)), err
}
