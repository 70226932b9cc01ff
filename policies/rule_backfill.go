package policies

import "teal.dev/teal/migrate/statement"

func backfill() Rule {
	return Rule{
		ID: "backfill", Title: "UPDATE … WHERE column IS NULL, of a column new in the release",
		Reason:        "fills only rows that have no value yet, in columns that the running version does not know; values written meanwhile stay",
		Compatibility: Expand, Lock: RowExclusive, On: on(statement.Update),
		Match: func(s *Subject) bool { return newColumnsOnly(s) && guarded(s) && !calls(s) },
		Refine: func(s *Subject, f *Finding) {
			if s.World.fires(s.Name) {
				f.raise(Depends)
				f.add(DataChanged)
				f.Why = "a trigger on " + s.Name.String() + " runs for every row, and may change columns that the running version reads (an updated_at) or other tables"
			}
		},
		Bad:  Example{Before: noteTable, SQL: noteNewColumn + "UPDATE note SET content = body WHERE content IS NULL;"},
		Good: Example{Before: noteTable, SQL: "UPDATE note SET body = '' WHERE body IS NULL;"},
	}
}
