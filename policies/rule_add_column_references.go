package policies

import "teal.dev/teal/migrate/statement"

func addColumnReferences() Rule {
	return Rule{
		ID: "add-column-references", Title: "ADD COLUMN … REFERENCES",
		Reason: "once the new version fills {column}, the running version's deletes and updates of the parent may fail with 23503; and the parent's writes wait for the lock",
		Instead: "add the column first and the foreign key in a file of its own, NOT VALID, then validate" + expandColumn +
			"ALTER TABLE {table} ADD CONSTRAINT {table}_{column}_fkey {check} NOT VALID;",
		Compatibility: Depends, Hazards: []Hazard{OldWritesRejected, RowShape}, Lock: AccessExclusive,
		On: on(statement.AddColumn), Match: addsWith(statement.ForeignKey),
		Refine: func(s *Subject, f *Finding) {
			lockParents(f, s, s.Command.Column.Constraints)
			if s.Command.Column.Default != nil { // DEFAULT NULL too
				f.Operation.Scan, f.Operation.Blocks = true, BlocksReads
			}
		},
		Bad:  Example{Before: noteTable, SQL: "ALTER TABLE note ADD COLUMN person_id bigint REFERENCES person (id);"},
		Good: Example{Before: noteTable, SQL: "ALTER TABLE note ADD COLUMN person_id bigint;"},
	}
}
