package demo

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"teal.dev/teal/daemon"
	"teal.dev/teal/release"
)

// firstInstall: the database is empty, both tracks are applied in number order.
func (p *play) firstInstall(ctx context.Context) error {
	id, err := p.town.publishPlain(ctx, "v1")
	if err != nil {
		return err
	}
	p.timeline.say("published with plain nats.go, unsigned: release %s of v1", id)
	if _, err := p.outcome(ctx, id, release.OutSwitched, ""); err != nil {
		return err
	}
	p.load = generate(ctx, p.town.front(), traffic{kept: 8, fresh: 4, slow: 6, sockets: 4, think: 20 * time.Millisecond})
	p.timeline.say("the load begins: 8 keep-alive clients, 4 that connect anew, 6 requests of 500 ms in flight, 4 web sockets")
	if _, err := p.outcome(ctx, id, release.OutFinished, ""); err != nil {
		return err
	}
	p.live(ctx, "v1", release.ClassNone)
	if err := p.town.writeApp(false); err != nil {
		return err
	}
	if _, err := p.town.api.Reload(ctx); err != nil {
		return err
	}
	p.timeline.say("apps/shop.yaml says allow_unsigned: false from now on; the daemon has taken it up")
	return nil
}

// secondVersion: the sync trigger needs the DBA's word.
func (p *play) secondVersion(ctx context.Context) error {
	id, err := p.town.publishSigned(ctx, "v2")
	if err != nil {
		return err
	}
	p.timeline.say("published with teal release, signed with the key ci: release %s of v2", id)
	if err := p.approve(ctx, id, "expand"); err != nil {
		return err
	}
	if _, err := p.outcome(ctx, id, release.OutBaking, "passed"); err != nil {
		return err
	}
	p.live(ctx, "v2", release.ClassInstant)
	var empty int
	err = p.town.database.QueryRow(ctx, "SELECT count(*) FROM customers WHERE first_name IS NULL OR concat_ws(' ', first_name, last_name) <> name").Scan(&empty)
	p.expect(err == nil && empty == 0, "every customer has both names, whoever wrote it", empty, err)
	return nil
}

// approve waits until a release needs somebody's word for a step, and gives it.
func (p *play) approve(ctx context.Context, id release.ID, step string) error {
	var waits daemon.Pending
	err := wait(ctx, patience, "the "+step+" of "+string(id)+" to ask for an approval", func() (bool, string) {
		list, err := p.town.api.Approvals(ctx)
		for _, one := range list {
			if one.Release == id && one.Step == step {
				waits = one
			}
		}
		return waits.Release != "", fmt.Sprint(list, err)
	})
	if err != nil {
		return err
	}
	p.expect(len(waits.Roles) == 1 && waits.Roles[0] == "dba", "the "+step+" waits for the dba", waits.Roles)
	_, err = p.say(ctx, release.VerbApprove, "the trigger keeps both names in step")
	return err
}

// warmRollback is a switch to a slot that runs and is ready.
func (p *play) warmRollback(ctx context.Context) error {
	var s daemon.AppStatus
	if err := p.seen(ctx, "version 1 to be warm", func(now daemon.AppStatus) bool { s = now; return s.Last != nil && s.Last.Phase == release.Warm }); err != nil {
		return err
	}
	asked := time.Now()
	if _, err := p.say(ctx, release.VerbRollback, "to see how fast it is"); err != nil {
		return err
	}
	if _, err := p.outcome(ctx, s.Last.ID, release.OutRolledBack, ""); err != nil {
		return err
	}
	p.rolledBack(ctx, "warm, by hand", asked)
	p.live(ctx, "v1", release.ClassNone)
	return nil
}

// rolledBack notes how long a rollback took: from its word to the commit read back.
func (p *play) rolledBack(ctx context.Context, how string, asked time.Time) {
	p.timeline.catchUp(ctx)
	for _, s := range switchesOf(p.timeline.all()) {
		if s.acked.After(asked) {
			r := Rollback{How: how, From: s.From, To: s.To, TookMS: ms(s.acked.Sub(asked)), AckMS: s.AckMS}
			p.rollbacks = append(p.rollbacks, r)
			p.timeline.say("all traffic is back in slot %s %.0f ms after the word", r.To, r.TookMS)
			return
		}
	}
	p.expect(false, "a switch back in the timeline", "none")
}

// secondAgain: going forward after a rollback is a new release of the same version.
func (p *play) secondAgain(ctx context.Context) error {
	id, err := p.baked(ctx, "v2")
	if err != nil {
		return err
	}
	if err := p.retire(ctx, id); err != nil {
		return err
	}
	p.live(ctx, "v2", release.ClassCold)
	return nil
}

// coldRollback starts the version before from its stored plan; then version 2 is released for the third time.
func (p *play) coldRollback(ctx context.Context) error {
	asked := time.Now()
	answer, err := p.say(ctx, release.VerbRollback, "to see that a stopped version comes back")
	if err != nil {
		return err
	}
	if _, err := p.outcome(ctx, answer.Action.Release, release.OutSwitched, ""); err != nil {
		return err
	}
	p.rolledBack(ctx, "cold, by hand", asked)
	p.live(ctx, "v1", release.ClassInstant)
	if _, err := p.say(ctx, release.VerbPromote, "version 1 is known to be good"); err != nil {
		return err
	}
	id, err := p.baked(ctx, "v2")
	if err != nil {
		return err
	}
	if err := p.retire(ctx, id); err != nil {
		return err
	}
	p.live(ctx, "v2", release.ClassCold)
	return nil
}

// contract: the demo holds a lock, so that there is a moment between the floor and the first statement.
func (p *play) contract(ctx context.Context) error {
	var s daemon.AppStatus
	if err := p.seen(ctx, "a contract to be owed", func(now daemon.AppStatus) bool { s = now; return len(s.Owed) == 1 }); err != nil {
		return err
	}
	lock, err := p.lock(ctx, "customers")
	if err != nil {
		return err
	}
	defer lock.release()
	p.timeline.say("a report reads customers in a long transaction (process %d), so the contract has to wait", lock.pid)
	if _, err := p.say(ctx, release.VerbContract, "nobody reads the old column any more"); err != nil {
		return err
	}
	if p.owesApproval(ctx) {
		if err := p.approve(ctx, s.Owed[0].Release, "contract"); err != nil {
			return err
		}
	}
	if err := p.blocked(ctx, "contract", lock.pid); err != nil {
		return err
	}
	now, err := p.status(ctx)
	p.expect(err == nil && now.Class == release.ClassForwardOnly, "forward-only before the first statement", now.Class, err)
	p.expect(p.hasColumn(ctx, "customers", "name"), "the column name still there", "it is gone")
	p.timeline.say("rollback class: %s, and customers.name is still there", now.Class)
	_, err = p.say(ctx, release.VerbRollback, "too late")
	no := refusal(err)
	if no == nil {
		return fmt.Errorf("the rollback must be refused, and the answer was: %w", cmp.Or(err, errors.New("yes")))
	}
	p.expect(no.Code == "forward_only", "a refusal with the code forward_only", no.Code)
	p.timeline.say("the rollback is refused (%s): %s", no.Code, no.Text)
	lock.release()
	if _, err := p.outcome(ctx, s.Owed[0].Release, release.OutContracted, ""); err != nil {
		return err
	}
	p.contracts += len(s.Owed[0].Numbers)
	p.expect(!p.hasColumn(ctx, "customers", "name"), "the column name gone", "it is still there")
	p.live(ctx, "v2", release.ClassForwardOnly)
	return nil
}

// owesApproval gives the core two looks to say that the contract needs somebody's word.
func (p *play) owesApproval(ctx context.Context) bool {
	asks := false
	err := p.seen(ctx, "the contract to begin, or to ask for an approval", func(s daemon.AppStatus) bool {
		asks = s.Waiting != nil && s.Waiting.For == "approval"
		return asks || s.Job != nil
	})
	return err == nil && asks
}

// blocked waits until teal says that a migration waits for the lock that a process holds.
func (p *play) blocked(ctx context.Context, track string, pid uint32) error {
	name, text := fmt.Sprint(pid), ""
	err := p.seen(ctx, "the "+track+" to name who holds its lock", func(s daemon.AppStatus) bool {
		if s.Job == nil || string(s.Job.Kind) != track || !contains(s.Job.Text, name) {
			return false
		}
		text = s.Job.Text
		return true
	})
	if err == nil {
		p.timeline.say("teal: %s", text)
	}
	return err
}

func (p *play) hasColumn(ctx context.Context, table, column string) bool {
	var n int
	err := p.town.database.QueryRow(ctx, "SELECT count(*) FROM pg_attribute WHERE attrelid = to_regclass($1) AND attname = $2 AND NOT attisdropped", table, column).Scan(&n)
	p.expect(err == nil, "an answer of the catalogue", err)
	return n > 0
}

// held is a lock of the demo's own.
type held struct {
	conn *pgx.Conn
	pid  uint32
}

// lock reads a table in a transaction that stays open, as a report or a backup does. The shop does not notice.
func (p *play) lock(ctx context.Context, table string) (*held, error) {
	conn, err := pgx.Connect(ctx, p.town.postgres.DSN(app))
	if err != nil {
		return nil, err
	}
	h := &held{conn: conn, pid: conn.PgConn().PID()}
	if _, err := conn.Exec(ctx, "BEGIN; SELECT count(*) FROM "+pgx.Identifier{table}.Sanitize()); err != nil {
		h.release()
		return nil, err
	}
	return h, nil
}

// release ends the transaction. It may be called twice.
func (h *held) release() {
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	_ = h.conn.Close(ctx) // with the session goes its lock
}
