package oracle

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
)

// A statement that commits by itself has let go of its locks before anybody can look. So other sessions hold every table
// in the weakest mode that stands in the way, and let go of one table after the other as soon as the statement asks for it.

const waits = `SELECT relation, upper(regexp_replace(replace(mode, 'Lock', ''), '([a-z])([A-Z])', '\1 \2', 'g')), granted
	FROM pg_locks WHERE locktype = 'relation' AND database = (SELECT oid FROM pg_database WHERE datname = current_database()) AND pid = `

// alone runs a statement outside of a transaction.
func (m *Migrator) alone(ctx context.Context, sql string) (Effects, error) {
	was, err := m.old(ctx)
	if err != nil {
		return Effects{}, err
	}
	m.messages = nil
	holders, err := m.hold(ctx, was)
	if err != nil {
		return Effects{}, err
	}
	eye, err := m.bench.connect(ctx, "", nil)
	if err != nil {
		return Effects{}, err
	}
	done := make(chan error, 1)
	go func() { done <- exec(ctx, m.conn, sql) }()
	e, failed := m.watch(ctx, eye, was, holders, done)
	var closing []error
	for _, c := range holders {
		closing = append(closing, c.Close(ctx))
	}
	closing = append(closing, eye.Close(ctx))
	now, err := existing(ctx, m.conn)
	for oid, r := range now {
		if old, ok := was[oid]; ok && old.file != r.file && (r.kind == "r" || r.kind == "m") {
			e.Written[old.name] = true
		}
	}
	e.Blocks = e.blocks(false)
	return e, errors.Join(failed, err, errors.Join(closing...))
}

// hold locks every table, each from a session of its own.
func (m *Migrator) hold(ctx context.Context, was map[string]relation) (map[string]*pgconn.PgConn, error) {
	out := map[string]*pgconn.PgConn{}
	for oid, r := range was {
		if r.kind != "r" && r.kind != "p" {
			continue
		}
		c, err := m.bench.connect(ctx, "", nil)
		if err != nil {
			return nil, err
		}
		out[oid] = c
		rows, err := text(ctx, c, "SELECT "+oid+"::regclass")
		if err == nil {
			err = exec(ctx, c, "BEGIN; LOCK TABLE ONLY "+rows[0][0]+" IN SHARE UPDATE EXCLUSIVE MODE")
		}
		if err != nil {
			return nil, fmt.Errorf("hold %s: %w", r.name, err)
		}
	}
	return out, nil
}

// watch collects the locks that the statement has or asks for, and makes way.
func (m *Migrator) watch(ctx context.Context, eye *pgconn.PgConn, was map[string]relation, holders map[string]*pgconn.PgConn, done <-chan error) (Effects, error) {
	e := newEffects()
	tick := time.NewTicker(2 * time.Millisecond)
	defer tick.Stop()
	for {
		select {
		case err := <-done:
			fromMessages := m.effects(was)
			e.Scanned, e.Messages = fromMessages.Scanned, fromMessages.Messages
			return e, err
		case <-tick.C:
			rows, err := text(ctx, eye, waits+strconv.Itoa(int(m.conn.PID())))
			if err != nil {
				return e, err
			}
			blocked := slices.ContainsFunc(rows, func(r []string) bool { return r[2] == "f" })
			for _, r := range rows {
				// Reading the catalogue takes and drops weak locks all the time; what counts is asked for by name.
				if blocked {
					e.lock(was, r[0], r[1])
				}
				if c := holders[r[0]]; c != nil && r[2] == "f" {
					if err := exec(ctx, c, "ROLLBACK"); err != nil {
						return e, err
					}
				}
			}
			if !blocked && len(rows) > 0 {
				for _, r := range rows {
					e.lock(was, r[0], r[1])
				}
			}
		}
	}
}
