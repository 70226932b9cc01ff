package policies

import "teal.dev/teal/migrate/statement"

func addExclude() Rule {
	return Rule{
		ID: "add-exclude", Title: "ADD EXCLUDE",
		Reason:        "writes of the running version that overlap fail with 23P01, and the index is built while nobody can read {table}; there is no form that lets others work",
		Compatibility: Depends, Hazards: []Hazard{OldWritesRejected}, Lock: AccessExclusive, Scan: true, Blocks: BlocksReads,
		On: on(statement.AddConstraint), Match: adds(func(c *statement.Constraint) bool { return c.Kind == statement.Exclude }),
		Bad:  Example{Before: noteTable, SQL: "ALTER TABLE note ADD CONSTRAINT one EXCLUDE USING btree (n WITH =);"},
		Good: Example{Before: noteTable, SQL: "ALTER TABLE note VALIDATE CONSTRAINT one;"},
	}
}
