package demo

import (
	"context"
	"fmt"
	"io"
	"strings"
	"time"

	"teal.dev/teal/release"
)

// Summary is the end of the demo; its JSON is what teal demo -o json prints.
type Summary struct {
	OK              bool           `json:"ok"`
	Requests        int            `json:"requests"`
	Failed          int            `json:"failed"`
	Apart           Apart          `json:"apart"`
	Kinds           map[string]int `json:"kinds"`
	Failures        []string       `json:"failures"` // the first ones, in words
	Switches        []Switch       `json:"switches"`
	Rollbacks       int            `json:"rollbacks"`
	RollbackDetails []Rollback     `json:"rollback_details"`
	Refused         int            `json:"refused"`
	Refusals        []Refusal      `json:"refusals"`
	Abandoned       int            `json:"abandoned"`
	Abandonments    []Abandoned    `json:"abandonments"`
	Migrations      Migrations     `json:"migrations"`
	Steps           []Step         `json:"steps"`
	Missed          []string       `json:"missed"` // expectations that did not hold
	TookMS          int64          `json:"took_ms"`
}

// Migrations counts the files that were applied, and those whose release was refused.
type Migrations struct {
	Expand   int `json:"expand"`
	Contract int `json:"contract"`
	Refused  int `json:"refused"`
}

// Rollback is one way back, with its time from the word (or from the bad switch) to the commit read back.
type Rollback struct {
	How    string       `json:"how"`
	From   release.Slot `json:"from"`
	To     release.Slot `json:"to"`
	TookMS float64      `json:"took_ms"`
	AckMS  float64      `json:"ack_ms"`
	Why    string       `json:"why,omitempty"`
}

// Refusal is a release that was turned away at the door.
type Refusal struct {
	Version   string `json:"version"`
	Code      string `json:"code"`
	Statement string `json:"statement"`
	Rule      string `json:"rule"`
	Why       string `json:"why"`
	Instead   string `json:"instead"`
}

// Abandoned is a release that was given up before its switch.
type Abandoned struct {
	Version string `json:"version"`
	Code    string `json:"code"`
	Why     string `json:"why"`
}

// Good reports whether every expectation held.
func (s Summary) Good() bool { return s.OK }

// close ends the load and adds everything up.
func (p *play) close() Summary {
	var requests []sent
	told := 0
	if p.load != nil {
		p.load.Stop()
		requests, told = p.load.book.all(), p.load.book.told
	}
	p.integrity(requests)
	t := account(requests, p.outages, p.bad)
	t.Apart.SocketsTold = told
	switches := switchesOf(p.timeline.all())
	measure(switches, requests)
	p.expect(t.Requests > 1000, "more than a thousand requests", t.Requests)
	p.expect(t.Failed == 0, "no failed request", t.Failed, strings.Join(t.First, "; "))
	for _, s := range switches {
		p.expect(s.Stale == 0, fmt.Sprintf("no old answer after the switch %s to %s was read back", s.From, s.To), s.Stale)
	}
	s := Summary{
		Requests: t.Requests, Failed: t.Failed, Apart: t.Apart, Kinds: t.ByKind, Failures: list(t.First),
		Switches: list(switches), Rollbacks: len(p.rollbacks), RollbackDetails: list(p.rollbacks),
		Refused: len(p.refusals), Refusals: list(p.refusals), Abandoned: len(p.abandoned), Abandonments: list(p.abandoned),
		Migrations: Migrations{Expand: p.expands, Contract: p.contracts, Refused: len(p.refusals)}, Steps: list(p.steps), Missed: list(p.missed),
		TookMS: time.Since(p.began).Milliseconds(),
	}
	s.OK = len(s.Missed) == 0
	return s
}

// list is never null in JSON.
func list[T any](all []T) []T {
	if all == nil {
		return []T{}
	}
	return all
}

// integrity looks at the database with eyes of its own: which files were applied, and whether every customer is there whom a
// client was told to be.
func (p *play) integrity(requests []sent) {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	db := p.town.database
	var err error
	for track, n := range map[string]*int{"expand": &p.expands, "contract": &p.contracts} {
		if e := db.QueryRow(ctx, "SELECT count(*) FROM teal_ledger WHERE track = $1 AND state = 'applied'", track).Scan(n); e != nil {
			err = e
		}
	}
	p.expect(err == nil, "the ledger", err)
	if p.load == nil {
		return
	}
	confirmed, unknown := 0, 0
	for _, s := range requests {
		switch {
		case s.Kind != kindWrite:
		case s.failed():
			unknown++
		default:
			confirmed++
		}
	}
	var rows int
	err = db.QueryRow(ctx, "SELECT count(*) FROM customers WHERE first_name LIKE 'Client%'").Scan(&rows)
	p.expect(err == nil && rows >= confirmed && rows <= confirmed+unknown, fmt.Sprintf("%d customers written (and %d unknown)", confirmed, unknown), rows, err)
}

// Print writes the summary for people.
func (s Summary) Print(w io.Writer) {
	fmt.Fprintf(w, "\nSummary (%.1f s)\n", float64(s.TookMS)/1000)
	fmt.Fprintf(w, "  requests   %d sent, %d failed\n", s.Requests, s.Failed)
	for _, kind := range []string{kindKept, kindFresh, kindWrite, kindSlow, kindSocket} {
		fmt.Fprintf(w, "             %6d %s\n", s.Kinds[kind], kind)
	}
	fmt.Fprintf(w, "  apart      %d while HAProxy itself was dead (%d ms); %d answers that the bad version gave on purpose\n", s.Apart.HAProxyDead, s.Apart.HAProxyDeadMS, s.Apart.BadVersion)
	fmt.Fprintf(w, "             %d web sockets were told that their version goes away, and connected again\n", s.Apart.SocketsTold)
	fmt.Fprintf(w, "  switches   %d\n", len(s.Switches))
	for _, one := range s.Switches {
		from := "nothing"
		if one.From != release.None {
			from = fmt.Sprintf("%s in %s", one.FromVersion, one.From)
		}
		fmt.Fprintf(w, "             %-12s → %-12s  command → read back %6.1f ms, → last old answer to a later request %6.1f ms\n", from, fmt.Sprintf("%s in %s", one.ToVersion, one.To), one.AckMS, one.LastOldMS)
	}
	fmt.Fprintf(w, "  rollbacks  %d\n", s.Rollbacks)
	for _, r := range s.RollbackDetails {
		fmt.Fprintf(w, "             %-22s %s → %s in %.0f ms\n", r.How, r.From, r.To, r.TookMS)
	}
	fmt.Fprintf(w, "  migrations %d expand and %d contract applied; %d refused\n", s.Migrations.Expand, s.Migrations.Contract, s.Migrations.Refused)
	fmt.Fprintf(w, "  abandoned  %d\n", s.Abandoned)
	for _, f := range s.Failures {
		fmt.Fprintf(w, "  FAILED     %s\n", f)
	}
	for _, m := range s.Missed {
		fmt.Fprintf(w, "  MISSED     %s\n", m)
	}
	if s.OK {
		fmt.Fprintf(w, "  All %d steps ended as expected.\n", len(s.Steps))
	}
}
