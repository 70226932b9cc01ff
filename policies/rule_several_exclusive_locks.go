package policies

func severalExclusiveLocks() Rule {
	return Rule{
		ID: "several-exclusive-locks", Title: "ACCESS EXCLUSIVE on several tables in one file",
		Reason: "while it waits for the second table nobody can read the first, and a version that uses both in the other order makes a deadlock",
		Instead: "give each table a file of its own, in the order of the numbers; commands on one table go into one ALTER TABLE, " +
			"with commas between them",
		Compatibility: Expand,
		Bad:           Example{Before: noteTable, SQL: "ALTER TABLE person ADD COLUMN m int;\nALTER TABLE note ADD COLUMN m int;"},
		Good:          Example{Before: noteTable, SQL: "ALTER TABLE note ADD COLUMN m int;\nALTER TABLE note ADD COLUMN o int;"},
	}
}
