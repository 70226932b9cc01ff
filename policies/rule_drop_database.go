package policies

import "teal.dev/teal/migrate/statement"

func dropDatabase() Rule {
	return Rule{
		ID: "drop-database", Title: "DROP or RENAME DATABASE",
		Reason:        "no release drops or renames the database of the app",
		Instead:       "do it by hand, outside teal",
		Compatibility: Never, On: on(statement.DropDatabase, statement.CreateDatabase),
		Bad:  Example{SQL: "DROP DATABASE shop;"},
		Good: Example{SQL: "CREATE SCHEMA audit;"},
	}
}
