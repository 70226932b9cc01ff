package policies

import "teal.dev/teal/migrate/statement"

func disableRLS() Rule {
	return Rule{
		ID: "disable-row-security", Title: "DISABLE or NO FORCE ROW LEVEL SECURITY",
		Reason:        "the running version reads rows of {table} that were hidden from it",
		Compatibility: Depends, Hazards: []Hazard{BehaviourChanged, DataChanged}, Lock: AccessExclusive, On: on(statement.DisableRLS, statement.NoForceRLS),
		Refine: func(s *Subject, f *Finding) {
			r := s.World.relations[fold(s.Name)]
			if r != nil && r.kind == statement.CreateTable && !r.doubted && (s.Command.Kind == statement.DisableRLS && !r.guarded || s.Command.Kind == statement.NoForceRLS && !r.forced) {
				f.settled("it is so already")
			}
		},
		Bad:  Example{Before: noteTable + "\nALTER TABLE note ENABLE ROW LEVEL SECURITY;", SQL: "ALTER TABLE note DISABLE ROW LEVEL SECURITY;"},
		Good: Example{Before: noteTable, SQL: "GRANT SELECT ON note TO clerk;"},
	}
}
