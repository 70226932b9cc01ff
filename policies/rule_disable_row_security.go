package policies

import "teal.dev/teal/migrate/statement"

func disableRLS() Rule {
	return Rule{
		ID: "disable-row-security", Title: "DISABLE or NO FORCE ROW LEVEL SECURITY",
		Reason:        "the running version reads rows of {table} that were hidden from it",
		Compatibility: Depends, Hazards: []Hazard{BehaviourChanged, DataChanged}, Lock: AccessExclusive, On: on(statement.DisableRLS, statement.NoForceRLS),
		Bad:  Example{Before: noteTable, SQL: "ALTER TABLE note DISABLE ROW LEVEL SECURITY;"},
		Good: Example{Before: noteTable, SQL: "GRANT SELECT ON note TO clerk;"},
	}
}
