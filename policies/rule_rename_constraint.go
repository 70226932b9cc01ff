package policies

import "teal.dev/teal/migrate/statement"

func renameConstraint() Rule {
	return Rule{
		ID: "rename-constraint", Title: "RENAME CONSTRAINT",
		Reason:        "ON CONFLICT ON CONSTRAINT {constraint} of the running version fails, and code that knows the name in errors no longer does",
		Compatibility: Depends, Hazards: []Hazard{BehaviourChanged}, Lock: AccessExclusive,
		On:   on(statement.RenameConstraint),
		Bad:  Example{Before: noteTable, SQL: "ALTER TABLE note RENAME CONSTRAINT note_title TO note_title_key;"},
		Good: Example{Before: noteTable, SQL: "ALTER TABLE note VALIDATE CONSTRAINT by;"},
	}
}
