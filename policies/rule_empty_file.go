package policies

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
