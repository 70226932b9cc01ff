package policies

import "teal.dev/teal/migrate/statement"

func changePolicy() Rule {
	return Rule{
		ID: "change-policy", Title: "CREATE, ALTER, DROP POLICY",
		Reason:        "the running version reads and writes more or fewer rows of {table}, and gets no error",
		Compatibility: Depends, Hazards: []Hazard{BehaviourChanged, DataChanged}, Lock: AccessExclusive,
		On:   on(statement.CreatePolicy, statement.AlterPolicy, statement.DropPolicy),
		Bad:  Example{Before: noteTable, SQL: "CREATE POLICY own ON note USING (n = 1);"},
		Good: Example{Before: noteTable, SQL: "GRANT SELECT ON note TO clerk;"},
	}
}
