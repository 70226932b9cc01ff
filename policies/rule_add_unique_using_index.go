package policies

import "teal.dev/teal/migrate/statement"

func addUniqueUsingIndex() Rule {
	return Rule{
		ID: "add-unique-using-index", Title: "ADD UNIQUE … USING INDEX",
		Reason:        "the index refuses duplicates already; the constraint only gives it a name",
		Compatibility: Expand, Lock: AccessExclusive,
		On: on(statement.AddConstraint), Match: adds(func(c *statement.Constraint) bool { return key(c) && c.UsingIndex != "" }),
		Refine: func(s *Subject, f *Finding) {
			if s.World.partitioned(s.Name) {
				f.raise(Never)
				f.Why = "PostgreSQL refuses USING INDEX on a partitioned table, and " + s.Name.String() + " is one"
				f.Instead = "make the key with ALTER TABLE ONLY, then one of each partition, and attach them (teal explain add-unique)"
				return
			}
			if s.Command.Constraint.Deferrable {
				f.raise(Depends)
				f.add(BehaviourChanged)
				f.Why = "a deferrable constraint is no arbiter: ON CONFLICT of the running version that finds the index now fails with 55000"
			}
			if s.Command.Constraint.Kind == statement.PrimaryKey && !keysNotNull(s) {
				f.raise(Depends)
				f.add(OldWritesRejected)
				f.Operation.Scan, f.Operation.Blocks = true, BlocksReads
				f.Why = "a primary key makes its columns NOT NULL: writes of NULL by the running version fail, and a nullable column is scanned while nobody can read"
				f.Instead = "make the columns NOT NULL first (see set-not-null), in contract files"
			}
		},
		Bad:  Example{Before: noteTable + "\nCREATE UNIQUE INDEX note_body ON note (body);", SQL: "ALTER TABLE note ADD CONSTRAINT note_body UNIQUE USING INDEX note_body;"},
		Good: Example{Before: noteTable, SQL: "ALTER TABLE note ADD CONSTRAINT note_body UNIQUE (body);"},
	}
}
