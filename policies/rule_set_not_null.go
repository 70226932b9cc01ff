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
			column := s.Command.Name
			if c := s.World.column(s.Name, column); c != nil && c.gives && s.World.NewColumn(s.Name, column) {
				f.Compatibility, f.Hazards = Expand, []Hazard{}
				f.Why = "the column " + column + " is new in this release and has a default, so the running version writes no NULL; but every row is read"
				if addedBare(s) {
					f.Compatibility, f.Hazards = Contract, []Hazard{OldWritesRejected}
					f.Why = "the rows that are there have NULL in " + column + ", because ADD COLUMN came without the default: the server refuses it (23502), unless there are none"
					f.Instead = "add the column with its default, which the rows that are there get at once and without a rewrite where it is constant, or fill them in a file between"
				}
			}
			if !alone(s) || s.World.heirs(s.Name) {
				return // what stands may be dropped before, and tables that inherit may differ
			}
			if c := s.World.column(s.Name, column); c != nil && c.known && c.notNull {
				f.settled(column + " is NOT NULL already")
				f.Operation.Scan, f.Operation.Blocks = false, BlocksNobody
				return
			}
			if s.World.refusesNull(s.Name, column) {
				f.Compatibility, f.Hazards = Expand, []Hazard{}
				f.Why = "a check refuses NULL in " + column + " already; but it is not validated, so every row is read while nobody can use the table"
				f.Instead = "validate the check first, in a file of its own; then the statement is instant"
			}
			if s.World.provenNotNull(s.Name, column) && !s.World.older(12) {
				f.Operation.Scan, f.Operation.Blocks = false, BlocksNobody
				f.Why = "a validated check refuses NULL in " + column + " already, which also makes the statement instant"
				f.Instead = ""
			}
		},
		Bad:  Example{Before: noteTable, SQL: "ALTER TABLE note ALTER COLUMN body SET NOT NULL;"},
		Good: Example{Before: noteTable, SQL: "ALTER TABLE note ALTER COLUMN title DROP NOT NULL;"},
	}
}
