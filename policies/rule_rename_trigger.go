package policies

import "teal.dev/teal/migrate/statement"

func renameTrigger() Rule {
	return Rule{
		ID: "rename-trigger", Title: "ALTER TRIGGER … RENAME",
		Reason:        "triggers run in the order of their names, so the order may change",
		Compatibility: Depends, Hazards: []Hazard{BehaviourChanged}, Lock: AccessExclusive, On: on(statement.RenameTrigger),
		Bad:  Example{Before: noteTable + touch + aTrigger, SQL: "ALTER TRIGGER touch ON note RENAME TO a_touch;"},
		Good: Example{Before: noteTable, SQL: "DROP TRIGGER touch ON note;"},
	}
}
