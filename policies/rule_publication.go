package policies

import "teal.dev/teal/migrate/statement"

func publication() Rule {
	return Rule{
		ID: "publication", Title: "CREATE, ALTER, DROP PUBLICATION",
		Reason:        "readers of the replication stream see other changes from now on",
		Compatibility: Depends, Hazards: []Hazard{BehaviourChanged}, On: on(statement.Publication),
		Refine: func(s *Subject, f *Finding) {
			for _, n := range s.Relations() {
				f.lock(ShareUpdateExclusive, n.String())
			}
		},
		Facts: []Fact{{"PostgreSQL 15+", "FOR TABLES IN SCHEMA, column lists and row filters"}},
		Bad:   Example{Before: noteTable, SQL: "CREATE PUBLICATION p FOR TABLE note;"},
		Good:  Example{Before: noteTable, SQL: "ALTER TABLE note SET (fillfactor = 70);"},
	}
}
