package policies

import "teal.dev/teal/migrate/statement"

func addCheckNotValid() Rule {
	return Rule{
		ID: "add-check-not-valid", Title: "ADD CHECK … NOT VALID",
		Reason:        "instant, but enforced at once: writes of the running version that break the check fail with 23514, updates of old rows that break it too, whatever column they set",
		Instead:       "make sure that the running version keeps to the check; else add it in a contract file",
		Compatibility: Depends, Hazards: []Hazard{OldWritesRejected}, Lock: AccessExclusive,
		On:     on(statement.AddConstraint),
		Match:  adds(func(c *statement.Constraint) bool { return c.Kind == statement.Check && c.NotValid }),
		Facts:  []Fact{{"PostgreSQL 18", "NOT ENFORCED only documents and harms nobody; teal's grammar does not read it yet"}},
		Refine: checkedAlready,
		Bad:    Example{Before: noteTable, SQL: "ALTER TABLE note ADD CONSTRAINT n_positive CHECK (n > 0) NOT VALID;"},
		Good:   Example{Before: noteTable, SQL: "ALTER TABLE note VALIDATE CONSTRAINT n_positive;"},
	}
}
