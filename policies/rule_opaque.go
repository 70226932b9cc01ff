package policies

import "teal.dev/teal/migrate/statement"

// opaque is what is said when no rule knows a statement.
func opaque() Rule {
	return Rule{
		ID: "opaque", Title: "A statement that no rule knows",
		Reason:        "teal has no rule for this statement, and what is unknown is never safe",
		Instead:       "write it with statements that teal knows, or have a DBA read it and approve",
		Compatibility: Depends, Hazards: []Hazard{OpaqueEffect},
		Refine: func(s *Subject, f *Finding) {
			if s.Message != "" {
				f.Why += " (" + s.Message + ")"
			}
		},
		Bad:  Example{SQL: "CREATE CAST (text AS point) WITH INOUT;"},
		Good: Example{SQL: "COMMENT ON TABLE note IS 'what customers say';"},
	}
}

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

// doBlock is a DO block or a CALL.
func doBlock() Rule {
	return Rule{
		ID: "do-block", Title: "DO block, CALL, EXECUTE",
		Reason:        "the text does not show what it does: the body may run any SQL, built at run time",
		Instead:       "write the statements themselves; where a loop or a condition is needed, have a DBA read and approve it",
		Compatibility: Depends, Hazards: []Hazard{OpaqueEffect},
		On:   on(statement.Do, statement.Call),
		Bad:  Example{Before: noteTable, SQL: "DO $$ BEGIN EXECUTE 'DROP TABLE note'; END $$;"},
		Good: Example{SQL: "COMMENT ON TABLE note IS 'what customers say';"},
	}
}

func on[K ~string](kinds ...K) []string {
	out := make([]string, len(kinds))
	for i, k := range kinds {
		out[i] = string(k)
	}
	return out
}
