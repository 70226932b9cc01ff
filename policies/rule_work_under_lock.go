package policies

func workUnderLock() Rule {
	return Rule{
		ID: "work-under-lock", Title: "Reading a whole table under a lock of the same file",
		Reason: "the file is one transaction, so a lock that an earlier part of it took is held for as long as this statement reads: " +
			"everybody waits for both",
		Instead:       "give this statement a file of its own, with the next number",
		Compatibility: Expand, Blocks: BlocksReads,
		Facts: []Fact{{"PostgreSQL", "ADD CONSTRAINT … NOT VALID and VALIDATE in one file cost what a plain ADD CONSTRAINT costs"}},
		Bad:   Example{Before: noteTable, SQL: "ALTER TABLE note ADD CONSTRAINT n_positive CHECK (n > 0) NOT VALID;\nALTER TABLE note VALIDATE CONSTRAINT n_positive;"},
		Good:  Example{Before: noteTable + "\nALTER TABLE note ADD CONSTRAINT n_positive CHECK (n > 0) NOT VALID;", SQL: "ALTER TABLE note VALIDATE CONSTRAINT n_positive;"},
	}
}
