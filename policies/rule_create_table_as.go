package policies

import "teal.dev/teal/migrate/statement"

func createTableAs() Rule {
	return Rule{
		ID: "create-table-as", Title: "CREATE TABLE AS, SELECT INTO",
		Reason: "the running version does not know {table}; the query reads in one transaction", Compatibility: Expand,
		On:    on(statement.CreateTableAs),
		Match: func(s *Subject) bool { return !calls(s) },
		Refine: func(s *Subject, f *Finding) {
			shadows(s, f)
			for _, n := range s.Relations() {
				if fold(n) != fold(s.Name) {
					f.lock(AccessShare, n.String())
				}
			}
		},
		Bad:  Example{Before: noteTable, SQL: "CREATE TABLE copy AS SELECT * FROM note;"},
		Good: Example{Before: noteTable, SQL: "CREATE TABLE copy AS SELECT danger(id) FROM note;"},
	}
}
