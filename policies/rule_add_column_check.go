package policies

import "teal.dev/teal/migrate/statement"

func addColumnCheck() Rule {
	return Rule{
		ID: "add-column-check", Title: "ADD COLUMN … CHECK",
		Reason: "the check is proven for every old row of {table} while nobody can read, even though the column is empty",
		Instead: expandColumn + "ALTER TABLE {table} ADD CONSTRAINT {table}_{column}_check {check} NOT VALID;\n" +
			"-- a later file:\nALTER TABLE {table} VALIDATE CONSTRAINT {table}_{column}_check;",
		Compatibility: Depends, Hazards: []Hazard{RowShape}, Lock: AccessExclusive, Scan: true, Blocks: BlocksReads,
		On: on(statement.AddColumn), Match: addsWith(statement.Check),
		Refine: func(s *Subject, f *Finding) {
			if c := s.Command.Column; !nullPasses(c) {
				f.add(OldWritesRejected)
				f.Why += "; and the check may refuse the rows that the running version writes, which leave " + c.Name + " out"
			}
		},
		Facts: []Fact{{"PostgreSQL 11 to 18", "the table is scanned, even where the column is nullable and new"}},
		Bad:   Example{Before: noteTable, SQL: "ALTER TABLE note ADD COLUMN stars int CHECK (stars < 6);"},
		Good:  Example{Before: noteTable, SQL: "ALTER TABLE note ADD COLUMN stars int;"},
	}
}
