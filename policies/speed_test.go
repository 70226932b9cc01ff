package policies_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"teal.dev/teal/policies"
)

// statements are n statements on one growing schema, in files of 20.
func statements(n int) []policies.File {
	var files []policies.File
	for i := 0; i < n; i += 20 {
		var b strings.Builder
		for j := i; j < min(i+20, n); j += 4 {
			fmt.Fprintf(&b, "CREATE TABLE t%d (id bigint PRIMARY KEY, a int, b text, CONSTRAINT u%d UNIQUE (b));\n", j, j)
			fmt.Fprintf(&b, "ALTER TABLE hub ADD COLUMN c%d int;\n", j)
			fmt.Fprintf(&b, "ALTER TABLE t%d ADD CONSTRAINT f%d FOREIGN KEY (a) REFERENCES hub (id);\n", j, j)
			fmt.Fprintf(&b, "CREATE INDEX i%d ON hub (c%d);\n", j, j)
		}
		files = append(files, policies.File{Path: fmt.Sprintf("%06d_x.up.sql", i), Body: []byte(b.String())})
	}
	return files
}

// perStatement is the time that a statement costs among n.
func perStatement(tb testing.TB, n int) time.Duration {
	tb.Helper()
	s, err := policies.NewSet()
	require.NoError(tb, err)
	in := policies.Input{Policy: s, App: "shop", Files: statements(n)}
	rounds := max(1, 5000/n)
	start := time.Now()
	for range rounds {
		policies.Check(in)
	}
	return time.Since(start) / time.Duration(rounds*n)
}

func median(list []time.Duration) time.Duration {
	slices.Sort(list)
	return list[len(list)/2]
}

// BenchmarkStatements reports what a statement costs among 10,000, in multiples of what it costs among 100: medians of five
// runs each, in turns.
func BenchmarkStatements(b *testing.B) {
	for b.Loop() {
		var few, many []time.Duration
		for range 5 {
			few, many = append(few, perStatement(b, 100)), append(many, perStatement(b, 10_000))
		}
		b.ReportMetric(float64(median(few).Nanoseconds()), "ns/statement-of-100")
		b.ReportMetric(float64(median(many).Nanoseconds()), "ns/statement-of-10000")
		b.ReportMetric(float64(median(many))/float64(median(few)), "ratio")
	}
}

// TestAStatementCostsTheSame: judging allocates as much for the last statement as for the first, whatever came before.
func TestAStatementCostsTheSame(t *testing.T) {
	s := set(t)
	each := func(n int) float64 {
		in := policies.Input{Policy: s, App: "shop", Files: statements(n)}
		return testing.AllocsPerRun(1, func() { policies.Check(in) }) / float64(n)
	}
	few, many := each(200), each(4000)
	require.Less(t, many, 1.5*few, "allocations per statement: %.0f among 200, %.0f among 4000", few, many)
}
