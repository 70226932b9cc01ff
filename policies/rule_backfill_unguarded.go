package policies

import "teal.dev/teal/migrate/statement"

func backfillUnguarded() Rule {
	return Rule{
		ID: "backfill-unguarded", Title: "UPDATE of a new column without WHERE column IS NULL",
		Reason:        "it overwrites newer values that a trigger or the new version wrote meanwhile",
		Instead:       "guard it: UPDATE {table} SET … WHERE … IS NULL, with one of the columns that it sets",
		Compatibility: Depends, Hazards: []Hazard{DataChanged}, Lock: RowExclusive, On: on(statement.Update),
		Match: func(s *Subject) bool { return newColumnsOnly(s) && (!guarded(s) || calls(s)) },
		Refine: func(s *Subject, f *Finding) {
			if calls(s) {
				f.add(OpaqueEffect)
			}
		},
		Bad:  Example{Before: noteTable, SQL: noteNewColumn + "UPDATE note SET content = body;"},
		Good: Example{Before: noteTable, SQL: noteNewColumn + "UPDATE note SET content = body WHERE content IS NULL;"},
	}
}
