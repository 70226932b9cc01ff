package policies

import "teal.dev/teal/migrate/statement"

func replicaIdentity() Rule {
	return Rule{
		ID: "replica-identity", Title: "REPLICA IDENTITY",
		Reason:        "readers of the replication stream see other old rows from now on",
		Compatibility: Depends, Hazards: []Hazard{BehaviourChanged}, Lock: AccessExclusive,
		On:   on(statement.ReplicaIdentity),
		Bad:  Example{Before: noteTable, SQL: "ALTER TABLE note REPLICA IDENTITY FULL;"},
		Good: Example{Before: noteTable, SQL: "ALTER TABLE note SET (fillfactor = 70);"},
	}
}
