package main

import "github.com/spf13/cobra"

// commands lists every subcommand; one file each.
func commands(io stdio) []*cobra.Command {
	return []*cobra.Command{
		newServe(io), newDemo(io), newDemoApp(io), newInit(io),

		newRelease(io), newStatus(io), newPlan(io), newHistory(io), newAudit(io),

		newApprove(io), newPromote(io), newHold(io), newResume(io), newAbandon(io), newRollback(io), newRetire(io), newContract(io), newAdopt(io),

		newCheck(io), newExplain(io), newPolicy(io), newDoctor(io), newConfig(io), newHAProxy(io), newKeys(io), newSchema(io), newVersion(io),
	}
}
