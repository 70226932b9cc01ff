package policies

import "teal.dev/teal/migrate/statement"

func updateRows() Rule {
	return Rule{
		ID: "change-rows", Title: "UPDATE, DELETE, MERGE",
		Reason:        "the running version sees changed rows of {table}, and waits for the row locks until the transaction ends",
		Instead:       "change the meaning in a new column, filled with WHERE … IS NULL; delete in a contract file",
		Compatibility: Depends, Hazards: []Hazard{DataChanged}, Lock: RowExclusive, On: on(statement.Update, statement.Delete, statement.Merge),
		Match: func(s *Subject) bool { return !newColumnsOnly(s) },
		Refine: func(s *Subject, f *Finding) {
			lockBehind(s, f)
			sayPinned(s, f)
			if len(s.Calls) > 0 || s.World.triggered(s.Name) || s.Kind != statement.Delete && s.World.writesReach(s.Name) {
				f.add(OpaqueEffect)
			}
		},
		Facts: []Fact{{"PostgreSQL 15+", "MERGE exists"}},
		Bad:   Example{Before: noteTable, SQL: "UPDATE note SET body = '' WHERE body IS NULL;"},
		Good:  Example{Before: noteTable, SQL: noteNewColumn + "UPDATE note SET content = body WHERE content IS NULL;"},
	}
}
