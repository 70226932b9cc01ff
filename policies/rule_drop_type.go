package policies

import "teal.dev/teal/migrate/statement"

func dropType() Rule {
	return Rule{
		ID: "drop-type", Title: "DROP TYPE, DROP DOMAIN",
		Reason:        "casts and columns of the running version use {name}; to take a value out of an enum by making it anew rewrites every column",
		Instead:       "move the columns to a new type first (see alter-column-type); a type that nothing uses may be dropped with a waiver",
		Compatibility: Never, On: on(statement.DropType),
		Facts: []Fact{{"PostgreSQL 11 to 18", "an enum value cannot be dropped"}},
		Bad:   Example{Before: aMood, SQL: "DROP TYPE mood;"},
		Good:  Example{SQL: "CREATE TYPE mood AS ENUM ('sad');"},
	}
}
