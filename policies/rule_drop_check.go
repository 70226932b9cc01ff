package policies

import "teal.dev/teal/migrate/statement"

func dropCheck() Rule {
	return Rule{
		ID: "drop-check", Title: "DROP CONSTRAINT of a CHECK or EXCLUDE",
		Reason:        "harmless until the new version writes what {constraint} forbade: then the running version reads values it thought impossible",
		Compatibility: Depends, Hazards: []Hazard{NewValues}, Lock: AccessExclusive,
		On: on(statement.DropConstraint), Match: drops(statement.Check, statement.Exclude, statement.NotNull),
		Bad:  Example{Before: noteTable + "\nALTER TABLE note ADD CONSTRAINT n_positive CHECK (n > 0);", SQL: "ALTER TABLE note DROP CONSTRAINT n_positive;"},
		Good: Example{Before: noteTable, SQL: "ALTER TABLE note DROP CONSTRAINT note_title;"},
	}
}
