package policies

import "teal.dev/teal/migrate/statement"

func setStatistics() Rule {
	return Rule{
		ID: "set-statistics", Title: "SET STATISTICS, column options",
		Reason: "only the planner notices", Compatibility: Expand, Lock: ShareUpdateExclusive,
		On:   on(statement.SetStatistics, statement.SetColumnOptions),
		Bad:  Example{Before: noteTable, SQL: "ALTER TABLE note ALTER COLUMN n SET STATISTICS 500;"},
		Good: Example{Before: noteTable, SQL: "ALTER TABLE note ALTER COLUMN body SET STORAGE EXTERNAL;"},
	}
}
