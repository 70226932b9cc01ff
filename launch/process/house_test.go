package process_test

import (
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"teal.dev/teal/launch/process"
	"teal.dev/teal/release"
)

// patient ends when it is told to; it has a child, so that the group matters. It is ready when the child is there: a signal
// during the fork may be lost on a shell.
const patient = `#!/bin/sh
trap 'exit 0' TERM
sleep 600 &
echo "ready $$"
wait
`

const stubborn = `#!/bin/sh
trap '' TERM
echo "ready $$"
while :; do sleep 600; done
`

type house struct {
	t      testing.TB
	config process.Config
}

// newHouse has an app of a name that no other test's processes carry.
func newHouse(t testing.TB) *house {
	t.Helper()
	dir := t.TempDir()
	return &house{t: t, config: process.Config{
		App: "app" + strconv.Itoa(os.Getpid()) + "-" + filepath.Base(filepath.Dir(dir)), Root: filepath.Join(dir, "root"), Command: []string{"bin/app", "an argument; $(false)"},
		Slots:    map[release.Slot]string{release.A: "127.0.0.1:5000", release.B: "127.0.0.1:5001"},
		StateDir: filepath.Join(dir, "state"), LogDir: filepath.Join(dir, "log"),
	}}
}

func (h *house) executable(version string) string {
	return filepath.Join(h.config.Root, version, "bin", "app")
}

func (h *house) write(version, script string) release.Plan {
	h.t.Helper()
	path := h.executable(version)
	require.NoError(h.t, os.MkdirAll(filepath.Dir(path), 0o755))
	require.NoError(h.t, os.WriteFile(path, []byte(script), 0o755))
	l := h.open()
	plan := release.Plan{Release: release.ID("id-" + version), Version: release.Version(version),
		Artifact: release.Artifact{Kind: "dir", Ref: version}, Recipe: release.Recipe{Launch: l.Recipe()}}
	var err error
	plan.Artifact.Digest, err = l.Digest(plan)
	require.NoError(h.t, err)
	return plan
}

func (h *house) open() *process.Launcher {
	h.t.Helper()
	l, err := process.New(h.config)
	require.NoError(h.t, err)
	return l
}

func (h *house) start(slot release.Slot, plan release.Plan) *process.Launcher {
	h.t.Helper()
	l := h.open()
	h.t.Cleanup(func() {
		if err := l.Stop(context.Background(), slot, 0); err != nil {
			h.t.Error(err)
		}
	})
	require.NoError(h.t, l.Start(h.t.Context(), slot, plan))
	return l
}

func (h *house) edit(slot release.Slot, change func(record map[string]any)) {
	h.t.Helper()
	path := filepath.Join(h.config.StateDir, h.config.App+"."+string(slot)+".json")
	text, err := os.ReadFile(path)
	require.NoError(h.t, err)
	decoder := json.NewDecoder(strings.NewReader(string(text)))
	decoder.UseNumber()
	var record map[string]any
	require.NoError(h.t, decoder.Decode(&record))
	change(record)
	text, err = json.Marshal(record)
	require.NoError(h.t, err)
	require.NoError(h.t, os.WriteFile(path, text, 0o600))
}

// ready waits until the script of the slot's process has set its traps.
func (h *house) ready(t *testing.T, slot release.Slot) {
	seen, err := h.open().Observe(t.Context(), slot)
	require.NoError(t, err)
	require.Eventually(t, func() bool {
		text, err := os.ReadFile(filepath.Join(h.config.LogDir, h.config.App+"."+string(slot)+".log"))
		return err == nil && strings.Contains(string(text), "ready "+strconv.Itoa(seen.PID)+"\n")
	}, 20*time.Second, 5*time.Millisecond)
}

// count looks at /proc with eyes of its own: session leaders whose environment names the app and the slot.
func (h *house) count(t *testing.T, slot release.Slot) int {
	entries, err := filepath.Glob("/proc/[0-9]*")
	require.NoError(t, err)
	n := 0
	for _, entry := range entries {
		environ, err := os.ReadFile(entry + "/environ")
		if err != nil || !strings.Contains(string(environ), "TEAL_APP="+h.config.App+"\x00") || !strings.Contains(string(environ), "TEAL_SLOT="+string(slot)+"\x00") {
			continue
		}
		stat, err := os.ReadFile(entry + "/stat")
		if err != nil {
			continue
		}
		fields := strings.Fields(string(stat)[strings.LastIndex(string(stat), ")")+1:])
		if fields[0] != "Z" && fields[3] == filepath.Base(entry) {
			n++
		}
	}
	return n
}
