package policies

import "teal.dev/teal/migrate/statement"

func insertRows() Rule {
	return Rule{
		ID: "insert-rows", Title: "INSERT, COPY FROM",
		Reason:        "the running version meets rows of {table} that it did not write, and its own insert of the same key fails",
		Instead:       "say ON CONFLICT DO NOTHING, and have a DBA confirm that the running version expects such rows",
		Compatibility: Depends, Hazards: []Hazard{DataChanged}, Lock: RowExclusive, On: on(statement.Insert, statement.CopyIn),
		Refine: func(s *Subject, f *Finding) {
			lockBehind(s, f)
			sayPinned(s, f)
			if len(s.Calls) > 0 || s.World.triggered(s.Name) || s.Kind != statement.Delete && s.World.writesReach(s.Name) {
				f.add(OpaqueEffect)
			}
		},
		Bad:  Example{Before: noteTable, SQL: "INSERT INTO note (id, title) VALUES (1, 'hello');"},
		Good: Example{Before: noteTable, SQL: "CREATE TABLE tag (id int);\nINSERT INTO tag VALUES (1);"},
	}
}
