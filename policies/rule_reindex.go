package policies

import (
	"strings"

	"teal.dev/teal/migrate/statement"
)

func reindex() Rule {
	return Rule{
		ID: "reindex", Title: "REINDEX without CONCURRENTLY",
		Reason:        "for as long as the index is built, writes to the table wait, and so do reads: whoever plans a query asks for every index of its table",
		Instead:       "build it anew beside the traffic, in a file of its own\nREINDEX … CONCURRENTLY {name};",
		Compatibility: Expand, Scan: true, Blocks: BlocksReads,
		On: on(statement.Reindex), Match: func(s *Subject) bool { return !s.Concurrently },
		Refine: func(s *Subject, f *Finding) {
			if f.Instead = strings.Replace(f.Instead, "…", strings.ToUpper(s.Object), 1); s.Object == "system" {
				f.Instead = "" // there is no other way
			}
			if s.Object == "index" {
				f.lock(AccessExclusive, s.Name.String())
				if r := s.World.relations[fold(s.Name)]; r != nil {
					f.lock(Share, r.table.String())
				}
				return
			}
			f.lock(Share, s.Name.String())
		},
		Facts: []Fact{{"PostgreSQL 12+", "CONCURRENTLY exists"}, {"PostgreSQL 11 to 18", "only prepared statements whose plan is cached and that use other indexes go on"}},
		Bad:   Example{Before: noteTable, SQL: "REINDEX TABLE note;"},
		Good:  Example{Before: noteTable, SQL: "REINDEX TABLE CONCURRENTLY note;"},
	}
}
