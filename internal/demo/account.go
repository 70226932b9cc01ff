package demo

import (
	"fmt"
	"time"

	"teal.dev/teal/release"
)

// outage is a time in which HAProxy itself was dead: from kill -9 until it listened again.
type outage struct{ From, To time.Time }

func (o outage) meets(s sent) bool { return s.Begun.Before(o.To) && s.Ended.After(o.From) }

// Apart are failures that no release is to blame for; they are counted by their cause.
type Apart struct {
	HAProxyDead   int `json:"haproxy_dead"`     // while it was killed and not started again
	BadVersion    int `json:"bad_version"`      // 5xx that the bad version answered on purpose
	HAProxyDeadMS int `json:"haproxy_dead_ms"`  // how long it was dead
	SocketsTold   int `json:"web_sockets_told"` // closed in order by a version that was retired, and opened again: no failures
}

// totals is the account of all requests.
type totals struct {
	Requests int
	Failed   int
	Apart    Apart
	ByKind   map[string]int
	First    []string // the first failures, in words
}

// account judges every request. bad are the versions that answer 5xx on purpose.
func account(requests []sent, outages []outage, bad map[string]bool) totals {
	t := totals{ByKind: map[string]int{}}
	for _, o := range outages {
		t.Apart.HAProxyDeadMS += int(o.To.Sub(o.From).Milliseconds())
	}
	for _, s := range requests {
		t.Requests++
		t.ByKind[s.Kind]++
		switch {
		case !s.failed():
		case s.Status >= 500 && bad[s.Version]:
			t.Apart.BadVersion++
		case during(outages, s):
			t.Apart.HAProxyDead++
		default:
			t.Failed++
			if len(t.First) < 10 {
				t.First = append(t.First, fmt.Sprintf("%s, begun %s, after %s: status %d %s", s.Kind, s.Begun.Format("15:04:05.000"), s.Ended.Sub(s.Begun).Round(time.Millisecond), s.Status, s.Err))
			}
		}
	}
	return t
}

func during(outages []outage, s sent) bool {
	for _, o := range outages {
		if o.meets(s) {
			return true
		}
	}
	return false
}

// Switch is one move of the traffic, seen from both sides.
type Switch struct {
	From        release.Slot    `json:"from"`
	To          release.Slot    `json:"to"`
	FromVersion release.Version `json:"from_version,omitempty"`
	ToVersion   release.Version `json:"to_version,omitempty"`
	Rule        string          `json:"rule"`
	AckMS       float64         `json:"ack_ms"`      // from the command to its commit read back from every node
	LastOldMS   float64         `json:"last_old_ms"` // from the command to the last old answer to a request begun after it
	Stale       int             `json:"stale"`       // old answers to requests begun after the commit was read back; must be 0

	began, acked time.Time
}

// switchesOf finds the switches in a timeline: every send that was confirmed and moved the live slot.
func switchesOf(entries []release.Entry) []Switch {
	var list []Switch
	live, runs := release.None, map[release.Slot]release.Version{}
	for _, e := range entries {
		if e.Action.Kind == release.Start {
			runs[e.Action.Slot] = e.Action.Plan.Version
		}
		to := e.Action.Route.Live
		if e.Action.Kind != release.Send || e.Took <= 0 || e.Error != "" || to == live {
			continue
		}
		list = append(list, Switch{From: live, To: to, Rule: e.Action.Rule, AckMS: ms(e.Took), began: e.At.Add(-e.Took), acked: e.At,
			FromVersion: runs[live], ToVersion: runs[to]})
		live = to
	}
	return list
}

// measure adds what the clients saw of each switch. Only short requests are looked at: one that takes 500 ms says nothing
// about the switch.
func measure(switches []Switch, requests []sent) {
	for i := range switches {
		s := &switches[i]
		until := time.Now()
		if i+1 < len(switches) {
			until = switches[i+1].began
		}
		for _, r := range requests {
			if !r.short() || s.From == release.None || r.Slot != string(s.From) || !r.Begun.After(s.began) || !r.Begun.Before(until) {
				continue
			}
			s.LastOldMS = max(s.LastOldMS, ms(r.Ended.Sub(s.began)))
			if r.Begun.After(s.acked) {
				s.Stale++
			}
		}
	}
}

func ms(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }
