package policies

import "teal.dev/teal/migrate/statement"

func dropTrigger() Rule {
	return Rule{
		ID: "drop-trigger", Title: "DROP TRIGGER",
		Reason:        "the running version may rely on it: an updated_at, a copied column, a refusal",
		Compatibility: Depends, Hazards: []Hazard{BehaviourChanged}, Lock: AccessExclusive, On: on(statement.DropTrigger),
		Bad:  Example{Before: noteTable + touch + aTrigger, SQL: "DROP TRIGGER touch ON note;"},
		Good: Example{Before: noteTable, SQL: "ALTER TABLE note DISABLE TRIGGER touch;"},
	}
}
