package policies

import (
	"strings"

	"teal.dev/teal/migrate/statement"
)

func selectCalls() Rule {
	return Rule{
		ID: "select-with-effects", Title: "SELECT of a function that may change something",
		Reason:        "the text does not show what the functions do",
		Instead:       "write the statement that does it, or have a DBA approve",
		Compatibility: Depends, Hazards: []Hazard{OpaqueEffect}, On: on(statement.Select, statement.Explain, statement.CreateTableAs, statement.CreateMatView, statement.CopyOut),
		Match: calls,
		Refine: func(s *Subject, f *Finding) {
			if len(s.Calls) > 0 {
				f.Why += ": " + strings.Join(s.Calls, ", ")
			}
			if s.Writes {
				f.add(DataChanged)
			}
		},
		Bad:  Example{Before: "CREATE SEQUENCE ticket;", SQL: "SELECT setval('ticket', 1000);"},
		Good: Example{Before: noteTable, SQL: "SELECT count(*) FROM note;"},
	}
}
