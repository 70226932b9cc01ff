package config

import (
	"context"
	"maps"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"teal.dev/teal/internal/near"
)

// cross looks at what several files mean together.
func (l *loading) cross() {
	taken := claims{owner: map[string]string{}}
	d := l.snapshot.Daemon
	taken.first("address "+string(d.Listen.HTTP), "listen.http of teal.yaml")
	if d.NATS.Embedded != nil {
		taken.first("address "+string(d.NATS.Embedded.Listen), "nats.embedded.listen of teal.yaml")
	}
	for _, name := range l.snapshot.AppNames() {
		app, in := l.snapshot.Apps[name], l.apps[name]
		if l.whole {
			l.nodes(app, in)
		}
		who := "app " + name
		taken.claim(in, "slots.a.address", "address", string(app.Slots.A.Address), who, "an address serves one slot of one app")
		if app.Slots.B.Address != app.Slots.A.Address {
			taken.claim(in, "slots.b.address", "address", string(app.Slots.B.Address), who, "an address serves one slot of one app")
		}
		taken.claim(in, "traffic.map.file", "map file", string(app.Traffic.Map.File), who, "two apps in one map file lose each other's switches")
		for _, node := range app.Traffic.Nodes {
			on := ""
			if app.Traffic.Map.Name != "" {
				on = app.Traffic.Map.Name + " on " + node
			}
			taken.claim(in, "traffic.map.name", "map", on, who, "two apps in one map lose each other's switches")
		}
		if app.Database != nil {
			l.tables(app, in, taken)
		}
		if !app.Release.AllowUnsigned && !l.hasKey(name) {
			in.warnAt("", "no key in keys/ may release %s: every event for it will be rejected; make one with teal keys generate NAME --apps %s, and put NAME.yaml into keys/", name, name)
		}
	}
	for _, key := range l.snapshot.Keys {
		for _, app := range key.Apps {
			if _, known := l.snapshot.Apps[app]; !known && !strings.ContainsAny(app, "*?[\\") {
				l.keys[key.ID].warnAt("apps", "apps names %s, which has no file in apps/: %s", app, near.Hint(app, l.snapshot.AppNames()))
			}
		}
	}
}

func (l *loading) nodes(app *App, in *decoder) {
	known := slices.Sorted(maps.Keys(l.snapshot.Daemon.HAProxy))
	for i, node := range app.Traffic.Nodes {
		if slices.Contains(app.Traffic.Nodes[:i], node) {
			in.failAt("traffic.nodes", "traffic.nodes names %s twice", node)
		}
		if len(known) == 0 {
			in.failAt("traffic.nodes", "traffic.nodes names %s, but teal.yaml has no haproxy nodes", node)
		} else if !slices.Contains(known, node) {
			in.failAt("traffic.nodes", "traffic.nodes names %s, which is not a haproxy node of teal.yaml: %s", node, near.Hint(node, known))
		}
	}
}

// tables claims both version tables of golang-migrate in the app's database.
func (l *loading) tables(app *App, in *decoder, taken claims) {
	if !app.Database.URL.Set() {
		return
	}
	where := identity(app.Database.URL)
	for _, table := range []string{app.Database.Table, app.Database.Table + "_contract"} {
		taken.claim(in, "database", "version table", table+"\x00"+where, "app "+app.Name,
			"two apps in one database need different ones: set database.table")
	}
}

func (l *loading) hasKey(app string) bool {
	for _, key := range l.snapshot.Keys {
		if covers(key, app) {
			return true
		}
	}
	return false
}

// claims remembers who has what, so that the second one is told of the first.
type claims struct{ owner map[string]string }

func (c claims) first(what, who string) { c.owner[what] = who }

func (c claims) claim(in *decoder, path, kind, what, who, why string) {
	if what == "" {
		return
	}
	shown, _, _ := strings.Cut(what, "\x00") // what follows may come out of a secret
	if owner, taken := c.owner[kind+" "+what]; taken && owner != who {
		in.failAt(path, "the %s %s is that of %s already: %s", kind, shown, owner, why)
		return
	}
	c.owner[kind+" "+what] = who
}

// identity tells databases apart: by host and name where the URL can be read now, else by the reference. It may hold
// parts of a secret and is never shown.
func identity(s Secret) string {
	text, err := s.Resolve(context.Background())
	if err != nil {
		return s.text
	}
	if u, err := url.Parse(text); err == nil && u.Host+u.Query().Get("host") != "" {
		port := u.Port()
		switch {
		case port != "":
		case strings.HasPrefix(u.Scheme, "postgres"):
			port = "5432"
		case u.Scheme == "mysql":
			port = "3306"
		}
		host := strings.ToLower(u.Hostname())
		if host == "localhost" || host == "::1" {
			host = "127.0.0.1"
		}
		return strings.Join([]string{host, u.Query().Get("host"), port, strings.Trim(u.Path, "/")}, "|")
	}
	fields := map[string]string{} // keyword list: host=… dbname=…
	for _, pair := range regexp.MustCompile(`(\w+)\s*=\s*('[^']*'|\S+)`).FindAllStringSubmatch(text, -1) {
		fields[pair[1]] = strings.Trim(pair[2], "'")
	}
	if fields["dbname"] == "" {
		return text
	}
	return strings.Join([]string{fields["host"], fields["hostaddr"], fields["port"], fields["dbname"]}, "|")
}
