package policies

import "teal.dev/teal/migrate/statement"

// partitionedFollows says whether a later statement of the same file makes a partitioned table of the old name.
func partitionedFollows(s *Subject) bool {
	for i := s.Index + 1; i < len(s.File); i++ {
		if t := &s.File[i]; t.Kind == statement.CreateTable && t.Partitioned && fold(t.Name) == fold(s.Name) {
			return true
		}
	}
	return false
}

func convertToPartitioned() Rule {
	return Rule{
		ID: "convert-to-partitioned", Title: "RENAME TABLE and a partitioned table of the old name",
		Reason: "the running version finds {table} empty, its upserts find no key, because the primary key of a partitioned table must hold the " +
			"partition key, and what it writes meanwhile is in the wrong table",
		Instead: "make the partitioned table beside the old one, copy with a trigger and a backfill, and let the new version use the new name" +
			"\n-- expand:\nCREATE TABLE {table}_partitioned (LIKE {table}) PARTITION BY …;\n-- and a trigger that writes both\n-- teal:contract\n-- (a file of its own)\nDROP TABLE {table};",
		Compatibility: Never, Hazards: []Hazard{DataChanged}, Lock: AccessExclusive,
		On: on(statement.RenameTable), Match: partitionedFollows,
		Bad:  Example{Before: noteTable, SQL: "ALTER TABLE note RENAME TO note_old;\nCREATE TABLE note (id bigint, at timestamp) PARTITION BY RANGE (at);"},
		Good: Example{Before: noteTable, SQL: "ALTER TABLE note RENAME TO note_old;\nCREATE VIEW note AS SELECT * FROM note_old;"},
	}
}
