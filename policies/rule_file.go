package policies

import "teal.dev/teal/migrate/statement"

func transactionControl() Rule {
	return Rule{
		ID: "transaction-control", Title: "BEGIN, COMMIT, ROLLBACK, SAVEPOINT",
		Reason:        "teal runs each file and its record in one transaction; a COMMIT inside cuts it, and half a file stays after a failure",
		Instead:       "take the line out; make two files where two transactions are meant",
		Compatibility: Never, On: on(statement.Begin, statement.Commit, statement.Rollback, statement.Savepoint, statement.TwoPhase),
		Bad:  Example{SQL: "BEGIN;\nCREATE TABLE tag (id int);\nCOMMIT;"},
		Good: Example{SQL: "CREATE TABLE tag (id int);"},
	}
}

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

func dataWithDDL() Rule {
	return Rule{
		ID: "data-with-ddl", Title: "Rows and a locked table changed in one file",
		Reason:        "the lock of the schema change is held for as long as the rows take, and everybody waits for both",
		Instead:       "two files: the schema change first, the rows with the next number",
		Compatibility: Never,
		Bad:           Example{Before: noteTable, SQL: noteNewColumn + "UPDATE note SET content = body WHERE content IS NULL;"},
		Good:          Example{Before: noteTable, SQL: "CREATE TABLE tag (id int);\nINSERT INTO tag VALUES (1);"},
	}
}

func emptyFile() Rule {
	return Rule{
		ID: "empty-file", Title: "A file without a statement",
		Reason:        "the file does nothing; perhaps something was forgotten",
		Instead:       "delete it if no database has applied it yet",
		Compatibility: Expand,
		Bad:           Example{SQL: "-- later\n"},
		Good:          Example{SQL: "CREATE TABLE tag (id int);"},
	}
}

func unreadableFile() Rule {
	return Rule{
		ID: "unreadable-file", Title: "A file that cannot be split into statements",
		Reason:        "teal cannot read the file",
		Instead:       "correct it at the place named",
		Compatibility: Never, Hazards: []Hazard{UnparsableText},
		Bad:  Example{SQL: "SELECT 'a;"},
		Good: Example{SQL: "SELECT 'a';"},
	}
}

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

func wrongTrack() Rule {
	return Rule{
		ID: "wrong-track", Title: "A whole file on the wrong track",
		Reason:        "every statement here belongs to the other track",
		Compatibility: Expand,
		Bad:           Example{Before: noteTable, SQL: "ALTER TABLE note DROP COLUMN n;"},
		Good:          Example{Before: noteTable, SQL: "-- teal:contract\nALTER TABLE note DROP COLUMN n;"},
	}
}

func expiredWaiver() Rule {
	return Rule{
		ID: "expired-waiver", Title: "A waiver that has run out",
		Reason:        "the waiver no longer counts",
		Instead:       "renew it with a new date, or take it out of the policy",
		Compatibility: Expand,
	}
}
