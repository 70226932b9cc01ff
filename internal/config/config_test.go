package config_test

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"teal.dev/teal/internal/config"
	"teal.dev/teal/release"
)

const design = "../../testdata/config/design"

// base is a small valid set; edits replace, add or (nil) remove files and texts.
func base() map[string]string {
	return map[string]string{
		"teal.yaml":      "version: 1\nname: test\nhaproxy:\n  lb1: {socket: /run/h.sock}\n",
		"apps/shop.yaml": app("shop", 5000),
	}
}

func app(name string, port int) string {
	return fmt.Sprintf(`version: 1
slots:
  a: {address: 127.0.0.1:%d}
  b: {address: 127.0.0.1:%d}
launch:
  process: {root: /srv/%s, command: [bin/%s]}
traffic:
  nodes: [lb1]
  map: {file: /maps/%s.map}
release: {allow_unsigned: true}
`, port, port+1, name, name, name)
}

func write(t testing.TB, dir string, files map[string]string) string {
	t.Helper()
	for name, text := range files {
		path := filepath.Join(dir, name)
		require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o755))
		require.NoError(t, os.WriteFile(path, []byte(text), 0o644))
	}
	return dir
}

func load(t testing.TB, files map[string]string) (*config.Snapshot, error) {
	t.Helper()
	return config.Load(write(t, t.TempDir(), files))
}

func TestDesignToTheLetter(t *testing.T) {
	dir := t.TempDir()
	require.NoError(t, os.CopyFS(dir, os.DirFS(design)))
	s, err := config.Load(dir)
	require.NoError(t, err)
	require.Equal(t, "prod-eu1", s.Daemon.Name)
	require.Equal(t, config.EmbeddedNATS{Listen: "127.0.0.1:4222", Dir: "/var/lib/teal/nats"}, *s.Daemon.NATS.Embedded)
	require.Equal(t, config.Node{Socket: "/run/haproxy/admin.sock", Master: "/run/haproxy/master.sock"}, s.Daemon.HAProxy["lb1"])
	require.Equal(t, []config.Principal{"gid:dba"}, s.Daemon.Access.DBA)
	shop := s.Apps["shop"]
	require.Equal(t, "127.0.0.1:5001", shop.Address(release.B))
	require.Equal(t, map[string]string{"DATABASE_URL": "file:/run/secrets/shop.dsn"}, shop.Launch.Process.Environ())
	require.Equal(t, config.Path("/srv/shop/migrations"), shop.Database.Migrations.AllowDirs[0])
	require.Equal(t, release.Limits{
		Recipe: release.Recipe{Health: "/healthz"}, Addresses: map[release.Slot]string{release.A: "127.0.0.1:5000", release.B: "127.0.0.1:5001"},
		HasDatabase: true, Queue: "newest", ProbeEvery: 2 * time.Second, Passes: 3, Stable: 10 * time.Second, Deadline: 5 * time.Minute,
		SwitchApproval: "none", ContractApproval: "none", ApprovalWait: 24 * time.Hour,
		BakeFor: 30 * time.Minute, MaxErrors: 0.01, FewRequests: "pass", Few: 100, WarmFor: 24 * time.Hour, AutoRollback: true,
		ContractAfter: 24 * time.Hour, Drain: 30 * time.Second, LongLived: 15 * time.Minute, Keep: 15 * time.Minute,
		ReadyLost: 10 * time.Second, Blind: 10 * time.Minute, Idle: time.Second, Busy: 100 * time.Millisecond,
	}, shop.Limits())
	require.Equal(t, "policies/payments.yaml", s.Policies[0].Name)
	require.Equal(t, "policies/payments_test.yaml", s.PolicyTests[0].Name)
	require.Len(t, s.Keys, 1)
	require.Equal(t, "ci-shop", s.Keys[0].ID)
	require.Equal(t, time.Date(2027, 6, 30, 23, 59, 59, 999999999, time.UTC), s.Keys[0].NotAfter)
}

func TestTheSamplesAreTheDefaults(t *testing.T) {
	full, err := load(t, map[string]string{"teal.yaml": base()["teal.yaml"], "apps/shop.yaml": app("shop", 5000) + "database: {url: 'env:X'}\n"})
	require.NoError(t, err)
	dir := t.TempDir()
	require.NoError(t, os.CopyFS(dir, os.DirFS(design)))
	letter, err := config.Load(dir)
	require.NoError(t, err)
	require.Equal(t, letter.Apps["shop"].Limits(), full.Apps["shop"].Limits())
	require.Equal(t, letter.Daemon.NATS, full.Daemon.NATS)
	require.Equal(t, letter.Daemon.Store, full.Daemon.Store)
	require.Equal(t, letter.Daemon.Listen, full.Daemon.Listen)
	require.Equal(t, "schema_migrations", full.Apps["shop"].Database.Table)
	require.Equal(t, "/maps/shop.map", full.Apps["shop"].Traffic.Map.Name)
}

func TestSamplesLoad(t *testing.T) {
	s, err := load(t, config.Sample())
	require.NoError(t, err)
	require.Len(t, s.Apps, 1)
}

func TestWords(t *testing.T) {
	s, err := load(t, map[string]string{
		"teal.yaml": "version: 1\nname: test\nx-note: &n {anything: [goes]}\nnats: embedded\nhaproxy: {lb1: {socket: /run/h.sock, x-who: me}}\n",
		"apps/shop.yaml": app("shop", 5000) + "warm: {for: forever, auto_rollback: false}\ncontract: {after: never}\nbake: {for: 1d12h, max_errors: 0.5%}\n" +
			"health: {every: 50ms, timeout: 10ms, passes: 1, stable: 0s, deadline: 1s}\nqueue: fifo\n",
	})
	require.NoError(t, err)
	limits := s.Apps["shop"].Limits()
	require.Equal(t, release.Forever, limits.WarmFor)
	require.Equal(t, release.Forever, limits.ContractAfter)
	require.Equal(t, 36*time.Hour, limits.BakeFor)
	require.InDelta(t, 0.005, limits.MaxErrors, 1e-9)
	require.Equal(t, 50*time.Millisecond, limits.ProbeEvery)
	require.False(t, limits.HasDatabase)
	require.NotNil(t, s.Daemon.NATS.Embedded)
}

type problemCase struct {
	name, file, text string
	want             []string // each is the beginning of one problem
}

func formProblems() []problemCase {
	shop := app("shop", 5000)
	in := func(old, new string) string { return strings.Replace(shop, old, new, 1) }
	return []problemCase{
		{"unknown key", "apps/shop.yaml", shop + "bakes: {for: 1h}\n", []string{`apps/shop.yaml:11:1: unknown key "bakes": did you mean "bake"?`}},
		{"canary is not in the file", "apps/shop.yaml", in("nodes: [lb1]", "nodes: [lb1]\n  percent: 10"), []string{`apps/shop.yaml:9:3: unknown key "traffic.percent": known: nodes, map, drain, long_lived`}},
		{"duplicate key", "apps/shop.yaml", shop + "queue: fifo\nqueue: newest\n", []string{"apps/shop.yaml:12:1: queue stands twice, first in line 11"}},
		{"no unit", "apps/shop.yaml", shop + "warm: {for: 30}\n", []string{`apps/shop.yaml:11:13: warm.for is "30": it must be a duration with a unit`}},
		{"negative", "apps/shop.yaml", shop + "bake: {for: -5m}\n", []string{`apps/shop.yaml:11:13: bake.for is "-5m"`}},
		{"word where none may be", "apps/shop.yaml", shop + "health: {every: never}\n", []string{`apps/shop.yaml:11:17: health.every is "never"`}},
		{"percent", "apps/shop.yaml", shop + "bake: {max_errors: 1}\n", []string{`apps/shop.yaml:11:20: bake.max_errors is "1": it must be a percentage`}},
		{"type", "apps/shop.yaml", shop + "warm: {auto_rollback: yes}\nhealth: {passes: three}\nqueue: 5\n", []string{
			"apps/shop.yaml:11:23: warm.auto_rollback must be true or false, not a word",
			"apps/shop.yaml:12:18: health.passes must be a whole number, not a word",
			"apps/shop.yaml:13:8: queue must be text, not a number: put it in quotes"}},
		{"no version", "apps/shop.yaml", in("version: 1\n", ""), []string{"apps/shop.yaml:1:1: version is missing"}},
		{"other version", "apps/shop.yaml", in("version: 1", "version: 2"), []string{"apps/shop.yaml:1:10: version is 2: this teal reads version 1"}},
		{"not YAML", "apps/shop.yaml", "version: [1\n", []string{"apps/shop.yaml:2:1: not YAML"}},
		{"half written", "apps/shop.yaml", "", []string{"apps/shop.yaml: the file is empty"}},
		{"two documents", "apps/shop.yaml", shop + "---\nversion: 1\n", []string{"apps/shop.yaml:11:1: a second document"}},
		{"a list", "apps/shop.yaml", "- version: 1\n", []string{"apps/shop.yaml:1:1: the file must be a mapping (key: value), not a list"}},
		{"merge key", "apps/shop.yaml", shop + "x-c: &c {for: 1h}\nbake: {<<: *c}\n", []string{"apps/shop.yaml:12:8: merge keys (<<) are not supported"}},
	}
}

func setProblems() []problemCase {
	shop := app("shop", 5000)
	in := func(old, new string) string { return strings.Replace(shop, old, new, 1) }
	return []problemCase{
		{"app name", "apps/Shop.yaml", app("x", 6000), []string{"apps/Shop.yaml:1:1: the file's name is the app's"}},
		{"same address", "apps/shop.yaml", in("5001", "5000"), []string{"apps/shop.yaml:4:16: both slots are at 127.0.0.1:5000"}},
		{"address of another app", "apps/pay.yaml", strings.Replace(app("pay", 6000), "6001", "5000", 1), []string{"apps/shop.yaml:3:16: the address 127.0.0.1:5000 is that of app pay already"}},
		{"address of teal", "apps/pay.yaml", strings.Replace(app("pay", 6000), "6001", "7433", 1), []string{"apps/pay.yaml:4:16: the address 127.0.0.1:7433 is that of listen.http"}},
		{"map of another app", "apps/pay.yaml", strings.Replace(app("pay", 6000), "/maps/pay.map", "/maps/shop.map", 1), []string{
			"apps/shop.yaml:9:8: the map /maps/shop.map on lb1 is that of app pay already", "apps/shop.yaml:9:15: the map file /maps/shop.map is that of app pay already"}},
		{"unknown node", "apps/shop.yaml", in("[lb1]", "[lb2, lb1, lb1]"), []string{
			"apps/shop.yaml:8:10: traffic.nodes names lb1 twice", `apps/shop.yaml:8:10: traffic.nodes names lb2, which is not a haproxy node of teal.yaml: did you mean "lb1"?`}},
		{"no launcher", "apps/shop.yaml", in("process: {root: /srv/shop, command: [bin/shop]}", "x-later: 1"), []string{"apps/shop.yaml:6:3: launch needs exactly one"}},
		{"two launchers, not there yet", "apps/shop.yaml", in("process:", "docker: {image: x}\n  process:"), []string{
			"apps/shop.yaml:6:3: launch needs exactly one", "apps/shop.yaml:6:11: launch.docker is not available yet: use launch.process"}},
		{"command", "apps/shop.yaml", in("process: {root: /srv/shop, command: [bin/shop]}", "command: {start: [a], stop: [b], status: [c]}"), []string{"apps/shop.yaml:6:12: launch.command is not available yet"}},
		{"leaves its directory", "apps/shop.yaml", in("[bin/shop]", "[../bin/shop]"), []string{"apps/shop.yaml:6:39: launch.process.command leaves the version's directory"}},
	}
}

func appProblems() []problemCase {
	shop := app("shop", 5000)
	in := func(old, new string) string { return strings.Replace(shop, old, new, 1) }
	return []problemCase{
		{"relative path", "apps/shop.yaml", in("/srv/shop", "srv/shop"), []string{`apps/shop.yaml:6:19: launch.process.root is "srv/shop": it must be an absolute path`}},
		{"reserved variable", "apps/shop.yaml", in("[bin/shop]", "[bin/shop], env: {PORT: '1', LOG: debug}"), []string{"apps/shop.yaml:6:63: launch.process.env.PORT is set by teal itself"}},
		{"literal secret", "apps/shop.yaml", in("[bin/shop]", "[bin/shop], env: {API_TOKEN: hunter2, DSN: 'postgres://u:hunter2@h/d'}"), []string{
			"apps/shop.yaml:6:68: launch.process.env.API_TOKEN looks like a secret", "apps/shop.yaml:6:82: launch.process.env.DSN has a password in it"}},
		{"password in the URL", "apps/shop.yaml", shop + "database: {url: 'postgres://u:hunter2@h/d', direct_url: 'host=h password=hunter2'}\n", []string{
			"apps/shop.yaml:11:17: database.url has a password in it: put the whole value into a file", "apps/shop.yaml:11:57: database.direct_url has a password in it"}},
		{"table", "apps/shop.yaml", shop + "database: {url: 'env:X', table: 'a; drop'}\n", []string{`apps/shop.yaml:11:33: database.table is "a; drop"`}},
		{"role", "apps/shop.yaml", shop + "switch: {approval: dbas}\n", []string{`apps/shop.yaml:11:20: switch.approval is "dbas": did you mean "dba"?`}},
		{"never ready", "apps/shop.yaml", shop + "health: {stable: 10m}\n", []string{"apps/shop.yaml:11:9: health.deadline is 5m0s, but"}},
		{"too fast", "apps/shop.yaml", shop + "health: {every: 1ms}\n", []string{"apps/shop.yaml:11:17: health.every is 1ms: the least is 50ms"}},
	}
}

func daemonProblems() []problemCase {
	teal := base()["teal.yaml"]
	return []problemCase{
		{"empty name", "teal.yaml", strings.Replace(teal, "name: test", `name: ""`, 1), []string{`teal.yaml:2:7: name is "": it must be a small letter`}},
		{"a name that NATS does not take", "teal.yaml", strings.Replace(teal, "name: test", "name: prod.eu1", 1), []string{`teal.yaml:2:7: name is "prod.eu1"`}},
		{"no haproxy", "teal.yaml", "version: 1\nname: test\n", []string{"apps/shop.yaml:8:10: traffic.nodes names lb1, but teal.yaml has no haproxy nodes"}},
		{"open API", "teal.yaml", teal + "listen: {http: 0.0.0.0:7433}\n", []string{"teal.yaml:5:16: listen.http is 0.0.0.0:7433: without a token"}},
		{"open NATS", "teal.yaml", teal + "nats: {embedded: {listen: ':4222'}}\n", []string{`teal.yaml:5:27: nats.embedded.listen is ":4222": it must be host:port`}},
		{"open NATS on all", "teal.yaml", teal + "nats: {embedded: {listen: '0.0.0.0:4222'}}\n", []string{"teal.yaml:5:27: nats.embedded.listen is 0.0.0.0:4222: the embedded server has no users"}},
		{"both NATS", "teal.yaml", teal + "nats: {embedded: {}, url: 'nats://h:4222'}\n", []string{"teal.yaml:5:7: nats needs exactly one of embedded and url"}},
		{"token in the URL", "teal.yaml", teal + "nats: {url: 'nats://hunter2@h:4222'}\n", []string{"teal.yaml:5:13: nats.url has a user or token in it"}},
		{"postgres store", "teal.yaml", teal + "store: {postgres: 'env:X'}\n", []string{"teal.yaml:5:19: store.postgres is not available yet"}},
		{"principal", "teal.yaml", teal + "access: {admin: [root]}\n", []string{`teal.yaml:5:18: access.admin.0 is "root": it must be uid:`}},
		{"stray file", "apps/pay.yml", "", []string{"apps/pay.yml: is not read: rename it to apps/pay.yaml"}},
		{"stray app", "pay.yaml", "", []string{"pay.yaml: is not read here"}},
		{"bad key", "keys/ci.yaml", "version: 1\nkey: ssh-ed25519 AAAA\napps: []\nnot_after: soon\n", []string{
			"keys/ci.yaml:2:6: the key does not begin with", "keys/ci.yaml:3:7: apps is empty", "keys/ci.yaml:4:12: not_after must be a day"}},
	}
}

func TestProblems(t *testing.T) {
	tests := slices.Concat(formProblems(), setProblems(), appProblems(), daemonProblems())
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			files := base()
			files[test.file] = test.text
			_, err := load(t, files)
			var problems config.Problems
			require.ErrorAs(t, err, &problems)
			require.Len(t, problems, len(test.want), err.Error())
			require.Equal(t, strings.Contains(err.Error(), "not YAML") || strings.Contains(err.Error(), "is empty: it needs"), problems[0].Unreadable)
			for i, want := range test.want {
				require.Truef(t, strings.HasPrefix(problems[i].String(), want), "got  %s\nwant %s…", problems[i], want)
			}
			require.NotContains(t, err.Error(), "hunter2")
		})
	}
}

func TestAllFilesAtOnce(t *testing.T) {
	_, err := load(t, map[string]string{"teal.yaml": "version: 1\nnam: x\n", "apps/a.yaml": "version: 3\n", "keys/k.yaml": "{", "policies/p.yaml": "x"})
	var problems config.Problems
	require.ErrorAs(t, err, &problems)
	files := map[string]int{}
	for _, p := range problems {
		files[p.File]++
	}
	require.Equal(t, map[string]int{"teal.yaml": 2, "apps/a.yaml": 4, "keys/k.yaml": 1}, files, err.Error())
	_, err = config.Load(t.TempDir())
	require.ErrorContains(t, err, "teal init")
	_, err = config.Load(filepath.Join(t.TempDir(), "absent"))
	require.ErrorContains(t, err, "cannot be read")
}

func TestTwoAppsInOneDatabase(t *testing.T) {
	secret := filepath.Join(t.TempDir(), "dsn")
	require.NoError(t, os.WriteFile(secret, []byte("postgres://u:hunter2@localhost/d\n"), 0o600))
	other := secret + "2"
	require.NoError(t, os.WriteFile(other, []byte("postgresql://v:hunter3@127.0.0.1:5432/d"), 0o600))
	files := base()
	files["apps/shop.yaml"] += "database: {url: 'file:" + secret + "'}\n"
	files["apps/pay.yaml"] = app("pay", 6000) + "database: {url: 'file:" + other + "'}\n"
	_, err := load(t, files)
	require.ErrorContains(t, err, "apps/shop.yaml:11:11: the version table schema_migrations is that of app pay already")
	require.NotContains(t, err.Error(), "hunter")
	files["apps/pay.yaml"] = app("pay", 6000) + "database: {url: 'file:" + other + "', table: pay_migrations}\n"
	s, err := load(t, files)
	require.NoError(t, err)
	require.Empty(t, s.Warnings)
}

func TestSecretsAreNotPrinted(t *testing.T) {
	path := filepath.Join(t.TempDir(), "dsn")
	require.NoError(t, os.WriteFile(path, []byte("hunter2\n"), 0o600))
	require.NoError(t, os.Chmod(path, 0o644))
	t.Setenv("TEAL_TEST_DSN", "hunter2")
	files := base()
	files["apps/shop.yaml"] += "database: {url: 'file:" + path + "', direct_url: 'env:TEAL_TEST_DSN'}\n"
	s, err := load(t, files)
	require.NoError(t, err)
	require.Len(t, s.Warnings, 1)
	require.Contains(t, s.Warnings[0].Text, "everybody on this machine can read")
	db := s.Apps["shop"].Database
	for _, secret := range []config.Secret{db.URL, db.DirectURL} {
		value, err := secret.Resolve(t.Context())
		require.NoError(t, err)
		require.Equal(t, "hunter2", value)
	}
	body, err := json.Marshal(db)
	require.NoError(t, err)
	var log strings.Builder
	slog.New(slog.NewTextHandler(&log, nil)).Info("x", "secret", db.URL, "db", db)
	for _, text := range []string{string(body), log.String(), fmt.Sprintf("%v %+v %#v %s", db, db, db, db.URL)} {
		require.Contains(t, text, "***")
		require.NotContains(t, text, "hunter2")
		require.NotContains(t, text, path)
	}
	for _, gone := range []string{"env:TEAL_TEST_NONE", "file:/nowhere/at/all", "file:/tmp"} {
		_, err := config.Resolve(t.Context(), gone)
		require.Error(t, err)
	}
}

func TestModes(t *testing.T) {
	dir := write(t, t.TempDir(), base())
	require.NoError(t, os.Chmod(filepath.Join(dir, "apps"), 0o775))
	s, err := config.Load(dir)
	require.NoError(t, err)
	require.Contains(t, s.Warnings[0].String(), "apps: its group can write it")
	require.NoError(t, os.Chmod(filepath.Join(dir, "apps/shop.yaml"), 0o646))
	_, err = config.Load(dir)
	require.ErrorContains(t, err, "apps/shop.yaml: everybody on this machine can write it (mode 0646): chmod o-w")
}

func TestValidator(t *testing.T) {
	dir := write(t, t.TempDir(), base())
	write(t, dir, map[string]string{"policies/p.yaml": "x: 1\n", "policies/p_test.yaml": "y"})
	said := func(s *config.Snapshot) (list config.Problems) {
		for _, f := range s.Policies {
			list = append(list, config.Problem{File: f.Name, Line: 1, Column: 1, Text: "is odd: " + string(f.Data)})
		}
		return list
	}
	_, err := config.Load(dir, func(s *config.Snapshot) (problems, warnings config.Problems) { return said(s), nil })
	require.EqualError(t, err, "policies/p.yaml:1:1: is odd: x: 1\n")
	s, err := config.Load(dir, func(s *config.Snapshot) (problems, warnings config.Problems) { return nil, said(s) })
	require.NoError(t, err, "a warning refuses nothing")
	require.Contains(t, s.Warnings.Error(), "policies/p.yaml:1:1: is odd: x: 1\n")
}
