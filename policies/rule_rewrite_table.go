package policies

import "teal.dev/teal/migrate/statement"

func rewriteTable() Rule {
	return Rule{
		ID: "rewrite-table", Title: "SET LOGGED, SET TABLESPACE, SET ACCESS METHOD",
		Reason:        "{table} is rewritten while nobody can read, and snapshots taken before see it empty",
		Compatibility: Depends, Hazards: []Hazard{DataChanged}, Lock: AccessExclusive, Rewrite: true, Blocks: BlocksReads,
		On: on(statement.SetLogged, statement.SetTablespace, statement.SetAccessMethod),
		Refine: func(s *Subject, f *Finding) {
			if s.Command.Kind == statement.SetTablespace { // the blocks are copied as they are
				f.Compatibility, f.Hazards = Expand, []Hazard{}
				f.Why = s.Name.String() + " is copied while nobody can read"
			}
		},
		Facts: []Fact{{"PostgreSQL 15+", "SET ACCESS METHOD exists"}},
		Bad:   Example{Before: noteTable + "\nALTER TABLE note SET UNLOGGED;", SQL: "ALTER TABLE note SET LOGGED;"},
		Good:  Example{Before: noteTable, SQL: "ALTER TABLE note SET (fillfactor = 70);"},
	}
}
