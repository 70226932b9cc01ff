package policies

import "teal.dev/teal/migrate/statement"

func comment() Rule {
	return Rule{
		ID: "comment", Title: "COMMENT ON",
		Reason: "nobody notices", Compatibility: Expand, On: on(statement.CommentOn),

		Refine: func(s *Subject, f *Finding) {
			if s.Object == "table" || s.Object == "column" || s.Object == "view" || s.Object == "materialized view" {
				f.lock(ShareUpdateExclusive, s.Table.String())
			}
		},
		Bad:  Example{Before: noteTable, SQL: "COMMENT ON COLUMN note.body IS 'what customers say';"},
		Good: Example{Before: noteTable, SQL: "ALTER TABLE note ADD COLUMN extra text;"},
	}
}
