package policies

import "teal.dev/teal/migrate/statement"

func addForeignKey() Rule {
	return Rule{
		ID: "add-foreign-key", Title: "ADD FOREIGN KEY, validated at once",
		Reason: "orphans that the running version inserts fail with 23503, and so do its deletes from {parent}; writes to both tables wait while every row is checked",
		Instead: "add it NOT VALID, which is still enforced on new writes, and validate in a later file" +
			"\n-- expand:\nALTER TABLE {table} ADD CONSTRAINT {constraint} {check} NOT VALID;\n-- a later file:\nALTER TABLE {table} VALIDATE CONSTRAINT {constraint};",
		Compatibility: Depends, Hazards: []Hazard{OldWritesRejected}, Lock: ShareRowExclusive, Scan: true, Blocks: BlocksWrites,
		On: on(statement.AddConstraint), Match: foreignKey(false), Refine: refineForeignKey,
		Facts: []Fact{{"PostgreSQL 11", "a partitioned table may refer, but not be referred to"}, {"PostgreSQL 12+", "both"}},
		Bad:   Example{Before: noteTable, SQL: "ALTER TABLE note ADD CONSTRAINT by FOREIGN KEY (n) REFERENCES person (id);"},
		Good:  Example{Before: noteTable, SQL: "ALTER TABLE note ADD CONSTRAINT by FOREIGN KEY (n) REFERENCES person (id) NOT VALID;"},
	}
}
