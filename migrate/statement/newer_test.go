package statement_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"teal.dev/teal/migrate/statement"
)

// TestNewerSyntax: what PostgreSQL 18 brought is not read, and the message says why.
func TestNewerSyntax(t *testing.T) {
	for sql, want := range map[string]string{
		"ALTER TABLE t ADD COLUMN c int GENERATED ALWAYS AS (a + 1) VIRTUAL":       "a VIRTUAL generated column is syntax of PostgreSQL 18",
		"CREATE TABLE t (a int, c int GENERATED ALWAYS AS (a + 1))":                "a VIRTUAL generated column is syntax",
		"ALTER TABLE t ADD CONSTRAINT c CHECK (a > 0) NOT ENFORCED":                "NOT ENFORCED is syntax",
		"ALTER TABLE t ADD CONSTRAINT n NOT NULL c NOT VALID":                      "NOT NULL as a named constraint is syntax",
		"ALTER TABLE t ADD PRIMARY KEY (id, r WITHOUT OVERLAPS)":                   "WITHOUT OVERLAPS is syntax",
		"ALTER TABLE t ADD FOREIGN KEY (id, PERIOD r) REFERENCES u (id, PERIOD r)": "PERIOD in a foreign key is syntax",
		"ALTER TABLE t ALTER CONSTRAINT c INHERIT":                                 "INHERIT is syntax",
		"UPDATE t SET a = 1 RETURNING WITH (OLD AS o) o.a":                         "RETURNING WITH",
		"REPACK t": "REPACK is newer than the grammar",
	} {
		f, err := statement.Parse([]byte(sql), statement.Postgres)
		require.NoError(t, err)
		require.Equal(t, statement.Unparsable, f.Statements[0].Kind, sql)
		require.Contains(t, f.Statements[0].Message, want, sql)
		require.Contains(t, f.Statements[0].Message, statement.Grammar)
	}
	f, err := statement.Parse([]byte("ALTER TABEL t ADD c int"), statement.Postgres)
	require.NoError(t, err)
	require.NotContains(t, f.Statements[0].Message, "PostgreSQL 18", "a plain mistake is not blamed on the grammar")
}
