package main

import (
	"bytes"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"teal.dev/teal/daemon"
	"teal.dev/teal/release"
)

// TestContractsToCome: the list tells those that will be owed from those that are, and what they wait for.
func TestContractsToCome(t *testing.T) {
	now := time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
	soon := &release.Coming{Owed: release.Owed{Version: "1.5", Numbers: []uint64{11}}, Needs: []string{"dba"}, Why: "it waits until 1.4 is retired"}
	apps := []daemon.AppStatus{{App: "shop", Coming: soon}, {App: "pay", Owed: []release.Owed{{Version: "2.0", Numbers: []uint64{7}, NotBefore: now.Add(time.Hour)}}}}
	var out, err bytes.Buffer
	owed, coming := contracts(apps, nil)
	require.NoError(t, printContracts(stdio{out: &out, err: &err}, owed, coming, now))
	require.Regexp(t, `(?m)^pay +2\.0 +7 +in 1h`, out.String())
	require.Regexp(t, `(?m)^shop +1\.5 +11 +not owed yet +dba`, out.String())
	require.Equal(t, "shop will owe the contract of 1.5: it waits until 1.4 is retired\n", err.String())

	out.Reset()
	err.Reset()
	owed, coming = contracts(apps, []string{"shop"})
	require.Empty(t, owed)
	require.NoError(t, printContracts(stdio{out: &out, err: &err}, owed, coming, now))
	require.NotContains(t, out.String(), "pay")
	require.Contains(t, err.String(), "no contract is owed\n")
}

// TestThePlanOfAContractToCome says that it is not owed yet and what it waits for.
func TestThePlanOfAContractToCome(t *testing.T) {
	var out bytes.Buffer
	printPlan(&out, daemon.Plan{App: "shop", Release: "R2", Version: "1.5", Phase: release.Warm, Contract: true, Coming: "it waits until 1.4 is retired",
		Warnings: []string{"0002_b.up.sql: lost"}, Verdict: &release.Verdict{Owes: []uint64{11}, Contract: []string{"dba"}}})
	require.Equal(t, "1.5 (R2) is warm and will owe a contract: it waits until 1.4 is retired\nowes: 11\ncontract needs the word of: dba\nwarning: 0002_b.up.sql: lost\n", out.String())
}
