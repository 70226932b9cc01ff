package policies

import "teal.dev/teal/migrate/statement"

func addCheck() Rule {
	return Rule{
		ID: "add-check", Title: "ADD CHECK, validated at once",
		Reason: "writes of the running version that break the check fail with 23514, and every row of {table} is read while nobody can use it",
		Instead: "add it NOT VALID, which is still enforced on new writes, and validate in a later file" +
			"\n-- expand:\nALTER TABLE {table} ADD CONSTRAINT {constraint} {check} NOT VALID;\n-- a later file:\nALTER TABLE {table} VALIDATE CONSTRAINT {constraint};",
		Compatibility: Depends, Hazards: []Hazard{OldWritesRejected}, Lock: AccessExclusive, Scan: true, Blocks: BlocksReads,
		On:     on(statement.AddConstraint),
		Match:  adds(func(c *statement.Constraint) bool { return c.Kind == statement.Check && !c.NotValid }),
		Refine: checkedAlready,
		Bad:    Example{Before: noteTable, SQL: "ALTER TABLE note ADD CONSTRAINT n_positive CHECK (n > 0);"},
		Good:   Example{Before: noteTable, SQL: "ALTER TABLE note ADD CONSTRAINT n_positive CHECK (n > 0) NOT VALID;"},
	}
}
