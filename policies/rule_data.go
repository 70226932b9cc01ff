package policies

import "teal.dev/teal/migrate/statement"

// newColumnsOnly says whether an UPDATE assigns only columns that are new in the release.
func newColumnsOnly(s *Subject) bool {
	if s.Kind != statement.Update || len(s.Columns) == 0 || s.Writes {
		return false
	}
	for _, c := range s.Columns {
		if !s.World.NewColumn(s.Name, c) {
			return false
		}
	}
	return true
}

// guarded says whether an UPDATE touches only rows in which one of the columns that it assigns is still NULL. One is
// enough: columns filled together are filled by one trigger or one statement, and some of them may well stay NULL.
func guarded(s *Subject) bool {
	for _, c := range s.Columns {
		if has(s.NullGuards, c) {
			return true
		}
	}
	return false
}

const noteNewColumn = "ALTER TABLE note ADD COLUMN content text;\n"

func backfill() Rule {
	return Rule{
		ID: "backfill", Title: "UPDATE … WHERE column IS NULL, of a column new in the release",
		Reason:        "fills only rows that have no value yet, in columns that the running version does not know; values written meanwhile stay",
		Compatibility: Expand, Lock: RowExclusive, On: on(statement.Update),
		Match: func(s *Subject) bool { return newColumnsOnly(s) && guarded(s) && len(s.Calls) == 0 },
		Bad:   Example{Before: noteTable, SQL: noteNewColumn + "UPDATE note SET content = body WHERE content IS NULL;"},
		Good:  Example{Before: noteTable, SQL: "UPDATE note SET body = '' WHERE body IS NULL;"},
	}
}

func backfillUnguarded() Rule {
	return Rule{
		ID: "backfill-unguarded", Title: "UPDATE of a new column without WHERE column IS NULL",
		Reason:        "it overwrites newer values that a trigger or the new version wrote meanwhile",
		Instead:       "guard it: UPDATE {table} SET … WHERE … IS NULL, with one of the columns that it sets",
		Compatibility: Depends, Hazards: []Hazard{DataChanged}, Lock: RowExclusive, On: on(statement.Update),
		Match: func(s *Subject) bool { return newColumnsOnly(s) && (!guarded(s) || len(s.Calls) > 0) },
		Refine: func(s *Subject, f *Finding) {
			if len(s.Calls) > 0 {
				f.add(OpaqueEffect)
			}
		},
		Bad:  Example{Before: noteTable, SQL: noteNewColumn + "UPDATE note SET content = body;"},
		Good: Example{Before: noteTable, SQL: noteNewColumn + "UPDATE note SET content = body WHERE content IS NULL;"},
	}
}

func updateRows() Rule {
	return Rule{
		ID: "change-rows", Title: "UPDATE, DELETE, MERGE",
		Reason:        "the running version sees changed rows of {table}, and waits for the row locks until the transaction ends",
		Instead:       "change the meaning in a new column, filled with WHERE … IS NULL; delete in a contract file",
		Compatibility: Depends, Hazards: []Hazard{DataChanged}, Lock: RowExclusive, On: on(statement.Update, statement.Delete, statement.Merge),
		Match: func(s *Subject) bool { return !newColumnsOnly(s) },
		Refine: func(s *Subject, f *Finding) {
			if len(s.Calls) > 0 {
				f.add(OpaqueEffect)
			}
		},
		Bad:  Example{Before: noteTable, SQL: "UPDATE note SET body = '' WHERE body IS NULL;"},
		Good: Example{Before: noteTable, SQL: noteNewColumn + "UPDATE note SET content = body WHERE content IS NULL;"},
	}
}

func insertRows() Rule {
	return Rule{
		ID: "insert-rows", Title: "INSERT, COPY FROM",
		Reason:        "the running version meets rows of {table} that it did not write, and its own insert of the same key fails",
		Instead:       "say ON CONFLICT DO NOTHING, and have a DBA confirm that the running version expects such rows",
		Compatibility: Depends, Hazards: []Hazard{DataChanged}, Lock: RowExclusive, On: on(statement.Insert, statement.CopyIn),
		Refine: func(s *Subject, f *Finding) {
			if len(s.Calls) > 0 {
				f.add(OpaqueEffect)
			}
		},
		Bad:  Example{Before: noteTable, SQL: "INSERT INTO note (id, title) VALUES (1, 'hello');"},
		Good: Example{Before: noteTable, SQL: "CREATE TABLE tag (id int);\nINSERT INTO tag VALUES (1);"},
	}
}
