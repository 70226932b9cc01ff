package statement_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"teal.dev/teal/migrate/statement"
)

// TestSpellCommands: each command of an ALTER TABLE as a statement of its own.
func TestSpellCommands(t *testing.T) {
	f, err := statement.Parse([]byte(`ALTER TABLE IF EXISTS ONLY audit."Note" ADD COLUMN "Stars" int DEFAULT 1 CHECK ("Stars" < 6), DROP COLUMN IF EXISTS body CASCADE,
		ALTER COLUMN n TYPE numeric(5,2), ADD CONSTRAINT by FOREIGN KEY (n) REFERENCES person (id) ON DELETE SET NULL NOT VALID, ALTER COLUMN n SET NOT NULL`), statement.Postgres)
	require.NoError(t, err)
	got, ok := statement.SpellCommands(&f.Statements[0])
	require.True(t, ok)
	require.Len(t, got, 5)
	require.Equal(t, `ALTER TABLE IF EXISTS ONLY audit."Note" DROP COLUMN IF EXISTS body CASCADE`, got[1])
	for _, sql := range got {
		g, err := statement.Parse([]byte(sql), statement.Postgres)
		require.NoError(t, err)
		require.Len(t, g.Statements, 1)
		require.Len(t, g.Statements[0].Commands, 1)
	}
	f, err = statement.Parse([]byte(`DROP TABLE t`), statement.Postgres)
	require.NoError(t, err)
	_, ok = statement.SpellCommands(&f.Statements[0])
	require.False(t, ok)
}

// TestRetell: an index or a constraint written for another column. What the library cannot spell is not written at all.
func TestRetell(t *testing.T) {
	for sql, want := range map[string]string{
		`CREATE INDEX i ON note (n)`: `CREATE INDEX ON note USING btree ( m )`,
		`CREATE UNIQUE INDEX IF NOT EXISTS i ON audit."Note" USING btree (lower(n) text_pattern_ops DESC NULLS LAST, k) INCLUDE (n) WITH (fillfactor=70) WHERE note.n > 0 AND k = 'n'`: `CREATE UNIQUE INDEX ON audit."Note" USING btree ( (lower(m)) text_pattern_ops desc nulls last, k ) INCLUDE (m) WITH (fillfactor = 70) WHERE note.m > 0 AND k = 'n'`,
		`ALTER TABLE note ADD CONSTRAINT c CHECK (n > 0 OR k IS NULL)`:                       `ALTER TABLE note ADD CHECK (m > 0 OR k IS NULL)`,
		`ALTER TABLE note ADD FOREIGN KEY (n, k) REFERENCES other (n, k) ON DELETE SET NULL`: `ALTER TABLE note ADD FOREIGN KEY (m, k) REFERENCES other(n, k) ON DELETE SET NULL`,
		`ALTER TABLE note ADD CONSTRAINT u UNIQUE (n, k)`:                                    `ALTER TABLE note ADD UNIQUE (m, k)`,
		`ALTER TABLE note ADD CHECK ((n)::text ~ 'n' AND n = ANY (ARRAY['a', 'b']))`:         `ALTER TABLE note ADD CHECK (CAST((m) AS TEXT) ~ 'n' AND m = ANY (ARRAY['a','b']))`,
	} {
		got, ok := statement.RetellFor(sql, "n", "m")
		require.True(t, ok, sql)
		require.Equal(t, want, got)
	}
	_, ok := statement.RetellFor("CREATE INDEX (", "n", "m")
	require.False(t, ok)
}

// TestConversion: the USING of a change of type, for a trigger, and whether it has an inverse.
func TestConversion(t *testing.T) {
	for using, want := range map[string]statement.Conversion{
		`body::int`:                            {SQL: "CAST(body AS INT)", New: "CAST(new.body AS INT)", Reads: []string{"body"}, Casts: 1, Plain: true},
		`CAST(("Body") AS text)::numeric(5,2)`: {SQL: `CAST(CAST(("Body") AS TEXT) AS NUMERIC(5, 2))`, New: `CAST(CAST((new."Body") AS TEXT) AS NUMERIC(5, 2))`, Reads: []string{"Body"}, Casts: 2, Plain: true},
		`"at" AT TIME ZONE 'UTC'`:              {SQL: "at AT TIME ZONE 'UTC'", New: "new.at AT TIME ZONE 'UTC'", Reads: []string{"at"}, Zone: "'UTC'"},
		`nullif(body, '')::int + k`:            {SQL: "CAST(nullif(body, '') AS INT) + k", New: "CAST(nullif(new.body, '') AS INT) + new.k", Reads: []string{"body", "k"}},
		`f(note.body)`:                         {SQL: "f(note.body)", New: "f(new.body)", Reads: []string{"body"}},
	} {
		got, ok := statement.ConversionOf("ALTER TABLE note ALTER COLUMN body TYPE int USING " + using)
		require.True(t, ok, using)
		require.Equal(t, want, got)
	}
	_, ok := statement.ConversionOf("ALTER TABLE note ALTER COLUMN body TYPE int")
	require.False(t, ok)
}

// TestSpellTable: a CREATE TABLE with the texts that Parse leaves out.
func TestSpellTable(t *testing.T) {
	f, err := statement.Parse([]byte(`CREATE TABLE note ("N" int NOT NULL DEFAULT 1 + 1 CHECK ("N" > 0) UNIQUE, at timestamptz DEFAULT now(), UNIQUE ("N", at),
		u int REFERENCES p DEFERRABLE INITIALLY DEFERRED, g int GENERATED ALWAYS AS ("N" * 2) STORED)`), statement.Postgres)
	require.NoError(t, err)
	columns, constraints, ok := statement.SpellTable(&f.Statements[0])
	require.True(t, ok)
	require.Equal(t, "1 + 1", columns[0].Default.SQL)
	require.Equal(t, "NOW()", columns[1].Default.SQL)
	require.Equal(t, `"N" * 2`, columns[3].Expression)
	texts := []string{}
	for _, k := range constraints {
		texts = append(texts, k.SQL)
	}
	require.Equal(t, []string{`CHECK ("N" > 0)`, "UNIQUE", `UNIQUE ("N", at)`, "FOREIGN KEY (u) REFERENCES p DEFERRABLE INITIALLY DEFERRED"}, texts)
}
