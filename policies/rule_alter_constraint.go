package policies

import "teal.dev/teal/migrate/statement"

func alterConstraint() Rule {
	return Rule{
		ID: "alter-constraint", Title: "ALTER CONSTRAINT",
		Reason:        "when the constraint is checked changes: errors move to the COMMIT of the running version, or back",
		Compatibility: Depends, Hazards: []Hazard{BehaviourChanged}, Lock: AccessExclusive,
		On:   on(statement.AlterConstraint),
		Bad:  Example{Before: noteTable + "\nALTER TABLE note ADD CONSTRAINT by FOREIGN KEY (n) REFERENCES person (id);", SQL: "ALTER TABLE note ALTER CONSTRAINT by DEFERRABLE INITIALLY DEFERRED;"},
		Good: Example{Before: noteTable, SQL: "ALTER TABLE note VALIDATE CONSTRAINT by;"},
	}
}
