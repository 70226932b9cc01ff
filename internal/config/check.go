package config

import (
	"path/filepath"
	"reflect"
	"regexp"
	"strings"
	"time"
)

func namePattern() *regexp.Regexp { return regexp.MustCompile(`^[a-z][a-z0-9-]{0,39}$`) }

func valueOf(pointer any) reflect.Value { return reflect.ValueOf(pointer).Elem() }

func isFile(s Secret) bool { return strings.HasPrefix(s.text, "file:") }

func checkVersion(in *decoder, version int) {
	if _, said := in.at["version"]; said && version != 1 {
		in.failAt("version", "version is %d: this teal reads version 1", version)
	}
}

// check looks at what the keys of one app mean together.
func (a *App) check(in *decoder) {
	checkVersion(in, a.Version)
	if a.Slots.A.Address != "" && a.Slots.A.Address == a.Slots.B.Address {
		in.failAt("slots.b.address", "both slots are at %s: each needs an address of its own", a.Slots.A.Address)
	}
	a.Launch.check(in)
	a.Health.check(in)
	a.Traffic.check(in)
	for path, role := range map[string]string{"switch.approval": a.Switch.Approval, "contract.approval": a.Contract.Approval} {
		in.oneOf(path, role, "none", "operator", "dba", "admin")
	}
	in.oneOf("bake.few_requests", a.Bake.FewRequests, "pass", "hold")
	in.oneOf("queue", a.Queue, "newest", "fifo")
	if a.Database != nil {
		a.Database.check(in)
	}
}

func (l Launch) check(in *decoder) {
	kinds := 0
	for _, set := range []bool{l.Process != nil, l.Command != nil, l.Docker != nil} {
		if set {
			kinds++
		}
	}
	if _, said := in.at["launch"]; said && kinds != 1 {
		in.failAt("launch", "launch needs exactly one of process and command, not %d", kinds)
	}
	if l.Command != nil {
		in.failAt("launch.command", "launch.command is not available yet: use launch.process, which runs the version itself")
	}
	if l.Docker != nil {
		in.failAt("launch.docker", "launch.docker is not available yet: use launch.process, which runs the version itself")
	}
	if p := l.Process; p != nil {
		p.check(in)
	}
}

func (p Process) check(in *decoder) {
	const path = "launch.process."
	if _, said := in.at[path+"command"]; said && (len(p.Command) == 0 || p.Command[0] == "") {
		in.failAt(path+"command", "%scommand is empty: name the executable inside the version's directory, as in [bin/shop]", path)
	} else if said && !filepath.IsAbs(p.Command[0]) && !filepath.IsLocal(p.Command[0]) {
		in.failAt(path+"command", "%scommand leaves the version's directory: name an executable inside it, as in [bin/shop]", path)
	}
	for name, value := range p.Env {
		at := path + "env." + name
		upper := strings.ToUpper(name)
		switch {
		case !regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*$`).MatchString(name):
			in.failAt(at, "%s is not the name of a variable", at)
		case upper == "PORT" || strings.HasPrefix(upper, "TEAL_"):
			in.failAt(at, "%s is set by teal itself: choose another name", at)
		case regexp.MustCompile(`PASSW(OR)?D|SECRET|TOKEN|PRIVATE_?KEY|API_?KEY`).MatchString(upper) && value.text == secretLiteral(value):
			in.failAt(at, "%s looks like a secret: put the value into a file that only teal can read and write file:/path here (or env:NAME)", at)
		}
		if w := value.warning(); w != "" {
			in.warnAt(at, "%s %s", at, w)
		}
	}
}

// secretLiteral returns the text when it is neither a reference nor empty.
func secretLiteral(s Secret) string {
	if isFile(s) || strings.HasPrefix(s.text, "env:") || s.text == "" {
		return "\x00"
	}
	return s.text
}

func (h Health) check(in *decoder) {
	if !strings.HasPrefix(h.Path, "/") || strings.ContainsAny(h.Path, " \t\r\n#") {
		in.failAt("health.path", "health.path is %q: it must begin with / and have no blanks", h.Path)
	}
	least := func(path string, value Duration, floor time.Duration) {
		if time.Duration(value) < floor {
			in.failAt(path, "%s is %s: the least is %s", path, value, floor)
		}
	}
	least("health.every", h.Every, 50*time.Millisecond)
	least("health.timeout", h.Timeout, time.Millisecond)
	least("health.deadline", h.Deadline, time.Millisecond)
	if h.Passes < 1 || h.Passes > 1000 {
		in.failAt("health.passes", "health.passes is %d: it must be from 1 to 1000", h.Passes)
	}
	// the first pass may come at once; the last one ends the stable time
	needed := max(time.Duration(h.Stable), time.Duration(h.Passes-1)*time.Duration(h.Every))
	if h.Passes >= 1 && h.Passes <= 1000 && time.Duration(h.Deadline) <= needed {
		in.failAt("health.deadline", "health.deadline is %s, but %d passes every %s and stable for %s take %s: no release could ever be ready",
			h.Deadline, h.Passes, h.Every, h.Stable, needed)
	}
}

func (t Traffic) check(in *decoder) {
	if _, said := in.at["traffic.nodes"]; said && len(t.Nodes) == 0 {
		in.failAt("traffic.nodes", "traffic.nodes is empty: name at least one node of teal.yaml's haproxy")
	}
	if _, said := in.at["traffic.map.file"]; said && t.Map.File == "" {
		in.warnAt("traffic.map.file", "traffic.map.file is none: after a restart of HAProxy nothing says where the traffic goes until teal has told it")
		if t.Map.Name == "" {
			in.failAt("traffic.map", "traffic.map.name is missing: without a file, teal must know the name by which HAProxy knows the map")
		}
	}
	if strings.ContainsAny(t.Map.Name, " \t\r\n;#\\") {
		in.failAt("traffic.map.name", "traffic.map.name has blanks or other characters that HAProxy's socket does not take")
	}
	if strings.ContainsAny(string(t.Map.File), " \t\r\n;#\\") {
		in.failAt("traffic.map.file", "traffic.map.file has blanks or other characters that HAProxy's config does not take")
	}
}

func (d Database) check(in *decoder) {
	if !regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*(\.[A-Za-z_][A-Za-z0-9_]*)?$`).MatchString(d.Table) || len(d.Table) > 54 {
		in.failAt("database.table", "database.table is %q: it must be letters, digits and _ (schema.table at most), 54 characters at most", d.Table)
	}
	if d.Backfill.MaxRows < 0 {
		in.failAt("database.backfill.max_rows", "database.backfill.max_rows is negative; 0 allows no data statement on a table with rows")
	}
	for i, dir := range d.Migrations.AllowDirs {
		if dir == "/" {
			in.failAt("database.migrations.allow_dirs", "database.migrations.allow_dirs[%d] is /: that would let an event name any folder of this machine", i)
		}
	}
	for path, url := range map[string]Secret{"database.url": d.URL, "database.direct_url": d.DirectURL} {
		if w := url.warning(); w != "" {
			in.warnAt(path, "%s %s", path, w)
		}
	}
}
