package postgres

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestTail(t *testing.T) {
	for _, one := range []struct{ sql, word, want string }{
		{`CREATE INDEX IF NOT EXISTS "on" ON ONLY public.users (lower(mail)) WHERE id > 0`, "on", " (lower(mail)) WHERE id > 0"},
		{`create /* on x */ unique index -- on y
			concurrently i on "Us.ers" using gin (a)`, "on", " using gin (a)"},
		{`CREATE INDEX ON a.b.c(x)`, "on", "(x)"},
		{`CREATE UNLOGGED TABLE IF NOT EXISTS "table"(id int)`, "table", "(id int)"},
		{`CREATE SEQUENCE s`, "sequence", ""},
	} {
		got, ok := tail(one.sql, one.word)
		require.True(t, ok, one.sql)
		require.Equal(t, one.want, got)
	}
	_, ok := tail("SELECT 1", "on")
	require.False(t, ok)
}

func TestQuery(t *testing.T) {
	names, ask, ok := query(" (a, b) AS SELECT 'x as y' AS z, (SELECT 1 AS q) WITH NO DATA")
	require.True(t, ok)
	require.Equal(t, "(a, b)", names)
	require.Equal(t, " SELECT 'x as y' AS z, (SELECT 1 AS q) ", ask)
	_, ask, ok = query(" AS SELECT data FROM with_data")
	require.True(t, ok)
	require.Equal(t, " SELECT data FROM with_data", ask)
	_, _, ok = query(" USING heap AS SELECT 1")
	require.False(t, ok)
}

func TestFollows(t *testing.T) {
	got, ok := follows(`ALTER TYPE m ADD VALUE IF NOT EXISTS 'it''s' BEFORE 'b'`, "not", "exists")
	require.True(t, ok)
	require.Equal(t, "it's", got.value())
	require.True(t, copies("-- x\ncopy t (a) FROM PROGRAM 'x'"))
	require.False(t, copies("COPY (SELECT * FROM t) TO 'from'"))
}

func FuzzTokens(f *testing.F) {
	for _, s := range []string{`CREATE INDEX i ON a.b (E'\'' || $1$x$1$)`, "/*/**/*/ $$a$$ 'b''c' \"d\"\"e\" --x\n(y)", "$a$", "e'", "AS a WITH DATA"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, sql string) {
		end := 0
		for _, one := range tokens(sql) {
			require.GreaterOrEqual(t, one.from, end, "tokens do not overlap")
			require.Greater(t, one.to, one.from)
			require.LessOrEqual(t, one.to, len(sql))
			require.Equal(t, strings.ToLower(sql[one.from:one.to]), strings.ToLower(one.text))
			_ = one.value()
			end = one.to
		}
		for _, w := range []string{"on", "table"} {
			if rest, ok := tail(sql, w); ok {
				require.True(t, strings.HasSuffix(sql, rest))
			}
		}
		if _, ask, ok := query(sql); ok {
			require.Contains(t, sql, ask)
		}
	})
}
