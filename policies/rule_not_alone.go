package policies

func notAlone() Rule {
	return Rule{
		ID: "not-alone", Title: "A statement that cannot run in a transaction, with others in its file",
		Reason:        "this statement cannot run inside a transaction, so a failure between it and its neighbours would leave half a file applied",
		Instead:       "give it a file of its own, with the next number",
		Compatibility: Never,
		Bad:           Example{Before: noteTable, SQL: "ALTER TABLE note ADD COLUMN m int;\nCREATE INDEX CONCURRENTLY note_n ON note (n);"},
		Good:          Example{Before: noteTable, SQL: "CREATE INDEX CONCURRENTLY note_n ON note (n);"},
	}
}
