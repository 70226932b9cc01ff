package policies_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"teal.dev/teal/policies"
)

// TestAppsOfASet: whom a set's policies and waivers name, and for which apps two sets are compared.
func TestAppsOfASet(t *testing.T) {
	plain := set(t, named(t, "a.yaml", "version: 1\nhazards: {row-shape: deny}\n"))
	require.Empty(t, plain.Apps())
	s := set(t,
		named(t, "b.yaml", "version: 1\napply: {apps: [shop, \"pay-*\", \"[xy]z\"]}\nhazards: {row-shape: deny}\n"),
		named(t, "c.yaml", "version: 1\nwaivers: [{rule: drop-column, app: web, owner: a, reason: b, until: 2027-01-31}, {rule: drop-column, app: shop, owner: a, reason: b, until: 2027-01-31}]\n"))
	require.Equal(t, []string{"[xy]z", "pay-*", "shop", "web"}, s.Apps())
	for app, about := range map[string]bool{"shop": true, "pay-eu": true, "web": true, "xz": true, "shp": false, "pay": false} {
		require.Equal(t, about, s.About(app), app)
	}
	require.False(t, plain.About("shop"))

	apps, left := policies.AppsFor(nil, plain, s)
	require.Equal(t, []string{"pay-*", "shop", "web"}, apps, "a pattern stands for the apps like it")
	require.Equal(t, []string{"[xy]z"}, left, "but not where it does not fit itself")
	apps, left = policies.AppsFor([]string{"pay-eu", "pay-us", "xz", "other"}, s)
	require.Equal(t, []string{"pay-eu", "pay-us", "shop", "web", "xz"}, apps)
	require.Empty(t, left)
}
