package process_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"teal.dev/teal/release"
)

const telling = "#!/bin/sh\nenv\necho args=\"$1\"\necho done\nexec sleep 600\n"

// told is what a version that tells its world has written to its log.
func (h *house) told(slot release.Slot) string {
	h.t.Helper()
	var text []byte
	require.Eventually(h.t, func() bool {
		var err error
		text, err = os.ReadFile(filepath.Join(h.config.LogDir, h.config.App+"."+string(slot)+".log"))
		return err == nil && strings.HasSuffix(string(text), "done\n")
	}, 20*time.Second, 10*time.Millisecond)
	return string(text)
}

// TestThePlanDecidesHowItIsRun: command, environment and address are those of the plan; a secret is today's.
func TestThePlanDecidesHowItIsRun(t *testing.T) {
	h := newHouse(t)
	secret := "of yesterday"
	h.config.Env = map[string]string{"MODE": "old", "TOKEN": "file:token"}
	h.config.Secret = func(_ context.Context, value string) (string, error) {
		return strings.ReplaceAll(value, "file:token", secret), nil
	}
	plan := h.write("v1", telling)
	plan.Address = "127.0.0.1:6000"
	require.NotContains(t, plan.Recipe.Launch, secret)

	secret = "of today"
	h.config.Root, h.config.Command = filepath.Join(t.TempDir(), "next"), []string{"bin/next", "other"}
	h.config.Env = map[string]string{"MODE": "new", "MORE": "1"}
	h.config.Slots = map[release.Slot]string{release.A: "127.0.0.1:7000"}
	h.start(release.A, plan)
	text := h.told(release.A)
	for _, want := range []string{"MODE=old\n", "TOKEN=of today\n", "PORT=6000\n", "args=an argument; $(false)\n"} {
		require.Contains(t, text, want)
	}
	require.NotContains(t, text, "MORE=")
}

// TestAPlanWithoutARecipe is one of a teal that kept none: the config of today decides.
func TestAPlanWithoutARecipe(t *testing.T) {
	h := newHouse(t)
	plan := h.write("v1", telling)
	plan.Recipe = release.Recipe{}
	h.config.Env = map[string]string{"MODE": "new"}
	h.start(release.A, plan)
	text := h.told(release.A)
	require.Contains(t, text, "MODE=new\n")
	require.Contains(t, text, "PORT=5000\n")
}

func TestARecipeThatIsNotOurs(t *testing.T) {
	h := newHouse(t)
	plan := h.write("v1", patient)
	l := h.open()
	for _, words := range []string{"{", "{}", `{"docker":{"image":"shop"}}`, `{"process":{"root":"releases","command":["bin/app"]}}`, `{"process":{"root":"/","command":["../bin/sh"]}}`} {
		plan.Recipe.Launch = words
		requireFault(t, l.Start(t.Context(), release.A, plan), release.Permanent, "recipe", "v1", "release the version again")
	}
}

// TestOtherBytesUnderAPlanWithoutADigest: teal started it once, and died before it had stored what it saw.
func TestOtherBytesUnderAPlanWithoutADigest(t *testing.T) {
	h := newHouse(t)
	plan := h.write("v1", patient)
	plan.Artifact.Digest = ""
	l := h.start(release.A, plan)
	h.ready(t, release.A)
	seen, err := l.Observe(t.Context(), release.A)
	require.NoError(t, err)
	require.NoError(t, os.Remove(h.executable("v1")))
	h.write("v1", patient+"# and more\n")
	require.NoError(t, syscall.Kill(seen.PID, syscall.SIGKILL))
	require.Eventually(t, func() bool {
		_, err := os.Stat(filepath.Join("/proc", strconv.Itoa(seen.PID)))
		return errors.Is(err, os.ErrNotExist)
	}, 20*time.Second, 10*time.Millisecond)
	requireFault(t, l.Start(t.Context(), release.A, plan), release.Permanent, "artifact_changed", seen.Digest)
}

// TestARecordWithoutADigest is one of a teal that did not look: from the first look on the bytes are known.
func TestARecordWithoutADigest(t *testing.T) {
	h := newHouse(t)
	plan := h.write("v1", patient)
	h.start(release.A, plan)
	h.edit(release.A, func(r map[string]any) {
		delete(r["plan"].(map[string]any)["artifact"].(map[string]any), "digest")
	})
	seen, err := h.open().Observe(t.Context(), release.A)
	require.NoError(t, err)
	require.Equal(t, plan.Artifact.Digest, seen.Digest)
	require.Empty(t, seen.Problem)
}

// TestDigestSaysWhatAStartWould: everything that can be wrong with a directory, before anything is started.
func TestDigestSaysWhatAStartWould(t *testing.T) {
	h := newHouse(t)
	plan := h.write("v1", patient)
	l := h.open()
	says := func(code string, change func(*release.Plan)) {
		t.Helper()
		other := plan
		change(&other)
		_, err := l.Digest(other)
		requireFault(t, err, release.Permanent, code)
	}
	says("artifact_missing", func(p *release.Plan) { p.Artifact.Ref = "v9" })
	says("artifact_ref", func(p *release.Plan) { p.Artifact.Ref = "../v1" })
	says("artifact_kind", func(p *release.Plan) { p.Artifact.Kind = "none" })
	says("artifact_changed", func(p *release.Plan) { p.Artifact.Digest = "sha256:0" })
	require.NoError(t, os.Chmod(h.executable("v1"), 0o644))
	says("artifact_refused", func(*release.Plan) {})
	require.NoError(t, os.Chmod(h.executable("v1"), 0o757))
	says("artifact_writable", func(*release.Plan) {})
}
