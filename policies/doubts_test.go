package policies_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"teal.dev/teal/policies"
)

// TestDoubts: names that nobody has are told with their line, and refuse nothing.
func TestDoubts(t *testing.T) {
	p := named(t, "p.yaml", `version: 1
apply:
  apps:
    - shop
    - shp
    - "pay-*"
rules:
  drop-column:
    action: approve
    role: dbaa
  drop-table: {action: approve, role: dba}
  set-not-null: {action: approve, role: owner}
hazards: {opaque: {action: approve, role: ""}}
waivers:
  - {rule: drop-column, app: web, migration: "0007", owner: a, reason: b, until: 2100-01-01}
  - {rule: drop-column, app: "pay-*", migration: 0007, owner: a, reason: b, until: 2100-01-01}
  - {rule: drop-column, app: shop, migration: 0007_x.up.sql, owner: a, reason: b, until: 2100-01-01}
  - {rule: drop-column, app: "", migration: "", owner: a, reason: b, until: 2100-01-01}
  - {rule: drop-column, app: pay, owner: a, reason: b, until: 2100-01-01}
  - {rule: drop-column, migration: V7, owner: a, reason: b, until: 2100-01-01}
`)
	require.Equal(t, `p.yaml:5: apply.apps names shp, which has no file in apps/; did you mean "shop"?
p.yaml:10: rules.drop-column.role is "dbaa", and nobody has that role; did you mean "dba"?
p.yaml:12: rules.set-not-null.role is "owner", and nobody has that role; known: operator, dba
p.yaml:15: the waiver is for the app web, which has no file in apps/; known: pay, shop
p.yaml:16: the waiver's app is "pay-*": it takes a name and no pattern, so this one waives nothing; write a waiver for each app, or leave app out
p.yaml:17: the waiver's migration is "0007_x.up.sql", which is the number of no file, so it waives nothing; write "0007"
p.yaml:18: the waiver's migration is empty, so it is for every migration; leave it out if that is meant
p.yaml:19: the waiver is for the app pay, which apply.apps of its policy leaves out, so it waives nothing
p.yaml:20: the waiver's migration is "V7", which is the number of no file, so it waives nothing; write a number, as in "0007"`,
		p.Doubts(policies.Known{Apps: []string{"pay", "shop"}, Roles: []string{"operator", "dba"}}).Error())
	require.Len(t, p.Doubts(policies.Known{}), 6, "without knowing the apps and the roles only the waivers themselves are doubted")
	base := named(t, "default.yaml", policies.DefaultYAML())
	require.Empty(t, base.Doubts(policies.Known{Apps: []string{}, Roles: []string{}}))
}

// TestDoubtsEnd: what is in every status does not grow with a list of waivers.
func TestDoubtsEnd(t *testing.T) {
	text := "version: 1\nwaivers:\n" + strings.Repeat("  - {rule: drop-column, migration: V7, owner: a, reason: b, until: 2100-01-01}\n", 30)
	p := named(t, "p.yaml", text)
	doubts := p.Doubts(policies.Known{})
	require.Len(t, doubts, 21)
	require.Equal(t, "p.yaml:23: and more of the kind from here on", doubts[20:].Error())
}
