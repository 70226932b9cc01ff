package statement_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"teal.dev/teal/migrate/statement"
)

// TestTypes: modifiers that are no plain numbers make another type as well.
func TestTypes(t *testing.T) {
	for text, want := range map[string]string{
		"decimal(8, 2)": "numeric(8,2)", "numeric(5, -2)": "numeric(5,-2)", "interval": "interval", "interval(3)": "interval(3)",
		"interval day to second(3)": "interval day to second(3)", "interval year": "interval year", "float(24)": "float4", "FLOAT ( 8 )": "float4",
		"float(25)": "float8", "float": "float8", "geometry(Point, 4326)": "geometry(point, 4326)", "gis.geometry(Point)[]": "gis.geometry(point)[]",
		"varchar(3)[]": "varchar(3)[]", "timestamp(3) with time zone": "timestamptz(3)",
	} {
		f, err := statement.Parse([]byte("ALTER TABLE t ALTER COLUMN c TYPE "+text), statement.Postgres)
		require.NoError(t, err)
		require.Equal(t, want, f.Statements[0].Commands[0].Type.String(), text)
	}
	f, err := statement.Parse([]byte("ALTER TABLE t ALTER COLUMN c SET DEFAULT 'float(10)'"), statement.Postgres)
	require.NoError(t, err)
	require.Equal(t, "'float(10)'", f.Statements[0].Commands[0].Default.SQL)
}

// TestUsingItself: which USING is what there would be without one.
func TestUsingItself(t *testing.T) {
	for using, want := range map[string]bool{"c": true, "(c)": true, "t.c": true, "c::varchar(9)": true, "CAST(c AS varchar(9))": true,
		"c::varchar": false, "c::text": false, "d": false, "c || ''": false, "c::text::varchar(9)": false} {
		f, err := statement.Parse([]byte("ALTER TABLE t ALTER COLUMN c TYPE varchar(9) USING "+using), statement.Postgres)
		require.NoError(t, err)
		c := f.Statements[0].Commands[0]
		require.True(t, c.Using)
		require.Equal(t, want, c.UsingItself, using)
	}
}
