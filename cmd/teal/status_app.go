package main

import (
	"cmp"
	"fmt"
	"io"
	"strings"
	"time"

	"teal.dev/teal/daemon"
	"teal.dev/teal/release"
)

// state is what an app does, in a few words; without now it has no age in it.
func state(app daemon.AppStatus, now time.Time) string {
	since := func(t time.Time) string {
		if now.IsZero() {
			return ""
		}
		return " " + age(now, t)
	}
	r := cmp.Or(app.Current, app.Last)
	text := "at rest"
	if r != nil {
		text = strings.ReplaceAll(string(r.Phase), "_", " ") + " " + string(r.Version) + since(r.Since)
	}
	switch {
	case app.Degraded != "":
		return "cannot work"
	case app.Hold != nil:
		return "HELD" + since(app.Hold.Since) + " (" + app.Hold.Code + ")"
	case contracting(app):
		return "contracting"
	case app.Waiting != nil:
		text = "waiting" + since(app.Waiting.Since) + " (" + app.Waiting.For + ")"
	case app.Live == release.None && r == nil:
		text = "nothing released yet"
	}
	if app.Removed {
		text += ", its file is gone"
	}
	return text
}

// class is the rollback class with its doubts.
func class(app daemon.AppStatus) string {
	var doubts []string
	if app.Unready != release.None {
		doubts = append(doubts, "not ready")
	}
	if app.Unproven {
		doubts = append(doubts, "unproven")
	}
	if len(doubts) == 0 {
		return string(app.Class)
	}
	return string(app.Class) + " (" + strings.Join(doubts, ", ") + ")"
}

// why is the last decision's sentence.
func why(app daemon.AppStatus) string {
	switch {
	case app.Degraded != "":
		return plain(app.Degraded)
	case app.Hold != nil:
		return plain(app.Hold.Why)
	case app.Waiting != nil:
		return plain(app.Waiting.Why)
	}
	if live := app.Slots[app.Live]; live.Want && live.Running == release.No && live.Problem != "" {
		return plain("slot " + string(app.Live) + " is live and does not run: " + live.Problem)
	}
	return plain(app.Why)
}

// printApp prints one app in full.
func printApp(w io.Writer, app daemon.AppStatus, now time.Time) error {
	say := func(label, format string, args ...any) {
		fmt.Fprintf(w, "%-10s%s\n", label, plain(fmt.Sprintf(format, args...)))
	}
	if app.Live == release.None {
		say(app.App, "nothing is live")
	} else {
		say(app.App, "%s is live in slot %s (rev %d, epoch %d)", cmp.Or(string(app.Version), "an unknown version"), app.Live, app.Rev, app.Epoch)
	}
	say("state", "%s", state(app, now))
	say("decision", "%s: %s", app.Rule, app.Why)
	say("rollback", "%s%s", class(app), meaning(app))
	printOverlays(say, app, now)
	if app.Job != nil {
		say("job", "%s of %s %s", app.Job.Kind, app.Job.Release, app.Job.Text)
	}
	if app.Launch != nil {
		say("launch", "%s in slot %s %s", app.Launch.Kind, app.Launch.Slot, app.Launch.Text)
	}
	for _, o := range app.Owed {
		line := owing{App: app.App, Owed: o, Running: contracting(app)}
		say("owed", "contract %s of %s, due %s%s", numbers(o.Numbers), o.Version, line.due(now), needs(app, o))
	}
	if c := app.Coming; c != nil {
		say("coming", "contract %s of %s%s: %s", numbers(c.Numbers), c.Version, willNeed(c.Needs), c.Why)
	}
	for _, q := range app.Queue {
		say("queued", "%s (%s) since %s", q.Version, q.ID, age(now, q.Accepted))
	}
	for _, p := range app.Problems {
		say("problem", "%s", p)
	}
	fmt.Fprintln(w)
	if err := printSlots(w, app); err != nil {
		return err
	}
	fmt.Fprintln(w)
	return printNodes(w, app)
}

// needs is what an owed contract waits for beside its time, and the command that goes on.
func needs(app daemon.AppStatus, o release.Owed) string {
	text, command := "", ": teal approve "+app.App
	if o.Denied != "" {
		text, command = ", refused by the policies in force", ", once they let it pass"
	}
	if roles := unspoken(app, o); len(roles) > 0 {
		text += ", needs the word of " + strings.Join(roles, " and ") + command
	}
	return text
}

// willNeed names those whose word a contract needs once it is owed.
func willNeed(roles []string) string {
	if len(roles) == 0 {
		return ""
	}
	return ", which will need the word of " + strings.Join(roles, " and ")
}

// printOverlays says what stops the app, and the command that goes on.
func printOverlays(say func(label, format string, args ...any), app daemon.AppStatus, now time.Time) {
	if h := app.Hold; h != nil {
		say("held", "%s since %s, at %s: %s", h.Code, age(now, h.Since), h.Step, h.Why)
		say("  next", "%s", goOn(app))
	}
	if wait := app.Waiting; wait != nil {
		until := ""
		if !wait.Until.IsZero() {
			until = ", until " + wait.Until.UTC().Format(time.RFC3339)
		}
		say("waiting", "for %s since %s%s: %s", strings.ReplaceAll(wait.For, "_", " "), age(now, wait.Since), until, wait.Why)
		switch wait.For {
		case "approval":
			say("  next", "teal approve %s --reason …%s", app.App, ofRoles(app))
		case "contract":
			say("  next", "teal contract %s --reason …", app.App)
		}
	}
	if app.Freeze.Active {
		say("frozen", "until %s: %s", app.Freeze.Until.UTC().Format(time.RFC3339), app.Freeze.Why)
	}
	if app.Degraded != "" {
		say("broken", "%s", app.Degraded)
	}
	if app.Removed {
		say("removed", "apps/%s.yaml is gone; its slots are kept as they are", app.App)
	}
}

// ofRoles names everybody whose word the next approval needs.
func ofRoles(app daemon.AppStatus) string {
	if len(app.Pending) == 0 {
		return ""
	}
	roles := app.Pending[0].Roles
	if len(roles) == 1 {
		return " (by somebody with the role " + roles[0] + ")"
	}
	return " (by somebody with each of the roles " + strings.Join(roles, " and ") + ")"
}

// goOn is the command after a hold.
func goOn(app daemon.AppStatus) string {
	name := app.App
	switch app.Hold.Code {
	case "foreign_rev":
		return "find who wrote the map, then: teal adopt " + name + " --rev --reason …"
	case "unknown_live_version":
		return "teal adopt " + name + " --live a|b|none --version V --migrations DIR --reason …"
	case "unknown_history":
		return "teal adopt " + name + " --migrations DIR --reason …, with the folder that the database holds already"
	case "copied_database":
		return "if this copy is the app's own now: teal adopt " + name + " --new-installation --reason …"
	case "few_requests":
		return "teal promote " + name + " --reason …, or teal rollback " + name + " --reason …"
	case "no_ready_target":
		return "bring a version up, then teal resume " + name + " --reason …; or teal rollback " + name + " --force --reason …"
	case "app_removed":
		return "put apps/" + name + ".yaml back, then teal resume " + name + " --reason …; or teal abandon " + name + " --reason …"
	}
	return "when the cause is gone: teal resume " + name + " --reason …"
}

// meaning says what the rollback class means for a person.
func meaning(app daemon.AppStatus) string {
	text := ""
	switch {
	case app.Class == release.ClassInstant:
		text = ": the earlier version is up; teal rollback " + app.App + " --reason …"
	case app.Class == release.ClassCold && app.Unready != release.None:
		text = fmt.Sprintf(": the earlier version is meant to be up in slot %s and is not ready now; teal rollback %s is refused without --force until it is", app.Unready, app.App)
	case app.Class == release.ClassCold:
		text = ": the earlier version is started again first; teal rollback " + app.App + " --reason …"
	case app.Class == release.ClassForwardOnly:
		text = ": the schema has gone past the earlier version; release a new one"
	case app.Class == release.ClassNone:
		text = ": there is no earlier version"
	}
	if app.Unproven {
		text += ". Unproven: it may meet values or a schema that it does not know"
	}
	return text
}

func printSlots(w io.Writer, app daemon.AppStatus) error {
	rows := [][]string{{"SLOT", "LIVE", "ROLE", "VERSION", "WANTED", "RUNNING", "READY", "PROBE", "PROBLEM"}}
	for _, slot := range release.Slots() {
		s := app.Slots[slot]
		running := truth(s.Running)
		if s.PID > 0 {
			running += fmt.Sprintf(" (pid %d)", s.PID)
		}
		probe := ""
		if s.Want && !s.Probe.At.IsZero() {
			probe = fmt.Sprintf("%d passed", s.Probe.Passes)
			if s.Probe.Fails > 0 {
				probe = fmt.Sprintf("%d failed", s.Probe.Fails)
			}
		}
		problem := cmp.Or(s.Problem, s.Probe.Problem)
		if !s.Want {
			problem = s.Problem
		}
		rows = append(rows, []string{string(slot), yes(slot == app.Live), s.Role, string(s.Version), yes(s.Want), running, truth(s.Ready), probe, problem})
	}
	return table(w, rows)
}

func printNodes(w io.Writer, app daemon.AppStatus) error {
	if len(app.Traffic) == 0 {
		return nil
	}
	rows := [][]string{{"HAPROXY", "ANSWERS", "ROUTE", "A", "B", "OLD WORKERS", "PROBLEM"}}
	for _, n := range app.Traffic {
		route := "no line"
		switch {
		case !n.Known:
			route = "unknown"
		case n.Foreign != "":
			route = "foreign: " + n.Foreign
		case n.Present:
			route = fmt.Sprintf("%s:%s:%d:%d", n.Route.Live, n.Route.Candidate, n.Route.Percent, n.Route.Rev)
		}
		rows = append(rows, []string{n.Name, yes(n.Known), route, n.Servers[release.A].Status, n.Servers[release.B].Status, fmt.Sprint(n.OldWorkers), n.Problem})
	}
	return table(w, rows)
}

func yes(b bool) string {
	if b {
		return "yes"
	}
	return "no"
}

func truth(t release.Tri) string { return cmp.Or(string(t), "unknown") }
