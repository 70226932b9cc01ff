package policies

import "teal.dev/teal/migrate/statement"

func createType() Rule {
	return Rule{
		ID: "create-type", Title: "CREATE TYPE",
		Reason: "the running version does not know {name}", Compatibility: Expand, On: on(statement.CreateEnum, statement.CreateType),
		Refine: shadowsType,
		Bad:    Example{SQL: "CREATE TYPE mood AS ENUM ('sad', 'glad');"},
		Good:   Example{SQL: "ALTER TYPE mood ADD VALUE 'wild';"},
	}
}
