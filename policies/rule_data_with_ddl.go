package policies

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
