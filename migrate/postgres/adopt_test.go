package postgres_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"teal.dev/teal/internal/lab/labtest"
	"teal.dev/teal/migrate/postgres"
	"teal.dev/teal/release"
)

// A database that the stock tool brought to version 2 is adopted with the folder of the version that is live: what is
// numbered up to 2 is there, and only the rest is pending.
func TestAdoptWhatTheStockToolDid(t *testing.T) {
	dsn := labtest.Postgres(t)
	f := files("0001_a.up.sql", "create table a (id int)", "0002_b.up.sql", "create table b (id int)", "0003_c.up.sql", "create table c (id int)")
	m := stock(t, dsn, f[:2])
	require.NoError(t, m.Up())
	db := open(t, dsn)
	require.NoError(t, db.Adopt(t.Context(), release.Migration{App: "shop", Epoch: 1}, f))
	schema, err := db.Observe(t.Context(), f)
	require.NoError(t, err)
	require.Empty(t, schema.Hold)
	require.Equal(t, []uint64{3}, schema.Expand.Pending)
}

func TestAdoptNeedsAVersion(t *testing.T) {
	dsn := labtest.Postgres(t)
	exec(t, outside(t, dsn), "create table a (id int)")
	err := open(t, dsn).Adopt(t.Context(), release.Migration{App: "shop", Epoch: 1}, files("0001_a.up.sql", "create table a (id int)"))
	require.Contains(t, requireFault(t, err, release.Permanent, "no_version"), "migrate")
}

// A store that was lost is another store: its database is a copy until a person says that it is meant.
func TestAdoptACopyOnlyWhenItIsMeant(t *testing.T) {
	dsn := labtest.Postgres(t)
	f := files("0001_a.up.sql", "create table a (id int)")
	require.NoError(t, apply(t, open(t, dsn, func(c *postgres.Config) { c.StoreID = "first" }), f))
	second := open(t, dsn, func(c *postgres.Config) { c.StoreID = "second" })
	schema, err := second.Observe(t.Context(), f)
	require.NoError(t, err)
	require.Equal(t, "foreign_store", schema.Hold)
	requireFault(t, second.Adopt(t.Context(), release.Migration{App: "shop", Epoch: 2}, nil), release.Permanent, "foreign_store")
	require.NoError(t, second.Adopt(t.Context(), release.Migration{App: "shop", Epoch: 2, Claim: true}, nil))
	schema, err = second.Observe(t.Context(), f)
	require.NoError(t, err)
	require.Empty(t, schema.Hold)
}
