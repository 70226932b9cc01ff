package policies

import "teal.dev/teal/migrate/statement"

func analyze() Rule {
	return Rule{
		ID: "maintenance", Title: "ANALYZE, VACUUM, CREATE STATISTICS",
		Reason: "only the planner notices", Compatibility: Expand,
		On:    on(statement.Analyze, statement.Vacuum, statement.CreateStatistics, statement.DropStatistics, statement.Checkpoint),
		Match: func(s *Subject) bool { return !s.Full },
		Refine: func(s *Subject, f *Finding) {
			for _, n := range s.Relations() {
				f.lock(ShareUpdateExclusive, n.String())
			}
			for _, n := range s.Names {
				if r := s.World.relations[fold(statisticsName(n))]; s.Kind == statement.DropStatistics && r != nil {
					f.lock(ShareUpdateExclusive, r.table.String())
				}
			}
		},
		Bad:  Example{Before: noteTable, SQL: "ANALYZE note;"},
		Good: Example{Before: noteTable, SQL: "VACUUM FULL note;"},
	}
}
