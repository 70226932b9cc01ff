package policies

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
