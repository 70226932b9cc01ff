package haproxy

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"

	"teal.dev/teal/release"
)

// Status is the outcome of one check.
type Status string

// The outcomes. Warn works, with less safety than it could; Fail does not work.
const (
	OK   Status = "ok"
	Warn Status = "warn"
	Fail Status = "fail"
)

// Check is one thing that teal needs of an HAProxy, and how it is.
type Check struct {
	Name   string `json:"name"`
	Status Status `json:"status"`
	Text   string `json:"text"`
	Fix    string `json:"fix,omitempty"`
}

// report collects checks.
type report []Check

func (r *report) add(name string, status Status, text, fix string) {
	if status == OK {
		fix = ""
	}
	*r = append(*r, Check{Name: name, Status: status, Text: text, Fix: fix})
}

// test adds a check that is OK when good, and otherwise bad.
func (r *report) test(name string, good bool, bad Status, text, fix string) {
	if good {
		bad = OK
	}
	r.add(name, bad, text, fix)
}

// Doctor compares a running HAProxy with what teal needs for an app. config is the path of its haproxy.cfg, read and never
// written; "" = what cannot be seen through the socket is not checked.
func (n *Node) Doctor(ctx context.Context, app App, config string) []Check {
	var r report
	if err := errors.Join(checkName(app.Name), checkName(app.MapName)); err != nil {
		r.add("names", Fail, err.Error(), "rename it in the app's file")
		return r
	}
	n.socketChecks(&r)
	a, err := n.ask(ctx, n.runtime(), false, "show map", "show map "+app.MapName,
		"show stat "+Backend(app.Name, release.A)+" 6 -1", "show stat "+Backend(app.Name, release.B)+" 6 -1")
	if err != nil {
		r.add("socket", Fail, err.Error(), "see that HAProxy runs, that the path is right and that teal's user may open the socket")
	} else {
		r.add("socket", OK, n.cfg.Name+" answers completely", "")
		n.processChecks(&r, a)
		n.mapChecks(&r, app, a)
		for i, slot := range release.Slots() {
			backendChecks(&r, app, slot, a.text[2+i])
		}
	}
	n.masterChecks(ctx, &r)
	if config != "" {
		configChecks(&r, config, app)
	}
	if count := n.Outstanding(); count > 0 {
		r.add("outstanding", Warn, outstanding(count), "stats maxconn 64 and stats timeout 10s keep the command line free")
	}
	return r
}

// socketChecks looks at the socket's file: whoever may open it may switch production, at level user too.
func (n *Node) socketChecks(r *report) {
	if n.cfg.Socket == "" {
		return
	}
	info, err := os.Stat(n.cfg.Socket)
	switch {
	case errors.Is(err, fs.ErrPermission):
		r.add("socket file", Fail, err.Error(), "put teal's user into the group of the socket (stats socket … mode 660 group teal)")
	case err != nil:
		r.add("socket file", Fail, err.Error(), "add to global: stats socket "+n.cfg.Socket+" mode 660 level admin")
	default:
		mode := info.Mode().Perm()
		r.test("socket file", mode&0o007 == 0, Warn, fmt.Sprintf("%s has mode %o", n.cfg.Socket, mode),
			"stats socket … mode 660: whoever opens it can switch traffic, at level user too")
	}
}

func (n *Node) processChecks(r *report, a answer) {
	r.test("version", a.info.AtLeast(2, 4), Fail, "HAProxy "+a.info.Version, "teal needs 2.4 or later (prepare map, commit map)")
	r.test("worker", !a.info.Stopping, Fail, "worker "+a.info.Instance(), "a stopping worker answered: wait for the reload to end and ask again")
	denied := strings.HasPrefix(a.text[0], "Permission denied") || strings.HasPrefix(a.text[1], "Permission denied")
	r.test("level", !denied, Fail, "commands on maps", "give the stats socket level admin: from 3.3 on even reading a map needs it")
}

// mapChecks compares the map that runs with the file that the next restart reads.
func (n *Node) mapChecks(r *report, app App, a answer) {
	list, err := parseMaps(a.text[0])
	known := false
	for _, m := range list {
		known = known || m.Name == app.MapName
	}
	if err != nil {
		r.add("map", Fail, err.Error(), "report this to teal with the version of HAProxy")
		return
	}
	r.test("map", known, Fail, app.MapName, "no front-end uses this map: adopt the section of teal haproxy config "+app.Name+", or set traffic.map.name to the name HAProxy uses")
	if !known {
		return
	}
	dump, err := parseDump(a.text[1])
	if err != nil {
		r.add("map lines", Fail, err.Error(), "report this to teal with the version of HAProxy")
		return
	}
	value, lines := find(dump, app.Name)
	_, ours := ParseValue(app.Name, value)
	r.test("map lines", lines <= 1 && len(dump) == lines, Warn, fmt.Sprintf("%d lines, %d of them for %s", len(dump), lines, app.Name),
		"one map per app and one line in it: the next switch removes all others")
	r.test("map value", lines == 0 || ours, Fail, fmt.Sprintf("%q", value), "another writer was here: see who, then: teal adopt "+app.Name+" --rev")
	if noFile(app.MapFile) {
		r.add("map file", Warn, "teal writes no map file for "+app.Name, "set traffic.map.file: without it every restart or reload of HAProxy undoes the last switch for a moment")
		return
	}
	content, err := os.ReadFile(app.MapFile)
	if err != nil {
		r.add("map file", Fail, err.Error(), "HAProxy does not start without it: give teal access to its directory")
		return
	}
	running := ""
	for _, p := range dump {
		running += p.Key + " " + p.Value + "\n"
	}
	r.test("map file", string(content) == running, Fail, fmt.Sprintf("%s says %q, the running map %q", app.MapFile, content, running),
		"the next reload would move traffic: see that teal is the only writer of the file, and let it send the route again")
}

func backendChecks(r *report, app App, slot release.Slot, text string) {
	name := Backend(app.Name, slot)
	rows, missing, err := parseStat(text)
	if err != nil {
		r.add(name, Fail, err.Error(), "report this to teal with the version of HAProxy")
		return
	}
	seen, ok := server(rows, false)
	if missing || !ok {
		r.add(name, Fail, "the back-end is missing or has no server", "adopt the section of teal haproxy config "+app.Name)
		return
	}
	servers := 0
	var first Row
	for _, row := range rows {
		if row.Type == "2" {
			if servers++; servers == 1 {
				first = row
			}
		}
	}
	checked := first.Check != "" && first.Status != "no check"
	r.test(name, checked, Fail, fmt.Sprintf("server %s is %s, check %q", first.Server, seen.Status, first.Check),
		"add check to the server (default-server check …): teal sends no traffic to a server that HAProxy does not check")
	r.test(name+" servers", servers == 1, Warn, fmt.Sprintf("%d servers", servers), "teal looks at the first server only; one slot is one server")
	if want := app.Slots[slot]; want != "" && first.Address != "" {
		r.test(name+" address", first.Address == want, Fail, "HAProxy sends to "+first.Address+", the slot's address is "+want,
			"make the server line and slots."+string(slot)+".address say the same")
	}
}

func (n *Node) masterChecks(ctx context.Context, r *report) {
	if n.cfg.DialMaster == nil {
		r.add("master", Warn, "no master socket is configured for "+n.cfg.Name,
			"start HAProxy with -W -S /run/haproxy-master.sock (Debian's unit does) and set haproxy."+n.cfg.Name+".master: until then connections of an old worker keep their side after a reload")
		return
	}
	old, err := n.oldWorkers(ctx)
	if err != nil {
		r.add("master", Fail, err.Error(), "see that HAProxy runs with -W -S and that teal's user may open the socket")
		return
	}
	r.add("master", OK, fmt.Sprintf("%d old workers", len(old)), "")
}
