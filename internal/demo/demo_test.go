package demo_test

import (
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestDemo plays the whole story with the real executable, as make demo does.
func TestDemo(t *testing.T) {
	teal := filepath.Join(t.TempDir(), "teal")
	out, err := exec.CommandContext(t.Context(), "go", "build", "-o", teal, "teal.dev/teal/cmd/teal").CombinedOutput()
	require.NoError(t, err, string(out))
	private, err := os.MkdirTemp("", "demo-test-") // not t.TempDir: PostgreSQL runs as another user when we are root
	require.NoError(t, err)
	t.Cleanup(func() { _ = os.RemoveAll(private) })
	require.NoError(t, os.Chmod(private, 0o711))
	t.Setenv("TMPDIR", private)
	cmd := exec.CommandContext(t.Context(), teal, "demo", "-o", "json")
	var stdout, story bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &story
	require.NoError(t, cmd.Run(), "%s", &story)

	decoder := json.NewDecoder(&stdout)
	var got map[string]any
	require.NoError(t, decoder.Decode(&got))
	require.False(t, decoder.More(), "one JSON object and nothing else")
	require.Greater(t, got["requests"], 1000.0)
	require.Equal(t, 0.0, got["failed"])
	require.Equal(t, 3.0, got["rollbacks"])
	require.Equal(t, 2.0, got["refused"])
	require.Equal(t, 1.0, got["abandoned"])
	require.Equal(t, map[string]any{"expand": 6.0, "contract": 1.0, "refused": 2.0}, got["migrations"])
	require.Len(t, got["steps"], 12)
	switches, ok := got["switches"].([]any)
	require.True(t, ok)
	require.Len(t, switches, 9)
	for _, one := range switches {
		for _, field := range []string{"from", "to", "ack_ms", "last_old_ms"} {
			require.Contains(t, one, field)
		}
	}
	require.Contains(t, story.String(), "person-rolls-back")
	left, err := os.ReadDir(private)
	require.NoError(t, err)
	require.Empty(t, left, "the demo leaves nothing behind")
}
