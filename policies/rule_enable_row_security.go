package policies

import "teal.dev/teal/migrate/statement"

func enableRLS() Rule {
	return Rule{
		ID: "enable-row-security", Title: "ENABLE or FORCE ROW LEVEL SECURITY",
		Reason:        "without a policy that lets it, the running version reads no rows of {table} at all, and gets no error",
		Instead:       "make a permissive policy in the same file, before, and enable it when the old version is gone\n-- teal:contract\n-- (one file)\nCREATE POLICY all_rows ON {table} USING (true) WITH CHECK (true);\nALTER TABLE {table} ENABLE ROW LEVEL SECURITY;",
		Compatibility: Contract, Hazards: []Hazard{DataChanged}, Lock: AccessExclusive, On: on(statement.EnableRLS, statement.ForceRLS),
		Refine: func(s *Subject, f *Finding) {
			if r := s.World.relations[fold(s.Name)]; r != nil && (s.Command.Kind == statement.EnableRLS && r.guarded || s.Command.Kind == statement.ForceRLS && r.forced) {
				f.settled("it is so already")
			}
		},
		Facts: []Fact{{"PostgreSQL 11 to 18", "default deny: no policy, no rows, no error; owners and BYPASSRLS pass unless FORCE"}},
		Bad:   Example{Before: noteTable, SQL: "ALTER TABLE note ENABLE ROW LEVEL SECURITY;"},
		Good:  Example{Before: noteTable, SQL: "GRANT SELECT ON note TO clerk;"},
	}
}
