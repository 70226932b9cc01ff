package demo

import (
	"fmt"
	"os"
	"strings"
)

// daemonConfig is teal.yaml.
func (t *town) daemonConfig() string {
	return fmt.Sprintf(`version: 1
name: %s
nats: {embedded: {listen: 127.0.0.1:%d, dir: %s}}
store: {sqlite: %s}
listen: {http: 127.0.0.1:%d, socket: %s}
access: {admin: ["uid:%d"]}
haproxy:
  lb1: {socket: %s, master: %s}
`, audience, t.ports.nats, t.path("nats"), t.path("state", "teal.db"), t.ports.http, t.path("teal.sock"), os.Getuid(), t.haproxy.Socket, t.haproxy.Master)
}

// appConfig is apps/shop.yaml. The times are those of a demo: minutes and days become seconds.
func (t *town) appConfig(allowUnsigned bool) string {
	return fmt.Sprintf(`version: 1
slots:
  a: {address: 127.0.0.1:%d}
  b: {address: 127.0.0.1:%d}
launch:
  process:
    root: %s
    command: [bin/shop, demo-app]
    env: {DATABASE_URL: "file:%s"}
health: {path: /healthz, every: 250ms, timeout: 1s, passes: 3, stable: 500ms, deadline: 8s}
traffic:
  nodes: [lb1]
  map: {file: %s, name: %s}
  drain: 1s
  long_lived: 3s
bake: {for: 3s, max_errors: 1%%, few_requests: pass}
warm: {for: 10m, auto_rollback: true}
database: {url: "file:%s"}
contract: {after: 10m, approval: none}
release: {allow_unsigned: %t}
`, t.ports.a, t.ports.b, t.path("releases"), t.path("app.dsn"), t.mapFile(), t.mapFile(), t.path("migrator.dsn"), allowUnsigned)
}

// writeConfig writes the config directory, the secrets beside it, and the build system's key.
func (t *town) writeConfig() error {
	for _, dir := range []string{t.path("config", "apps"), t.path("config", "keys"), t.path("maps"), t.path("state"), t.path("nats"), t.path("migrations")} {
		if err := os.MkdirAll(dir, 0o755); err != nil {
			return err
		}
	}
	for path, text := range map[string]string{
		t.path("app.dsn"):             t.postgres.DSN(app),
		t.path("migrator.dsn"):        t.postgres.DSN(app),
		t.path("config", "teal.yaml"): t.daemonConfig(),
	} {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			return err
		}
	}
	if err := t.newKey(); err != nil {
		return err
	}
	return t.writeApp(true)
}

// writeApp replaces the app's file by rename, as a careful editor does.
func (t *town) writeApp(allowUnsigned bool) error {
	path := t.path("config", "apps", app+".yaml")
	if err := os.WriteFile(path+".new", []byte(t.appConfig(allowUnsigned)), 0o644); err != nil {
		return err
	}
	return os.Rename(path+".new", path)
}

// shortened is the part of the configuration that differs from what a site would have.
func (t *town) shortened() string {
	var lines []string
	for line := range strings.Lines(t.appConfig(true)) {
		for _, key := range []string{"health:", "  drain:", "  long_lived:", "bake:", "warm:", "contract:"} {
			if strings.HasPrefix(line, key) {
				lines = append(lines, "    "+strings.TrimRight(line, "\n"))
			}
		}
	}
	return strings.Join(lines, "\n")
}
