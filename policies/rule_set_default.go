package policies

import "teal.dev/teal/migrate/statement"

func setDefault() Rule {
	return Rule{
		ID: "set-default", Title: "SET DEFAULT",
		Reason:        "inserts of the running version that leave {column} out store the new default from now on",
		Compatibility: Depends, Hazards: []Hazard{BehaviourChanged}, Lock: AccessExclusive,
		On: on(statement.SetDefault), Refine: newColumnIsExpand,
		Bad:  Example{Before: noteTable, SQL: "ALTER TABLE note ALTER COLUMN n SET DEFAULT 1;"},
		Good: Example{Before: noteTable, SQL: "ALTER TABLE note ADD COLUMN m int DEFAULT 1;"},
	}
}
