package policies

import "teal.dev/teal/migrate/statement"

func selectOnly() Rule {
	return Rule{
		ID: "select", Title: "SELECT, EXPLAIN, COPY TO",
		Reason: "it only reads", Compatibility: Expand, On: on(statement.Select, statement.Explain, statement.CopyOut),
		Match: func(s *Subject) bool { return !calls(s) },
		Refine: func(s *Subject, f *Finding) {
			if s.Kind == statement.Explain {
				f.lock(RowExclusive, s.Name.String())
			}
			if s.Kind == statement.Select && s.Detail == "for update" {
				f.raise(Depends)
				f.add(BehaviourChanged)
				f.Why = "the running version's writes to the rows that it locks wait until the transaction ends"
				for _, n := range s.Relations() {
					f.lock(RowShare, n.String())
				}
			}
		},
		Bad:  Example{Before: noteTable, SQL: "SELECT count(*) FROM note;"},
		Good: Example{SQL: "SELECT setval('ticket', 1000);"},
	}
}
