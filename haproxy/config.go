package haproxy

import (
	"cmp"
	"fmt"
	"strings"

	"teal.dev/teal/release"
)

// Config is the section of haproxy.cfg that an operator adopts for an app: a front-end to take over or to copy the lines
// of, and the two back-ends. What belongs into global and defaults comes as comments, because there is one of each.
// socket and master are the paths of its sockets; "" = where Debian has them.
func Config(app App, socket, master string) string {
	return strings.Join([]string{
		"# teal: app " + app.Name + ". Adopt this once; teal never writes this file.",
		"#",
		"# global needs:",
		comment(global(cmp.Or(socket, "/run/haproxy/admin.sock"), 0)),
		"# defaults should have:",
		comment(defaults),
		"# HAProxy in master-worker mode with a master socket (-W -S " + cmp.Or(master, "/run/haproxy-master.sock") + ") lets teal reach old workers after a reload.",
		"# HAProxy does not start without the map file; teal creates it when it loads the app's config.",
		"# A front-end that you have already: put the lines below bind into it, instead of its default_backend, and leave this one out.",
		"",
		frontend(app, ":80"),
		backends(app),
	}, "\n")
}

// ExampleConfig is what Example needs for a whole haproxy.cfg.
type ExampleConfig struct {
	Socket  string            // of the runtime API
	Threads int               // 0 = HAProxy's own choice
	Apps    []App             // MapName is the path of the map file
	Bind    map[string]string // address of each app's front-end, by app
}

// Example is a complete configuration for apps on one HAProxy, as the demo runs it.
func Example(c ExampleConfig) string {
	out := []string{"global\n" + global(c.Socket, c.Threads), "defaults\n" + defaults}
	for _, app := range c.Apps {
		out = append(out, frontend(app, c.Bind[app.Name]), backends(app))
	}
	return strings.Join(out, "\n")
}

func global(socket string, threads int) string {
	out := fmt.Sprintf("    stats socket %s mode 660 level admin\n", socket) +
		"    stats maxconn 64\n" + // the default is 10 for all sockets together: ten idle connections stop every command
		"    stats timeout 10s\n" +
		"    hard-stop-after 5m\n" // bounds how long an old worker lives after a reload
	if threads > 0 {
		out += fmt.Sprintf("    nbthread %d\n", threads)
	}
	return out
}

const defaults = `    mode http
    option idle-close-on-response
    option redispatch
    retries 3
    timeout connect 2s
    timeout client 30s
    timeout server 30s
    timeout http-keep-alive 10s
    timeout tunnel 1h
`

// frontend looks the value up once per request. A value without a usable slot must not become an outage, and never a
// fixed slot: the only back-end with a server up gets the request; with two or none the answer is 503.
func frontend(app App, bind string) string {
	rel, slot := "txn.teal_"+variable(app.Name), "txn.teal_slot_"+variable(app.Name)
	a, b := Backend(app.Name, release.A), Backend(app.Name, release.B)
	lines := []string{
		"bind " + bind,
		"option idle-close-on-response",
		"# one lookup per request: <live>:<candidate>:<percent>:<rev>",
		fmt.Sprintf("http-request set-var(%s) str(%s),map(%s)", rel, app.Name, app.MapName),
		fmt.Sprintf("http-request set-var(%s) var(%s),field(1,:)", slot, rel),
		fmt.Sprintf("use_backend %s_%%[var(%s)] if { var(%s) -m str a b }", app.Name, slot, slot),
		"# no usable value: the only back-end with a server up, else 503. Never a default_backend here",
		fmt.Sprintf("use_backend %s if { nbsrv(%s) gt 0 } { nbsrv(%s) eq 0 }", a, a, b),
		fmt.Sprintf("use_backend %s if { nbsrv(%s) gt 0 } { nbsrv(%s) eq 0 }", b, b, a),
	}
	return "frontend teal_" + app.Name + "\n    " + strings.Join(lines, "\n    ") + "\n"
}

func backends(app App) string {
	health := app.Health
	if health == "" {
		health = "/healthz"
	}
	var out strings.Builder
	for _, slot := range release.Slots() {
		address := app.Slots[slot]
		if address == "" {
			address = "127.0.0.1:0 # the address of slot " + string(slot)
		}
		fmt.Fprintf(&out, "backend %s\n    mode http\n    option httpchk GET %s\n    http-check expect status 200-299\n", Backend(app.Name, slot), health)
		out.WriteString("    default-server check inter 1s fastinter 250ms downinter 500ms rise 2 fall 2\n")
		fmt.Fprintf(&out, "    server s1 %s\n", address)
	}
	return out.String()
}

// variable makes a name that HAProxy accepts for a variable.
func variable(name string) string {
	return strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' {
			return r
		}
		return '_'
	}, name)
}

func comment(block string) string {
	return "#" + strings.Join(strings.Split(strings.TrimSuffix(block, "\n"), "\n"), "\n#")
}
