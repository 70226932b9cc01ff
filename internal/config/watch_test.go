package config_test

import (
	"context"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"teal.dev/teal/internal/config"
)

// quick makes events act at once and polls too seldom to help, so that a missed event is a failed test.
func quick() config.Timing {
	return config.Timing{Debounce: 20 * time.Millisecond, Settle: 5 * time.Millisecond, Poll: time.Hour}
}

type swaps struct {
	mu   sync.Mutex
	list []string
}

func (s *swaps) add(_, fresh *config.Snapshot) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.list = append(s.list, strings.Join(fresh.AppNames(), " "))
}

func (s *swaps) seen() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]string(nil), s.list...)
}

// require waits for the callbacks: they come after the swap that they tell of.
func (s *swaps) require(t *testing.T, want ...string) {
	t.Helper()
	eventually(t, strings.Join(want, ", "), func() bool { return len(s.seen()) >= len(want) })
	require.Equal(t, want, s.seen())
}

func watch(t *testing.T, dir string, timing config.Timing) (*config.Watcher, *swaps) {
	t.Helper()
	s := &swaps{}
	w, err := config.NewWatcher(dir, slog.New(slog.DiscardHandler), timing, s.add)
	require.NoError(t, err)
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- w.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		require.NoError(t, <-done)
	})
	return w, s
}

func eventually(t *testing.T, what string, condition func() bool) {
	t.Helper()
	require.Eventually(t, condition, 10*time.Second, 5*time.Millisecond, what)
}

// replace writes a file as editors and config management do: beside it, then renamed.
func replace(t *testing.T, path, text string) {
	t.Helper()
	temp := filepath.Join(filepath.Dir(path), ".new")
	require.NoError(t, os.WriteFile(temp, []byte(text), 0o644))
	require.NoError(t, os.Rename(temp, path))
}

func TestReplacedAgainAndAgain(t *testing.T) {
	dir := write(t, t.TempDir(), base())
	w, s := watch(t, dir, quick())
	for _, queue := range []string{"fifo", "newest", "fifo"} {
		replace(t, filepath.Join(dir, "apps/shop.yaml"), app("shop", 5000)+"queue: "+queue+"\n")
		eventually(t, queue, func() bool { return w.Current().Apps["shop"].Queue == queue && w.Status().OK })
	}
	s.require(t, "shop", "shop", "shop")
	require.Equal(t, w.Current().Hash, w.Status().Hash)
}

func TestAppsComeAndGo(t *testing.T) {
	dir := write(t, t.TempDir(), base())
	w, s := watch(t, dir, quick())
	write(t, dir, map[string]string{"apps/pay.yaml": app("pay", 6000)})
	eventually(t, "pay comes", func() bool { return len(w.Current().Apps) == 2 })
	require.NoError(t, os.Remove(filepath.Join(dir, "apps/shop.yaml")))
	eventually(t, "shop goes", func() bool { return len(w.Current().Apps) == 1 })
	s.require(t, "pay shop", "pay")
	require.NoError(t, os.Remove(filepath.Join(dir, "apps/pay.yaml")))
	eventually(t, "the last one does not go", func() bool { return !w.Status().OK })
	require.Contains(t, w.Status().Problems.Error(), "all app files are gone at once")
	require.Contains(t, w.Current().Apps, "pay")
}

func TestOneBadFileKeepsAll(t *testing.T) {
	dir := write(t, t.TempDir(), base())
	w, s := watch(t, dir, quick())
	old := w.Current()
	write(t, dir, map[string]string{"apps/pay.yaml": app("pay", 6000), "apps/bad.yaml": app("bad", 7000) + "typo: 1\n"})
	eventually(t, "refused", func() bool { return !w.Status().OK })
	require.Contains(t, w.Status().Problems[0].String(), `apps/bad.yaml:11:1: unknown key "typo"`)
	require.Same(t, old, w.Current())
	require.Equal(t, old.Hash, w.Status().Hash)
	require.NoError(t, os.Remove(filepath.Join(dir, "apps/bad.yaml")))
	eventually(t, "taken", func() bool { return w.Status().OK && len(w.Current().Apps) == 2 })
	s.require(t, "pay shop")
	require.Empty(t, w.Status().Problems)
}

func TestEmptiedDirectoryIsNotNoApps(t *testing.T) {
	dir := write(t, t.TempDir(), base())
	w, _ := watch(t, dir, quick())
	require.NoError(t, os.RemoveAll(filepath.Join(dir, "apps")))
	require.NoError(t, os.Remove(filepath.Join(dir, "teal.yaml")))
	eventually(t, "refused", func() bool { return !w.Status().OK })
	require.Len(t, w.Current().Apps, 1)
	write(t, dir, map[string]string{"teal.yaml": base()["teal.yaml"], "apps/shop.yaml": app("shop", 5500)})
	eventually(t, "the folder is new, but watched", func() bool { return w.Current().Apps["shop"].Slots.A.Address == "127.0.0.1:5500" })
}

// TestHalfWritten writes a file in place in several steps, of which some are broken and some valid on their own: only the
// whole comes into force, because the reading waits until it is quiet.
func TestHalfWritten(t *testing.T) {
	dir := write(t, t.TempDir(), base())
	timing := quick()
	timing.Debounce = 300 * time.Millisecond
	w, s := watch(t, dir, timing)
	f, err := os.OpenFile(filepath.Join(dir, "apps/shop.yaml"), os.O_WRONLY|os.O_APPEND, 0)
	require.NoError(t, err)
	for _, part := range []string{"queue: ", "fifo\n", "bake: {for: 1h", "}\n"} {
		_, err := f.WriteString(part)
		require.NoError(t, err)
		require.NoError(t, f.Sync())
	}
	require.NoError(t, f.Close())
	eventually(t, "the whole of it", func() bool { return time.Duration(w.Current().Apps["shop"].Bake.For) == time.Hour })
	require.Equal(t, "fifo", w.Current().Apps["shop"].Queue)
	s.require(t, "shop")
}

// TestSwappedSymlinks moves the directory as a whole (a release of the config), and as Kubernetes does inside it.
func TestSwappedSymlinks(t *testing.T) {
	t.Run("the directory", func(t *testing.T) {
		root := t.TempDir()
		one, two := write(t, filepath.Join(root, "one"), base()), write(t, filepath.Join(root, "two"), base())
		write(t, two, map[string]string{"apps/pay.yaml": app("pay", 6000)})
		link := filepath.Join(root, "conf")
		require.NoError(t, os.Symlink(one, link))
		w, _ := watch(t, link, quick())
		for _, swap := range []struct {
			to   string
			apps int
		}{{two, 2}, {one, 1}, {two, 2}} {
			require.NoError(t, os.Symlink(swap.to, link+".new"))
			require.NoError(t, os.Rename(link+".new", link))
			eventually(t, "swapped", func() bool { return len(w.Current().Apps) == swap.apps })
		}
		write(t, two, map[string]string{"apps/third.yaml": app("third", 7000)})
		eventually(t, "the new one is watched", func() bool { return len(w.Current().Apps) == 3 })
	})
	t.Run("..data", func(t *testing.T) {
		dir := write(t, t.TempDir(), map[string]string{"teal.yaml": base()["teal.yaml"]})
		apps := filepath.Join(dir, "apps")
		write(t, apps, map[string]string{"..1/shop.yaml": app("shop", 5000), "..2/shop.yaml": app("shop", 5500), "..3/shop.yaml": app("shop", 5600)})
		require.NoError(t, os.Symlink("..1", filepath.Join(apps, "..data")))
		require.NoError(t, os.Symlink("..data/shop.yaml", filepath.Join(apps, "shop.yaml")))
		w, _ := watch(t, dir, quick())
		for version, port := range map[string]string{"..2": "5500", "..3": "5600"} {
			require.NoError(t, os.Symlink(version, filepath.Join(apps, "..data_tmp")))
			require.NoError(t, os.Rename(filepath.Join(apps, "..data_tmp"), filepath.Join(apps, "..data")))
			eventually(t, version, func() bool { return w.Current().Apps["shop"].Slots.A.Address == config.Address("127.0.0.1:"+port) })
		}
	})
}

func TestPollWithoutEvents(t *testing.T) {
	dir := write(t, t.TempDir(), base())
	timing := config.Timing{Debounce: time.Hour, Settle: time.Millisecond, Poll: 20 * time.Millisecond}
	w, _ := watch(t, dir, timing)
	replace(t, filepath.Join(dir, "apps/shop.yaml"), app("shop", 5500))
	eventually(t, "polled", func() bool { return w.Current().Apps["shop"].Slots.A.Address == "127.0.0.1:5500" })
}

func TestReloadOnDemand(t *testing.T) {
	dir := write(t, t.TempDir(), base())
	w, err := config.NewWatcher(dir, slog.New(slog.DiscardHandler), quick(), nil)
	require.NoError(t, err)
	first := w.Current()
	require.NoError(t, w.Reload(t.Context()))
	require.Same(t, first, w.Current(), "nothing new, nothing swapped")

	write(t, dir, map[string]string{"teal.yaml": base()["teal.yaml"] + "listen: {http: '127.0.0.1:7000'}\nstore: {sqlite: /srv/other.db}\n"})
	require.NoError(t, w.Reload(t.Context()))
	require.Equal(t, []string{"store", "listen.http"}, w.Status().PendingRestart)
	write(t, dir, map[string]string{"teal.yaml": base()["teal.yaml"]})
	require.NoError(t, w.Reload(t.Context()))
	require.Empty(t, w.Status().PendingRestart)

	write(t, dir, map[string]string{"teal.yaml": "version: 1\n"})
	for range 2 {
		var problems config.Problems
		require.ErrorAs(t, w.Reload(t.Context()), &problems, "asked again, it says so again")
	}
	require.False(t, w.Status().OK)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	require.ErrorIs(t, w.Reload(ctx), context.Canceled)
	_, err = config.NewWatcher(dir, slog.New(slog.DiscardHandler), quick(), nil)
	require.Error(t, err)
}
