package policies

import "teal.dev/teal/migrate/statement"

func grant() Rule {
	return Rule{
		ID: "grant", Title: "GRANT",
		Reason: "nobody loses a right", Compatibility: Expand, On: on(statement.Grant),
		Refine: func(s *Subject, f *Finding) {
			if s.Object == "role" {
				f.raise(Depends)
				f.add(BehaviourChanged)
				f.Why = "with a role come its row security policies, which may hide rows from the running version, and its rights"
			}
		},
		Bad:  Example{Before: noteTable, SQL: "GRANT SELECT ON note TO clerk;"},
		Good: Example{Before: noteTable, SQL: "REVOKE SELECT ON note FROM clerk;"},
	}
}
