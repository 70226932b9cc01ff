package policies

import "teal.dev/teal/migrate/statement"

func dropTable() Rule {
	return Rule{
		ID: "drop-table", Title: "DROP TABLE",
		Reason:        "the running version reads or writes {name} until it is retired: 42P01; and a rollback cannot bring the data back",
		Instead:       "drop it in a contract file, which runs once the version that uses it is gone\n-- teal:contract\n-- (a file of its own)\nDROP TABLE {name};",
		Compatibility: Contract, Lock: AccessExclusive,
		Facts:  []Fact{{"PostgreSQL", "ACCESS EXCLUSIVE also on every table that its foreign keys refer to, and on the parent of a partition"}},
		On:     on(statement.DropTable),
		Match:  func(s *Subject) bool { return !s.Cascade },
		Refine: lockDropped,
		Bad:    Example{Before: noteTable, SQL: "DROP TABLE note;"},
		Good:   Example{Before: noteTable, SQL: "CREATE TABLE note2 (id bigint);"},
	}
}
