package policies

import "teal.dev/teal/migrate/statement"

func alterIndex() Rule {
	return Rule{
		ID: "alter-index", Title: "ALTER INDEX … RENAME, SET, ATTACH PARTITION",
		Reason: "queries do not name indexes; only planner hints do", Compatibility: Expand, Lock: ShareUpdateExclusive,
		On:   append(on(statement.RenameIndex), "alter_index/set_options", "alter_index/attach_partition", "alter_index/set_statistics"),
		Bad:  Example{Before: noteTable, SQL: "ALTER INDEX note_title RENAME TO note_title_key;"},
		Good: Example{Before: noteTable, SQL: "DROP INDEX note_title;"},
	}
}
