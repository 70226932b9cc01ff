package postgres

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"teal.dev/teal/events"
	"teal.dev/teal/migrate"
	"teal.dev/teal/release"
)

// Apply brings one track (or, merged, both) up to the folder. It may be called again after any crash: what was done is
// read from the database. It returns when its session has gone, so that nothing of it can happen later.
func (d *Database) Apply(ctx context.Context, m release.Migration, folder events.Folder, progress func(string)) (err error) {
	s, err := d.connect(ctx, worker(m.App)+string(m.Release), d.workerSettings())
	if err != nil {
		return err
	}
	defer func() { d.leave(s, err) }()
	r := &run{d: d, s: s, m: m, budget: &budget{left: d.config.LockBudget, say: progress}}
	if err := r.prepare(ctx, folder); err != nil {
		return r.explain(ctx, err)
	}
	files, err := r.choose(folder)
	if err != nil {
		return err
	}
	if err := r.lookOut(ctx, len(files)); err != nil {
		return r.explain(ctx, err)
	}
	if r.watch != nil {
		defer r.watch.hangUp()
	}
	for _, f := range files {
		r.budget.tell("applying " + f.Name)
		if err := r.step(ctx, f); err != nil {
			return r.explain(ctx, err)
		}
	}
	return nil
}

func (d *Database) workerSettings() map[string]string {
	return map[string]string{
		"lock_timeout": lockTimeout, "idle_in_transaction_session_timeout": "60s", "statement_timeout": "0",
	}
}

// run is one Apply at work.
type run struct {
	d      *Database
	s      *session
	m      release.Migration
	budget *budget
	ledger []migrate.Row
	watch  *session // looks who is in the way of s; nil = nobody looks
	xid    string   // of the last transaction that wrote a ledger row
}

// lookOut opens the session that looks who is in the way, when there is something to do. Nothing depends on it but manners.
func (r *run) lookOut(ctx context.Context, files int) error {
	if files == 0 {
		return ctx.Err()
	}
	watch, err := r.d.look(ctx)
	if err != nil {
		r.d.config.Logger.Warn("who is in the way of a migration cannot be looked up exactly: there is no second session", "error", err)
		return ctx.Err()
	}
	r.watch = watch
	return nil
}

// prepare takes the lock and leaves the database in a state that is proven.
func (r *run) prepare(ctx context.Context, folder events.Folder) error {
	if err := r.own(ctx); err != nil {
		return err
	}
	ledger, err := r.s.ledger(ctx, r.s, r.m.App)
	if err != nil {
		return err
	}
	r.ledger = ledger
	if err := r.recover(ctx, folder); err != nil {
		return err
	}
	return r.consistent(ctx)
}

// own makes this session the only one that changes the database for the app.
func (r *run) own(ctx context.Context) error {
	if err := r.d.lock(ctx, r.s, r.m, r.budget); err != nil {
		return err
	}
	left, err := r.s.predecessors(ctx, worker(r.m.App))
	if err != nil {
		return fmt.Errorf("looking for earlier sessions of teal: %w", err)
	}
	if err := r.d.endAll(ctx, left); err != nil {
		return err
	}
	if err := r.d.ensure(ctx, r.s); err != nil {
		return err
	}
	// Denied to most roles before PostgreSQL 15, and to all without the privilege: then the server's own value counts.
	r.s.deadlock = r.s.exec(ctx, "SET deadlock_timeout = '20ms'; RESET deadlock_timeout") == nil
	if err := r.d.claim(ctx, r.s, r.m); err != nil {
		return err
	}
	return r.d.precheck(ctx, r.s, r.m)
}

// choose lists the files to run, in order.
func (r *run) choose(folder events.Folder) ([]migrate.File, error) {
	plan := migrate.NewPlan(folder, r.ledger, migrate.Options{First: r.m.Merged})
	if err := refuse(plan.Problems); err != nil {
		return nil, err
	}
	if r.m.Merged {
		return plan.Merged(), nil
	}
	pending := plan.Pending(migrate.Track(r.m.Track))
	if migrate.Track(r.m.Track) != migrate.Contract {
		return pending, nil
	}
	return r.owed(plan, pending)
}

// owed keeps of the pending contracts those that were asked for.
func (r *run) owed(plan migrate.Plan, pending []migrate.File) ([]migrate.File, error) {
	all := migrate.Numbers(plan.Contract)
	for _, n := range r.m.Numbers {
		if !slices.Contains(all, n) {
			return nil, fault(release.Permanent, "missing_number", "contract %d is owed but its folder has no such file; look at teal history %s", n, r.m.App)
		}
	}
	var chosen []migrate.File
	for i, f := range pending {
		if !slices.Contains(r.m.Numbers, f.Number) {
			continue
		}
		if len(chosen) < i {
			return nil, fault(release.Permanent, "out_of_order", "contract %d is owed but %d, which comes before it, is neither applied nor owed; it would never run: renumber it", f.Number, pending[len(chosen)].Number)
		}
		chosen = append(chosen, f)
	}
	return chosen, nil
}

// refuse turns the problems that make applying wrong into a Fault. Orphans and interleaving were judged at vetting: they
// speak of other releases, and change nothing about what these files do.
func refuse(problems []migrate.Problem) error {
	var text []string
	code := ""
	for _, p := range problems {
		if p.Code == migrate.Orphan || p.Code == migrate.Interleaved {
			continue
		}
		if code == "" {
			code = string(p.Code)
		}
		text = append(text, p.Error())
	}
	if code == "" {
		return nil
	}
	return fault(release.Permanent, code, "%s", strings.Join(text, "\n"))
}

// step applies one file through golang-migrate.
func (r *run) step(ctx context.Context, f migrate.File) error {
	if ctx.Err() != nil {
		return cancelled(ctx)
	}
	return migrate.Step(&driver{ctx: ctx, run: r, file: f}, f)
}

// explain gives an error that is not a Fault yet the reason that the context has for it.
func (r *run) explain(ctx context.Context, err error) error {
	var known *release.Fault
	if ctx.Err() != nil && !errors.As(err, &known) {
		return cancelled(ctx)
	}
	return err
}

// leave ends the session. After trouble it looks until the backend has really gone: a server goes on with a statement whose
// client is dead. The caller's context may have ended, so it does not count here.
func (d *Database) leave(s *session, trouble error) {
	s.hangUp()
	if trouble == nil {
		return
	}
	ctx, stop := context.WithTimeout(context.Background(), 15*time.Second)
	defer stop()
	if err := d.gone(ctx, s.pid, s.start); err != nil {
		d.config.Logger.Warn("whether a database session has ended is not known; the next attempt looks again", "pid", s.pid, "error", err)
	}
}
