package haproxy

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"teal.dev/teal/internal/lab/labtest"
	"teal.dev/teal/release"
)

// statuses is what is not OK, by name.
func statuses(checks []Check) map[string]Status {
	out := map[string]Status{}
	for _, c := range checks {
		if c.Status != OK {
			out[c.Name] = c.Status
		}
	}
	return out
}

func TestDoctorOnReal(t *testing.T) {
	r := newReal(t, 1)
	n, config := r.nodes[0], filepath.Join(r.haps[0].Dir, "haproxy.cfg")
	require.NoError(t, r.Send(t.Context(), route(release.A, 1)))
	require.Eventually(t, func() bool { return len(statuses(n.Doctor(t.Context(), r.app, config))) == 0 }, 10*time.Second, 20*time.Millisecond,
		"%v", n.Doctor(t.Context(), r.app, config))

	require.NoError(t, os.WriteFile(r.app.MapFile, []byte("shop b:b:0:1\n"), 0o644))
	app := r.app
	app.Slots = map[release.Slot]string{release.A: "127.0.0.1:1", release.B: r.app.Slots[release.B]}
	require.Equal(t, map[string]Status{"map file": Fail, "shop_a address": Fail}, statuses(n.Doctor(t.Context(), app, config)))
	app = r.app
	app.MapFile = NoFile
	require.Equal(t, map[string]Status{"map file": Warn}, statuses(n.Doctor(t.Context(), app, config)))
	app.MapName = "/nowhere.map"
	require.Equal(t, map[string]Status{"map": Fail}, statuses(n.Doctor(t.Context(), app, config)))
	app = App{Name: "pay", MapName: r.app.MapName, MapFile: NoFile}
	got := statuses(n.Doctor(t.Context(), app, config))
	require.Equal(t, Fail, got["pay_a"])
	require.Equal(t, Fail, got["pay_b"])
	require.Equal(t, Warn, got["map lines"])
	for _, c := range n.Doctor(t.Context(), app, config) {
		require.True(t, c.Status == OK || c.Fix != "", "%s says what to do", c.Name)
	}

	require.NoError(t, r.haps[0].Stop())
	got = statuses(n.Doctor(t.Context(), r.app, filepath.Join(t.TempDir(), "none.cfg")))
	require.Equal(t, map[string]Status{"socket": Fail, "socket file": Fail, "master": Fail, "config": Fail}, without(got))
}

// without drops the socket's file: HAProxy removes it or leaves it behind, both are right.
func without(got map[string]Status) map[string]Status {
	got["socket file"] = Fail
	return got
}

func TestDoctorOnPoorConfig(t *testing.T) {
	r := newRealOn(t, labtest.Lab(t), 1, strings.NewReplacer("    stats maxconn 64\n", "", "    stats timeout 10s\n", "",
		"    hard-stop-after 5m\n", "", "    option idle-close-on-response\n", "", "mode 660", "mode 666",
		"default-server check", "default-server"))
	n := NewNode(NodeConfig{Name: "lb1", Socket: r.haps[0].Socket})
	defer n.Close()
	require.Equal(t, map[string]Status{"stats maxconn": Warn, "stats timeout": Warn, "hard-stop-after": Warn, "idle-close-on-response": Warn,
		"socket file": Warn, "master": Warn, "shop_a": Fail, "shop_b": Fail},
		statuses(n.Doctor(t.Context(), r.app, filepath.Join(r.haps[0].Dir, "haproxy.cfg"))))
}
