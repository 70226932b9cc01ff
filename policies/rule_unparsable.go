package policies

import "teal.dev/teal/migrate/statement"

// unparsable is what is said when the grammar does not know a statement.
func unparsable() Rule {
	return Rule{
		ID: "unparsable", Title: "A statement that the grammar does not know",
		Reason:        "teal cannot read this statement, and what is unknown is never safe",
		Instead:       "correct it; if it is newer syntax than " + statement.Grammar + ", write it in the older form or have it waived",
		Compatibility: Depends, Hazards: []Hazard{UnparsableText},
		Refine: func(s *Subject, f *Finding) { f.Why += ": " + s.Message },
		Bad:    Example{SQL: "ALTER TABEL note ADD body text;"},
		Good:   Example{SQL: "COMMENT ON TABLE note IS 'what customers say';"},
	}
}
