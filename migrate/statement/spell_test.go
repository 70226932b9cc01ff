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
