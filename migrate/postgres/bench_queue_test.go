package postgres_test

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/require"

	"teal.dev/teal/internal/lab/labtest"
)

// The load of the issue: 300 transactions per second from 12 connections, four reads to one write. A report reads the table
// and stays open for six seconds; one second later somebody adds a column.
const (
	queueRate    = 300
	queueClients = 12
	queueLength  = 16 * time.Second
	queueReader  = 3 * time.Second
	queueStart   = 4 * time.Second
	queueOpen    = 6 * time.Second
)

var queueFolder = files("1_a.up.sql", "CREATE TABLE accounts (id int PRIMARY KEY, balance int NOT NULL); INSERT INTO accounts SELECT n, 0 FROM generate_series(1, 50000) n;",
	"2_b.up.sql", "ALTER TABLE accounts ADD COLUMN more int;")

// BenchmarkQueue compares what the application notices of a migration that has to wait: none, teal's, plain golang-migrate's.
// Latency counts from the moment at which a transaction was due, so that a client that stands still is not forgiven the
// transactions that it did not send.
func BenchmarkQueue(b *testing.B) {
	ways := []string{"none", "teal", "stock"}
	seen := map[string][]latencies{}
	for b.Loop() {
		for range 3 {
			for _, way := range ways {
				l := queueRun(b, way)
				b.Logf("%-5s  %s", way, l)
				seen[way] = append(seen[way], l)
			}
		}
	}
	quiet := median(seen["none"], latencies.p99)
	for _, way := range ways {
		p99 := median(seen[way], latencies.p99)
		b.Logf("%-5s  median p99 %v = %.2f x none, median of the worst %v", way, p99.Round(10*time.Microsecond), float64(p99)/float64(quiet), median(seen[way], latencies.worst).Round(10*time.Microsecond))
		b.ReportMetric(float64(p99)/float64(time.Millisecond), way+"-p99-ms")
	}
	b.ReportMetric(float64(median(seen["teal"], latencies.p99))/float64(quiet), "teal/none")
	b.ReportMetric(float64(median(seen["stock"], latencies.p99))/float64(quiet), "stock/none")
}

// latencies of one run, sorted.
type latencies []time.Duration

func (l latencies) at(share float64) time.Duration {
	return l[min(int(float64(len(l))*share), len(l)-1)]
}
func (l latencies) p99() time.Duration   { return l.at(0.99) }
func (l latencies) worst() time.Duration { return l[len(l)-1] }

func (l latencies) String() string {
	slow := len(l) - slices.IndexFunc(append(slices.Clone(l), time.Hour), func(d time.Duration) bool { return d > 20*time.Millisecond })
	return fmt.Sprintf("%d transactions, p50 %v, p95 %v, p99 %v, worst %v, over 20 ms: %d", len(l), l.at(0.5), l.at(0.95), l.p99(), l.worst(), max(slow, 0))
}

func median(runs []latencies, of func(latencies) time.Duration) time.Duration {
	values := make([]time.Duration, len(runs))
	for i, r := range runs {
		values[i] = of(r)
	}
	slices.SortFunc(values, cmp.Compare)
	return values[len(values)/2]
}

// queueRun loads a fresh database for queueLength while somebody migrates it in one of the ways.
func queueRun(b *testing.B, way string) latencies {
	b.Helper()
	dsn := labtest.Postgres(b)
	migrate := migration(b, dsn, way)
	ctx, stop := context.WithTimeout(b.Context(), 3*queueLength)
	defer stop()
	var others sync.WaitGroup
	start := time.Now().Add(200 * time.Millisecond)
	others.Go(func() { report(b, ctx, dsn, start.Add(queueReader)) })
	others.Go(func() {
		if err := waitUntil(ctx, start.Add(queueStart)); err != nil {
			return
		}
		if err := migrate(ctx); err != nil {
			b.Errorf("%s: %v", way, err)
		}
	})
	l := load(b, ctx, dsn, start)
	others.Wait()
	return l
}

// migration prepares version 1 and returns what brings the database to version 2.
func migration(b *testing.B, dsn, way string) func(context.Context) error {
	b.Helper()
	if way == "stock" {
		m := stock(b, dsn, queueFolder)
		require.NoError(b, m.Steps(1))
		return func(context.Context) error { return m.Steps(1) }
	}
	db := open(b, dsn)
	require.NoError(b, db.Apply(b.Context(), ask(1, queueFolder[:1]), queueFolder[:1], func(string) {}))
	if way == "none" {
		return func(context.Context) error { return nil }
	}
	return func(ctx context.Context) error {
		return db.Apply(ctx, ask(1, queueFolder), queueFolder, func(string) {})
	}
}

// report is the reader who is in the way.
func report(b *testing.B, ctx context.Context, dsn string, at time.Time) {
	conn, err := pgx.Connect(ctx, dsn)
	if err == nil {
		defer func() { err = errors.Join(err, conn.Close(context.WithoutCancel(ctx))) }()
		err = errors.Join(waitUntil(ctx, at), pgx.BeginFunc(ctx, conn, func(tx pgx.Tx) error {
			var n int
			return errors.Join(tx.QueryRow(ctx, "SELECT balance FROM accounts WHERE id = 1").Scan(&n), waitUntil(ctx, at.Add(queueOpen)))
		}))
	}
	if err != nil {
		b.Errorf("the report: %v", err)
	}
}

// load sends transactions by the clock and returns how long each took from when it was due.
func load(b *testing.B, ctx context.Context, dsn string, start time.Time) latencies {
	b.Helper()
	config, err := pgxpool.ParseConfig(dsn)
	require.NoError(b, err)
	config.MinConns, config.MaxConns = queueClients, queueClients
	pool, err := pgxpool.NewWithConfig(ctx, config)
	require.NoError(b, err)
	defer pool.Close()
	total := int(queueRate * queueLength.Seconds())
	due := make(chan int, total)
	l := make(latencies, total)
	var clients sync.WaitGroup
	for range queueClients {
		clients.Go(func() {
			for i := range due {
				when := start.Add(time.Duration(i) * time.Second / queueRate)
				if err := transaction(ctx, pool, i); err != nil {
					b.Errorf("a transaction: %v", err)
				}
				l[i] = time.Since(when)
			}
		})
	}
	for i := range total {
		if err := waitUntil(ctx, start.Add(time.Duration(i)*time.Second/queueRate)); err != nil {
			b.Error(err)
			break
		}
		due <- i
	}
	close(due)
	clients.Wait()
	slices.Sort(l)
	return l
}

func transaction(ctx context.Context, pool *pgxpool.Pool, i int) error {
	id := rand.IntN(50000) + 1
	if i%5 == 0 {
		_, err := pool.Exec(ctx, "UPDATE accounts SET balance = balance + 1 WHERE id = $1", id)
		return err
	}
	var balance int
	return pool.QueryRow(ctx, "SELECT balance FROM accounts WHERE id = $1", id).Scan(&balance)
}

func waitUntil(ctx context.Context, at time.Time) error {
	timer := time.NewTimer(time.Until(at))
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
