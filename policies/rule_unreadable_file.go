package policies

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
