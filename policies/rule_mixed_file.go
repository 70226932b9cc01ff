package policies

func mixedFile() Rule {
	return Rule{
		ID: "mixed-file", Title: "Expand and contract statements in one file",
		Reason:        "what the new version needs must run before it starts, and what the old version needs may go only after it has stopped: one file cannot do both",
		Instead:       "split the file",
		Compatibility: Never,
		Bad:           Example{Before: noteTable, SQL: "ALTER TABLE note ADD COLUMN m int;\nALTER TABLE note DROP COLUMN n;"},
		Good:          Example{Before: noteTable, SQL: "ALTER TABLE note DROP COLUMN n;"},
	}
}
