package policies

import "teal.dev/teal/migrate/statement"

func selectOnly() Rule {
	return Rule{
		ID: "select", Title: "SELECT, EXPLAIN, COPY TO",
		Reason: "it only reads", Compatibility: Expand, On: on(statement.Select, statement.Explain, statement.CopyOut),
		Match: func(s *Subject) bool { return !calls(s) },
		Bad:   Example{Before: noteTable, SQL: "SELECT count(*) FROM note;"},
		Good:  Example{SQL: "SELECT setval('ticket', 1000);"},
	}
}
