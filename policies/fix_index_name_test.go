package policies_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"teal.dev/teal/internal/lab/labtest"
	"teal.dev/teal/migrate/statement"
	"teal.dev/teal/policies"
)

// TestFixNamesIndexes: a build beside the traffic needs a name, and gets the one that the server gives to the refused statement.
func TestFixNamesIndexes(t *testing.T) {
	long := strings.Repeat("long", 13)
	before := "CREATE SCHEMA s; CREATE TABLE orders (id int PRIMARY KEY, state text, at timestamp, n int, tags text[], j jsonb, \"Odd one\" int, " + long + " int, " + long + "2 int, CONSTRAINT orders_n_idx UNIQUE (n));\n" +
		"CREATE TABLE s.orders (state text); CREATE TABLE " + long + " (state text, \"ünï" + strings.Repeat("ö", 20) + "\" int); CREATE INDEX ON orders (at, n); CREATE INDEX ON orders (at, n); CREATE TABLE orders_tags_idx (id int);\n" +
		"CREATE TYPE pair AS (a int, b int); CREATE TABLE pairs (p pair); CREATE INDEX orders_upper_idx ON s.orders (state);"
	for _, on := range []string{"orders (state)", "orders (state, n DESC)", "orders (lower(state))", "orders ((n + 1))", "orders ((n + 1), (n + 2), n)", "orders (state, (n * 2))",
		"orders (n)", "orders (at, n)", "orders (tags)", "orders (upper(state))", "orders (\"Odd one\")", "orders (" + long + ", " + long + "2)", "orders (" + long + "2)", long + " (state)",
		long + " (\"ünï" + strings.Repeat("ö", 20) + "\")", "s.orders (state)", "orders ((n::text))", "orders ((state || 'x'))", "orders (((n + 1)::bigint))", "orders (coalesce(state, ''))",
		"orders (nullif(state, ''))", "orders (greatest(n, 1), least(n, 2))", "orders ((CASE WHEN n > 0 THEN state END))", "orders ((CASE WHEN n > 0 THEN 'a' ELSE state END))",
		"orders ((CASE WHEN n > 0 THEN 1 ELSE 2 END))", "orders ((j ->> 'a'))", "orders ((j['a']))", "orders ((tags[1]))", "pairs (((p).a))", "orders ((ARRAY[n]))", "orders (date_trunc('day', at))",
		"orders (extract(year FROM at))", "orders (state COLLATE \"C\")", "orders ((state COLLATE \"C\"))", "orders (id) INCLUDE (n, state)", "orders (n, n)", "orders (trim(state), substring(state, 1, 2))",
		"orders (pg_catalog.lower(state))", "orders ((at AT TIME ZONE 'UTC'))", "orders ((n > 0))", "orders ((state IS NULL))", "orders USING hash (state)", "orders (lower(state)) WHERE n > 0",
		"orders ((n::numeric(9,2)))", "orders (position('a' IN state))", "orders (overlay(state PLACING 'x' FROM 1))", "orders ((-n))", "orders ((n::int8::int4))"} {
		for _, head := range []string{"CREATE INDEX ON ", "create unique index ON "} {
			sql := head + on
			if strings.Contains(sql, "unique") && strings.Contains(sql, "hash") {
				continue
			}
			files := split(t, before, sql)
			require.Len(t, files, 1, sql)
			body := short(files[0].Body)
			parsed, err := statement.Parse(files[0].Body, statement.Postgres)
			require.NoError(t, err, body)
			c := connect(t, labtest.Postgres(t), before)
			const names = "SELECT coalesce(string_agg(oid::regclass::text, ','), '') FROM pg_class WHERE relkind = 'i' AND xmin = pg_current_xact_id()::xid"
			execute(t, c, "BEGIN; "+sql)
			want := text(t, c, names, "")
			execute(t, c, "ROLLBACK")
			require.Equal(t, strings.ReplaceAll(want, `"`, ""), parsed.Statements[0].Name.String(), sql)
			require.NoError(t, runFile(t, c, &files[0]), body)
		}
	}
	files := split(t, before, "CREATE INDEX ON orders (state);\nCREATE INDEX ON orders (state)")
	require.Equal(t, "CREATE INDEX CONCURRENTLY orders_state_idx ON orders (state);", short(files[0].Body))
	require.Equal(t, "CREATE INDEX CONCURRENTLY orders_state_idx1 ON orders (state);", short(files[1].Body))
}

// TestAdviceNamesIndexes: what the gate advises is what --fix writes.
func TestAdviceNamesIndexes(t *testing.T) {
	in := policies.Input{Policy: set(t), Files: []policies.File{{Path: "m/0001_a.up.sql", Applied: true, Body: []byte("CREATE TABLE t (a text); CREATE INDEX t_a_idx ON t (a);")},
		{Path: "m/0002_b.up.sql", Body: []byte("CREATE INDEX ON t (a)")}}}
	require.Contains(t, policies.Check(in).Files[0].Statements[0].Instead, "CREATE INDEX CONCURRENTLY t_a_idx1 ON t (a);")
}
