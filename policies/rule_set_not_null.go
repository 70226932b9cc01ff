package policies

import "teal.dev/teal/migrate/statement"

func setNotNull() Rule {
	return Rule{
		ID: "set-not-null", Title: "SET NOT NULL",
		Reason:        "the running version may still write NULL into {column} and would fail with 23502; and every row of {table} is read while nobody can use it",
		Instead:       "prove it first with a check, which lets others work, in contract files\n" + contractNotNull,
		Compatibility: Contract, Hazards: []Hazard{OldWritesRejected}, Lock: AccessExclusive, Scan: true, Blocks: BlocksReads,
		Facts: []Fact{{"PostgreSQL 12+", "no scan where a valid CHECK (column IS NOT NULL) stands"}, {"PostgreSQL 18", "ADD CONSTRAINT … NOT NULL … NOT VALID, then VALIDATE"}},
		On:    on(statement.SetNotNull),
		Refine: func(s *Subject, f *Finding) {
			if s.World.provenNotNull(s.Name, s.Command.Name) {
				f.Operation.Scan, f.Operation.Blocks = false, BlocksNobody
				f.Why = "a validated check refuses NULL in " + s.Command.Name + " already, which also makes the statement instant"
				f.Hazards = []Hazard{}
				f.Instead = ""
			}
		},
		Bad:  Example{Before: noteTable, SQL: "ALTER TABLE note ALTER COLUMN body SET NOT NULL;"},
		Good: Example{Before: noteTable, SQL: "ALTER TABLE note ALTER COLUMN title DROP NOT NULL;"},
	}
}
