package policies

func wrongTrack() Rule {
	return Rule{
		ID: "wrong-track", Title: "A whole file on the wrong track",
		Reason:        "every statement here belongs to the other track",
		Compatibility: Expand,
		Bad:           Example{Before: noteTable, SQL: "ALTER TABLE note DROP COLUMN n;"},
		Good:          Example{Before: noteTable, SQL: "-- teal:contract\nALTER TABLE note DROP COLUMN n;"},
	}
}
