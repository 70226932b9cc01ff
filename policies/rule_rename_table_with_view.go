package policies

import "teal.dev/teal/migrate/statement"

func renameTableView() Rule {
	return Rule{
		ID: "rename-table-with-view", Title: "RENAME TABLE with a view of the old name in the same file",
		Reason:        "reads and plain writes of the running version go through the view; COPY, TRUNCATE, ON CONFLICT ON CONSTRAINT, GROUP BY the primary key and new foreign keys to it do not",
		Compatibility: Depends, Hazards: []Hazard{BehaviourChanged, RowShape}, Lock: AccessExclusive,
		On: on(statement.RenameTable, statement.MoveTable), Match: viewFollows,
		Facts: []Fact{{"PostgreSQL 15+", "WITH (security_invoker) lets the view use the caller's rights; before, the view owner's count"}},
		Bad:   Example{Before: noteTable, SQL: "ALTER TABLE note RENAME TO remark;\nCREATE VIEW note AS SELECT * FROM remark;"},
		Good:  Example{Before: noteTable, SQL: "ALTER TABLE note RENAME TO remark;"},
	}
}
