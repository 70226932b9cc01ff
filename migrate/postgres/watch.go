package postgres

import (
	"context"
	"sync"
	"time"
)

// blocker is a transaction that was in the way.
type blocker struct {
	backend
	xact string // its virtual transaction, which every role may see
}

// The look-outs come often at first, because a lock is waited for only shortly, and rarely when a statement works for hours.
const (
	lookOften  = 10 * time.Millisecond
	lookRarely = time.Second
	oftenUntil = 200 * time.Millisecond
)

// watched runs a statement or a transaction of our session and returns who was in its way when it last waited. A wait can
// only be seen from outside and only while it lasts, hence the session beside it; tell hears of every new answer. Without
// that session nobody is seen.
func (r *run) watched(ctx context.Context, tell func([]blocker), work func() error) (seen []blocker, err error) {
	if r.watch == nil {
		return nil, work()
	}
	done := make(chan struct{})
	var looking sync.WaitGroup
	looking.Go(func() {
		began := time.Now()
		for every := lookOften; ; {
			select {
			case <-done:
				return
			case <-time.After(every):
			}
			now, err := r.watch.inTheWay(ctx, r.s.pid)
			if err != nil {
				return // who looks only must not fail the one who works
			}
			if len(now) > 0 {
				seen = now
				tell(now)
			}
			if time.Since(began) > oftenUntil {
				every = lookRarely
			}
		}
	})
	err = work()
	close(done)
	looking.Wait()
	return seen, err
}

// inTheWay lists the transactions for which a backend waits right now.
func (s *session) inTheWay(ctx context.Context, pid uint32) ([]blocker, error) {
	return s.transactions(ctx, `l.pid = ANY(pg_blocking_pids($1))`, pid)
}

// goOn keeps of some transactions those that have not ended.
func (s *session) goOn(ctx context.Context, some []blocker) ([]blocker, error) {
	var pids []uint32
	var xacts []string
	for _, b := range some {
		pids, xacts = append(pids, b.pid), append(xacts, b.xact)
	}
	return s.transactions(ctx, `(l.pid, l.virtualtransaction) IN (SELECT p, x FROM unnest($1::int[], $2::text[]) u(p, x))`, pids, xacts)
}

func (s *session) transactions(ctx context.Context, where string, args ...any) ([]blocker, error) {
	rows, err := s.Query(ctx, `SELECT `+backendColumns+`, l.virtualtransaction FROM pg_locks l JOIN pg_stat_activity a ON a.pid = l.pid
		WHERE l.locktype = 'virtualxid' AND l.granted AND `+where+` ORDER BY a.xact_start NULLS LAST`, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var out []blocker
	for rows.Next() {
		var b blocker
		if err := b.scan(rows, &b.xact); err != nil {
			return nil, err
		}
		out = append(out, b)
	}
	return out, rows.Err()
}

// backendsOf are the sessions of transactions.
func backendsOf(all []blocker) []backend {
	out := make([]backend, len(all))
	for i, b := range all {
		out[i] = b.backend
	}
	return out
}
